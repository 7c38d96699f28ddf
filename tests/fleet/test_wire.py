"""The warmer's side of the golden payloads that the kits read too."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from fleet.model import FunctionRef, Ping
from fleet.wire import (
    BlockTooLarge,
    application_reply,
    client_context,
    kit_report,
    primes_that_fit,
    unknown_version,
)
from tests.kits.golden import cases


def ping(*, burst: str = "0f8c", count: int = 1, max_hold_ms: int = 2000, prime: tuple[str, ...] = ()) -> Ping:
    return Ping(
        function=FunctionRef(text="shop"),
        qualifier="live",
        payload=b"{}",
        burst=burst,
        count=count,
        max_hold_ms=max_hold_ms,
        timeout_s=30,
        prime=prime,
    )


@pytest.mark.parametrize("case", cases("pings.json"))
def test_the_warmer_sends_the_golden_header(case: dict[str, Any]) -> None:
    given = case["ping"]
    sent = ping(burst=given["burst"], count=given["of"], max_hold_ms=given["max_hold_ms"], prime=tuple(given["prime"]))
    assert client_context(sent, release_at_ms=case["release_at_ms"]) == case["header"]


@pytest.mark.parametrize("case", cases("replies.json"))
def test_the_warmer_reads_the_golden_reply(case: dict[str, Any]) -> None:
    report = kit_report(case["answer"])
    assert report is not None
    assert asdict(report) == case["report"]


@pytest.mark.parametrize("case", cases("reports.json"))
def test_the_warmer_reads_what_other_targets_answer(case: dict[str, Any]) -> None:
    report = kit_report(case["reply"])
    assert (None if report is None else asdict(report)) == case["report"]


@pytest.mark.parametrize("case", cases("replies.json"))
def test_a_reply_that_the_kit_had_to_wrap_is_unwrapped(case: dict[str, Any]) -> None:
    if isinstance(case["application"], dict):
        assert application_reply(case["answer"]) is case["answer"]
    else:
        assert application_reply(case["answer"]) == case["application"]


def test_a_block_over_lambda_s_limit_is_refused_before_it_is_sent() -> None:
    long = ping(prime=tuple(f"/products/{number}/" for number in range(200)))
    with pytest.raises(BlockTooLarge, match=r"Lambda allows 3583: shorten ping\.prime"):
        client_context(long, release_at_ms=1)


@pytest.mark.parametrize("number", ["1e400", "NaN", "1" + "0" * 400])
def test_a_number_beyond_reason_is_left_out_of_the_kits_report(number: str) -> None:
    report = kit_report(json.loads(f'{{"caretaker":{{"environment":"a","arrived_ms":{number},"held_ms":7}}}}'))

    assert report is not None
    assert (report.environment, report.arrived_ms, report.held_ms) == ("a", None, 7)


@pytest.mark.parametrize("length", [1, 7, 40, 333])
def test_as_many_primes_fit_as_are_said_to_and_not_one_more(length: int) -> None:
    paths = tuple("/" + "p" * length for _ in range(2000))
    fitting = primes_that_fit(paths)

    longest = {"burst": "f" * 16, "count": 1000, "max_hold_ms": 2000}
    assert client_context(ping(**longest, prime=paths[:fitting]), release_at_ms=1795305600123)  # type: ignore[arg-type]
    with pytest.raises(BlockTooLarge):
        client_context(ping(**longest, prime=paths[: fitting + 1]), release_at_ms=1795305600123)  # type: ignore[arg-type]


def test_a_short_list_of_primes_fits_whole() -> None:
    assert (primes_that_fit(()), primes_that_fit(("/", "/products/"))) == (0, 2)


@pytest.mark.parametrize("version", [2, "1", None, {"major": 1}])
def test_a_block_of_a_version_that_this_warmer_does_not_know_is_no_report(version: Any) -> None:
    reply = {"statusCode": 200, "caretaker": {"v": version, "environment": "a1"}}

    assert kit_report(reply) is None
    assert unknown_version(reply) == json.dumps(version)


def test_a_block_without_a_version_is_of_the_first_one() -> None:
    reply = {"caretaker": {"environment": "a1"}}

    report = kit_report(reply)
    assert report is not None
    assert (report.environment, unknown_version(reply), unknown_version({"statusCode": 200})) == ("a1", None, None)
