"""The Spring Boot shop behind AWS's container, pinged and visited as real JVMs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.threaded import running
from fleet.model import FunctionRef
from profiles.model import PingSpec, Shape
from tests.examples.caller import Caller, event
from tests.examples.spring import EXAMPLE, PATIENT, version
from tests.warmer.lambda_machine import tick, write_schedule
from warmer.events import payload

# A first build fetches what Maven has not got yet.
pytestmark = [pytest.mark.java, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Where the shop runs, its environments shared by this file's tests."""
    catalog = StaticCatalog()
    catalog.put(version())
    catalog.alias("spring-shop", "live", "1")
    with running(catalog, settings=PATIENT) as emulator:
        yield emulator.endpoint


@pytest.fixture(scope="module")
def shop(endpoint: str) -> Caller:
    """The shop, as its users and the warmer see it."""
    return Caller.of(endpoint, "spring-shop:live")


@pytest.mark.parametrize("shape", ["http-v2", "http-v1", "alb"])
def test_a_ping_of_every_http_shape_goes_through_the_application_and_brings_evidence(shop: Caller, shape: str) -> None:
    answer = shop.ping(event(shape, "/warmz"))
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": "UP"})
    assert answer["caretaker"]["environment"]


def test_one_tick_of_the_warmer_counts_four_jvms(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ping = "{shape: http-v2, host: shop.example.com, path: /warmz}"
    write_schedule(tmp_path, baseline=4, service="spring-shop", function="spring-shop", ping=ping)
    (target,) = tick(monkeypatch, endpoint, tmp_path)["targets"]
    assert (target["evidence"], target["covered"], target["healthy"]) == ("counted", 4, 4), target["reason"]


def test_a_user_sees_products_and_no_evidence(shop: Caller) -> None:
    answer = shop.request(event("http-v2", "/products"))
    assert [product["name"] for product in json.loads(answer["body"])] == ["Chef's knife", "Whetstone", "Cutting board"]
    assert "caretaker" not in answer
    assert shop.request(event("http-v2", "/products/7"))["statusCode"] == 404


def test_a_caller_that_sends_the_block_by_http_gets_no_evidence(shop: Caller) -> None:
    block = json.dumps({"v": 1, "burst": "0f8c", "of": 1, "release_at_ms": 9e15, "max_hold_ms": 2000})
    forged = event("http-v2", "/products")
    forged["headers"] |= {"caretaker": block, "x-amz-client-context": block}
    forged |= {"rawQueryString": "caretaker=1", "body": block}
    answer = shop.request(forged)
    assert answer["statusCode"] == 200
    assert "caretaker" not in answer


def test_a_broken_database_is_unavailable_and_says_no_more() -> None:
    catalog = StaticCatalog()
    absent = "jdbc:h2:file:/absent/hunter2;IFEXISTS=TRUE"
    catalog.put(version(("SHOP_DATABASE", absent), ("SHOP_INIT_DATABASE", "never")))
    with running(catalog, settings=PATIENT) as emulator:
        answer = Caller.of(emulator.endpoint, "spring-shop:1").ping(event("http-v2", "/warmz"))
    assert (answer["statusCode"], json.loads(answer["body"])) == (503, {"status": "DOWN"})
    assert answer["caretaker"]["cold"] is True


def test_two_variables_make_a_handler_warmable_without_code() -> None:
    container = "com.amazonaws.serverless.proxy.spring.SpringDelegatingLambdaContainerHandler"
    variables = (("CARETAKER_HANDLER", container), ("MAIN_CLASS", "shop.Shop"), ("CARETAKER_PRIME", "/products"))
    catalog = StaticCatalog()
    catalog.put(version(*variables, handler="caretaker.kit.LambdaHandler::handleRequest"))
    with running(catalog, settings=PATIENT) as emulator:
        answer = Caller.of(emulator.endpoint, "spring-shop:1").ping(event("http-v2", "/warmz"))
    assert (answer["statusCode"], answer["caretaker"]["cold"]) == (200, True)


def sent() -> Any:
    spec = PingSpec(shape=Shape.HTTP_V2, path="/warmz", host="shop.example.com")
    at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    return json.loads(payload(spec, function=FunctionRef(text="spring-shop"), count=5, burst="0f8c", at=at))


def test_the_events_beside_the_example_are_what_the_warmer_and_a_user_send(shop: Caller) -> None:
    ping = json.loads((EXAMPLE / "events" / "ping.json").read_text())
    assert ping == sent()
    assert shop.ping(ping)["statusCode"] == 200
    request = json.loads((EXAMPLE / "events" / "request.json").read_text())
    assert "Chef" in shop.request(request)["body"]
