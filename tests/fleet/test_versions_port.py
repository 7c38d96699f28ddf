"""One suite for the Versions port, over the fake that the janitor's tests use and over the emulator."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from fleet.aws.rate import Pace, TimeBox
from fleet.aws.versions import LambdaVersions
from fleet.model import VersionNumber
from fleet.ports import FunctionAbsent, VersionInUse
from tests.emulator.controlled import controlled, create
from tests.janitor.fake_lambda import FakeLambda, serving

LONG_AGO = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
SDK = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
Aliases = Mapping[str, tuple[str, dict[str, float]]]


class Fake:
    """The fake of the janitor's tests."""

    def __init__(self, fake: FakeLambda) -> None:
        self._fake = fake

    def make(self, name: str, versions: int, aliases: Aliases) -> None:
        self._fake.add(name, range(1, versions + 1), published=LONG_AGO)
        self._fake.functions[name].aliases.update(aliases)

    def remove(self, name: str) -> None:
        del self._fake.functions[name]


class Emulated:
    """The emulator's control plane."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def make(self, name: str, versions: int, aliases: Aliases) -> None:
        create(self._client, name, versions=versions)
        for alias, (version, weights) in aliases.items():
            routing = {"RoutingConfig": {"AdditionalVersionWeights": weights}} if weights else {}
            self._client.create_alias(FunctionName=name, Name=alias, FunctionVersion=version, **routing)

    def remove(self, name: str) -> None:
        self._client.delete_function(FunctionName=name)


@pytest.fixture(scope="module", params=["fake", "emulator"])
def backend(request: pytest.FixtureRequest) -> Iterator[tuple[str, Fake | Emulated]]:
    if request.param == "fake":
        fake = FakeLambda()
        with serving(fake) as url:
            yield url, Fake(fake)
    else:
        with controlled() as (emulator, client):
            yield emulator.endpoint_url_lambda, Emulated(client)


@pytest.fixture
def account(backend: tuple[str, Fake | Emulated], monkeypatch: pytest.MonkeyPatch) -> Fake | Emulated:
    url, found = backend
    for name, value in {**SDK, "AWS_ENDPOINT_URL_LAMBDA": url}.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def port(account: Fake | Emulated) -> LambdaVersions:
    return LambdaVersions.connect(Pace(1000.0, TimeBox()), timeout_s=10.0)


def numbers(port: LambdaVersions, name: str) -> list[int]:
    return sorted(one.number.value for one in port.listing().versions if one.function == name)


def test_more_than_a_page_of_versions_is_listed_whole(account, port):
    account.make("many", 53, {})
    assert numbers(port, "many") == list(range(1, 54))


def test_a_listed_version_has_a_date_and_a_code_hash(account, port):
    account.make("facts", 1, {})
    (version,) = [one for one in port.listing().versions if one.function == "facts"]
    assert version.last_modified is not None
    assert version.code_sha256
    assert version.code_size_bytes > 0


def test_more_than_a_page_of_aliases_is_read_whole_with_weights(account, port):
    account.make("named", 2, {**{f"a{n:02}": ("1", {}) for n in range(52)}, "canary": ("2", {"1": 0.25})})
    aliases = {alias.name: (alias.version, dict(alias.weights)) for alias in port.aliases("named")}
    assert len(aliases) == 53
    assert aliases["canary"] == ("2", {"1": 0.25})


def test_a_delete_takes_one_version_and_leaves_the_function(account, port):
    account.make("one", 3, {})
    port.delete("one", VersionNumber(2))
    assert numbers(port, "one") == [1, 3]


def test_a_delete_repeated_is_done(account, port):
    account.make("twice", 2, {})
    port.delete("twice", VersionNumber(1))
    port.delete("twice", VersionNumber(1))
    assert numbers(port, "twice") == [2]


def test_a_version_behind_an_alias_is_in_use(account, port):
    account.make("used", 2, {"live": ("1", {})})
    with pytest.raises(VersionInUse, match="live"):
        port.delete("used", VersionNumber(1))
    assert numbers(port, "used") == [1, 2]


def test_a_version_behind_a_weighted_alias_is_in_use(account, port):
    account.make("weighted", 2, {"live": ("2", {"1": 0.1})})
    with pytest.raises(VersionInUse):
        port.delete("weighted", VersionNumber(1))


def test_a_function_that_went_away_is_absent_to_reads_and_deletes(account, port):
    account.make("gone", 1, {})
    account.remove("gone")
    with pytest.raises(FunctionAbsent):
        port.aliases("gone")
    with pytest.raises(FunctionAbsent):
        port.delete("gone", VersionNumber(1))
