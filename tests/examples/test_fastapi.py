"""FastAPI behind Mangum, pinged and visited as real processes."""

import json
from collections.abc import Iterator

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.threaded import running
from tests.examples.caller import Caller, event, version

APP = "fastapi-mangum"


@pytest.fixture
def api(endpoint: str) -> Caller:
    return Caller.of(endpoint, APP)


@pytest.fixture
def broken_api() -> Iterator[Caller]:
    """The catalogue with a database that cannot be opened."""
    catalog = StaticCatalog()
    catalog.put(version(APP, ("CATALOGUE_DATABASE", "/absent/hunter2.sqlite3")))
    with running(catalog) as emulator:
        yield Caller.of(emulator.endpoint, APP)


@pytest.mark.parametrize("shape", ["universal", "http-v2", "http-v1", "alb"])
def test_a_ping_of_every_http_shape_goes_through_the_application_and_brings_evidence(api: Caller, shape: str) -> None:
    answer = api.ping(event(shape, "/warmz"))
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": "ok"})
    assert answer["caretaker"]["environment"]


def test_four_pings_at_once_warm_four_environments(api: Caller) -> None:
    burst = api.burst(event("universal", "/warmz"), count=4, hold_ms=2000)
    assert len({evidence["environment"] for evidence in burst}) == 4


def test_a_new_environment_serves_the_primed_path_behind_its_first_ping(broken_api: Caller, api: Caller) -> None:
    assert broken_api.ping(event("universal", "/warmz"))["statusCode"] == 503
    listing = json.loads(api.request(event("http-v2", "/products"))["body"])
    assert [product["name"] for product in listing] == ["Chef's knife", "Whetstone", "Cutting board"]


def test_a_broken_database_is_unavailable_and_says_no_more(broken_api: Caller) -> None:
    answer = broken_api.request(event("http-v2", "/warmz"))
    assert (answer["statusCode"], json.loads(answer["body"])) == (503, {"status": "unavailable"})
