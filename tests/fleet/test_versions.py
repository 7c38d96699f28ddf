"""The Lambda adapter over a strict fake of the REST API: pages, answers, and that no whole function can go."""

from datetime import UTC, datetime

import pytest

from fleet.aws.rate import Pace, TimeBox
from fleet.aws.versions import LambdaVersions
from fleet.model import Alias, VersionNumber
from fleet.ports import AccessDenied, FunctionAbsent, Refused, Throttled, ThrottleStorm, Unreachable, VersionInUse
from tests.janitor.fake_lambda import FakeLambda, Reply, serving

LONG_AGO = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def numbers(listing, name):
    return sorted(one.number.value for one in listing.versions if one.function == name)


def test_every_version_of_every_page_is_listed_and_latest_is_none(lambda_, port):
    lambda_.add("shop", range(1, 121), published=LONG_AGO)
    lambda_.add("empty", [], published=LONG_AGO)
    listing = port.listing()
    assert listing.functions == {"shop", "empty"}
    assert numbers(listing, "shop") == list(range(1, 121))
    assert len(lambda_.asked("ListFunctions")) == 3


def test_a_version_has_its_date_code_and_size(lambda_, port):
    lambda_.add("shop", [7], published=LONG_AGO)
    (version,) = port.listing().versions
    assert (version.last_modified, version.code_sha256, version.code_size_bytes) == (LONG_AGO, "sha-7", 1007)


@pytest.mark.parametrize("name", ["$LATEST.PUBLISHED", "007", "seven", "0", "7 "])
def test_a_version_that_is_no_number_is_not_listed(lambda_, port, name):
    lambda_.add("shop", [7], published=LONG_AGO)
    lambda_.functions["shop"].versions[7]["Version"] = name
    assert port.listing().versions == ()


def test_a_date_that_cannot_be_read_is_none(lambda_, port):
    lambda_.add("shop", [7], published=LONG_AGO)
    lambda_.functions["shop"].versions[7]["LastModified"] = "yesterday"
    assert port.listing().versions[0].last_modified is None


def test_every_alias_of_every_page_is_read_with_its_weights(lambda_, port):
    lambda_.add("shop", [1, 2], published=LONG_AGO, **{f"a{n}": "1" for n in range(60)})
    lambda_.functions["shop"].aliases["canary"] = ("2", {"1": 0.25})
    aliases = port.aliases("shop")
    assert len(aliases) == 61
    assert aliases[-1] == Alias(name="canary", version="2", weights=(("1", 0.25),))
    assert len(lambda_.asked("ListAliases")) == 2


def test_a_delete_takes_that_version_only(lambda_, port):
    lambda_.add("shop", [1, 2, 3], published=LONG_AGO)
    port.delete("shop", VersionNumber(2))
    assert lambda_.numbers("shop") == [1, 3]
    assert [(seen.function, seen.qualifier) for seen in lambda_.asked("DeleteFunction")] == [("shop", "2")]


def test_deleting_a_version_that_is_gone_is_done(lambda_, port):
    lambda_.add("shop", [1], published=LONG_AGO)
    port.delete("shop", VersionNumber(9))


def test_a_404_for_a_version_is_done_when_the_function_is_there(lambda_, port):
    lambda_.add("shop", [1], published=LONG_AGO)
    lambda_.rules.append(
        lambda seen: Reply(404, "ResourceNotFoundException") if seen.operation == "DeleteFunction" else None
    )
    port.delete("shop", VersionNumber(9))


def test_deleting_from_a_function_that_is_gone_says_so(lambda_, port):
    with pytest.raises(FunctionAbsent, match="shop"):
        port.delete("shop", VersionNumber(1))


def test_reading_the_aliases_of_a_function_that_is_gone_says_so(lambda_, port):
    with pytest.raises(FunctionAbsent, match="shop"):
        port.aliases("shop")


def test_a_version_behind_an_alias_is_refused(lambda_, port):
    lambda_.add("shop", [1], published=LONG_AGO, live="1")
    with pytest.raises(VersionInUse, match="live"):
        port.delete("shop", VersionNumber(1))


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply(403, "AccessDeniedException"), AccessDenied, "lambda:DeleteFunction"),
        (Reply(429, "TooManyRequestsException", "Rate exceeded"), Throttled, "Rate exceeded"),
        (Reply(500, "ServiceException"), Unreachable, "500"),
        (Reply(503, "ServiceUnavailable"), Unreachable, "503"),
        (Reply(400, "InvalidParameterValueException", "replicated"), Refused, "replicated"),
    ],
)
def test_each_answer_to_a_delete_has_its_meaning_and_is_tried_once(lambda_, port, reply, error, words):
    lambda_.add("shop", [1], published=LONG_AGO)
    lambda_.rules.append(lambda seen: reply)
    with pytest.raises(error, match=words):
        port.delete("shop", VersionNumber(1))
    assert len(lambda_.seen) == 1


def test_a_throttled_page_is_asked_for_again(lambda_, port):
    lambda_.add("shop", range(1, 121), published=LONG_AGO)
    lambda_.rules.append(lambda seen: Reply(429, "TooManyRequestsException") if len(lambda_.seen) in {2, 3} else None)
    assert numbers(port.listing(), "shop") == list(range(1, 121))


def test_a_listing_that_is_throttled_for_good_ends_within_a_few_calls(lambda_, port):
    lambda_.rules.append(lambda seen: Reply(429, "TooManyRequestsException"))
    with pytest.raises(ThrottleStorm):
        port.listing()
    assert len(lambda_.seen) == 6


def test_a_listing_whose_pages_never_end_is_refused(lambda_, port, monkeypatch):
    lambda_.add("shop", range(1, 121), published=LONG_AGO)
    monkeypatch.setattr(lambda_, "_paged", lambda key, items, query: (200, {key: items[:1], "NextMarker": "again"}))
    with pytest.raises(Refused, match="came twice"):
        port.listing()


@pytest.mark.parametrize("body", [{}, {"Aliases": [{"Name": "live"}]}, {"Aliases": None}])
def test_an_alias_page_that_cannot_be_understood_is_refused_not_empty(lambda_, port, monkeypatch, body):
    monkeypatch.setattr(lambda_, "answer", lambda method, target: (200, body))
    with pytest.raises(Refused, match="ListAliases"):
        port.aliases("shop")


def test_an_endpoint_that_refuses_connections_is_named(monkeypatch, lambda_):
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"):
        LambdaVersions.connect(Pace(1000.0, TimeBox()), timeout_s=5.0).listing()


def test_clients_follow_the_environment(monkeypatch, lambda_, port):
    lambda_.add("shop", [1], published=LONG_AGO)
    assert numbers(port.listing(), "shop") == [1]
    with serving(FakeLambda()) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        other = LambdaVersions.connect(Pace(1000.0, TimeBox()), timeout_s=5.0)
        assert other.listing().functions == frozenset()


@pytest.mark.parametrize("version", ["", "$LATEST", "live", "0", None])
def test_a_delete_without_a_version_number_cannot_be_sent(lambda_, port, version):
    with pytest.raises(ValueError, match="number of a published version"):
        port.delete("shop", version)
    assert lambda_.seen == []


def test_a_delete_without_a_function_cannot_be_sent(lambda_, port):
    with pytest.raises(ValueError, match="never empty"):
        port.delete("", VersionNumber(1))
    assert lambda_.seen == []
