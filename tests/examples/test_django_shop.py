"""The Django shop behind Mangum and behind Zappa, pinged and visited as real processes."""

import json

import pytest

from tests.examples.caller import Caller, block, event

SHAPES = ("universal", "http-v2", "http-v1", "alb")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_ping_of_every_http_shape_goes_through_the_application_and_brings_evidence(shop: Caller, shape: str) -> None:
    answer = shop.ping(event(shape))
    assert answer["statusCode"] == 200
    body = json.loads(answer["body"])
    assert body["status"] == "ok"
    assert body["checks"] == {"database:default": "ok", "templates": "ok"}
    assert body["environment"]["environment"] == answer["caretaker"]["environment"]
    assert [hint[:27] for hint in body["hints"]] == (
        ["the project runs as ASGI (a"] if "mangum" in shop.function else []
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_a_public_request_learns_that_the_shop_is_up_and_nothing_else(shop: Caller, shape: str) -> None:
    answer = shop.request(event(shape))
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": "ok"})
    assert "caretaker" not in answer


def test_five_pings_at_once_warm_five_environments_and_the_next_five_find_none_cold(shop: Caller) -> None:
    first = shop.burst(event("universal"), count=5, hold_ms=2000)
    second = shop.burst(event("universal"), count=5, hold_ms=2000)
    assert len({evidence["environment"] for evidence in first}) == 5
    assert {evidence["environment"] for evidence in second} == {evidence["environment"] for evidence in first}
    assert [evidence["cold"] for evidence in second] == [False] * 5
    assert all(0 <= evidence["held_ms"] <= 5000 for evidence in (*first, *second))


def test_a_new_environment_reports_its_first_invocation_and_its_boot(broken_shop: Caller) -> None:
    evidence = broken_shop.ping(event("universal"))["caretaker"]
    assert (evidence["cold"], evidence["invocations"], evidence["last_request_ms"]) == (True, 1, None)
    assert 50 < evidence["init_ms"] < 60_000


def test_a_shop_without_its_database_is_warmed_and_unhealthy(broken_shop: Caller) -> None:
    answer = broken_shop.ping(event("universal"))
    assert answer["statusCode"] == 503
    assert answer["caretaker"]["environment"]
    assert json.loads(answer["body"])["checks"] == {"database:default": "OperationalError", "templates": "ok"}
    assert "hunter2" not in json.dumps(answer)


def test_the_public_learns_only_that_a_broken_shop_is_unavailable(broken_shop: Caller) -> None:
    answer = broken_shop.request(event("universal"))
    assert (answer["statusCode"], json.loads(answer["body"])) == (503, {"status": "unavailable"})


@pytest.mark.parametrize("path", ["/", "/products/chefs-knife/", "/api/products/", "/admin/login/"])
def test_users_see_the_shop_s_own_pages(shop: Caller, path: str) -> None:
    answer = shop.request(event("http-v2", path))
    assert answer["statusCode"] == 200
    assert ("Django administration" if path == "/admin/login/" else "Chef") in answer["body"]


def test_a_hostile_visitor_who_sends_the_block_gets_no_hold_and_no_evidence(shop: Caller) -> None:
    text = block(hold_ms=60_000)
    hostile = event("http-v2")
    hostile["headers"] |= {"x-amz-client-context": text, "x-amzn-lambda-context": text, "caretaker": text}
    hostile |= {"caretaker": text, "custom": {"caretaker": text}, "body": text, "rawQueryString": f"caretaker={text}"}
    answer = shop.request(hostile)
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": "ok"})
    assert "caretaker" not in answer


def test_a_ping_whose_block_is_broken_is_answered_as_any_other(shop: Caller) -> None:
    answer = shop.ping(event("universal"), text='{"v":1,"release_at_ms":"soon"')
    assert answer["statusCode"] == 200
    assert answer["caretaker"]["held_ms"] == 0


def test_a_ping_for_another_host_is_refused_by_the_application_and_says_so(shop: Caller) -> None:
    stranger = json.loads(json.dumps(event("universal")).replace("shop.example.com", "other.example.com"))
    answer = shop.ping(stranger)
    assert answer["statusCode"] == 400
    assert answer["caretaker"]["environment"]
