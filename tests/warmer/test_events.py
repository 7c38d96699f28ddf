"""Golden files show every shape whole; `UPDATE_GOLDEN=1` writes them anew."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet.model import FunctionRef
from profiles.bounds import DANGEROUS_KEYS
from profiles.model import PingSpec, Shape
from warmer.events import payload

GOLDEN = Path(__file__).parent.parent / "golden" / "events"
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HTTP_SHAPES = {Shape.UNIVERSAL, Shape.HTTP_V2, Shape.HTTP_V1, Shape.ALB}


def event(shape: Shape, **fields: object) -> object:
    http = {"path": "/warmz/", "host": "shop.example.com"} if shape in HTTP_SHAPES else {}
    spec = PingSpec(shape=shape, **{**http, **fields})  # type: ignore[arg-type]
    return json.loads(payload(spec, function=FunctionRef(text="shop"), count=20, burst="0f8c", at=AT))


@pytest.mark.parametrize("shape", list(Shape), ids=lambda shape: shape.value)
def test_every_shape_equals_its_golden_file(shape: Shape) -> None:
    path = GOLDEN / f"{shape.value}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(json.dumps(event(shape), indent=2) + "\n")

    assert json.loads(path.read_text()) == event(shape)


def test_spring_gets_no_key_that_its_strict_reader_refuses() -> None:
    # Source: aws-serverless-java-container, HttpApiV2ProxyRequest and its context: every property they bind.
    known = {
        "version", "routeKey", "rawPath", "rawQueryString", "cookies", "headers", "queryStringParameters",
        "pathParameters", "body", "isBase64Encoded", "stageVariables", "requestContext",
    }  # fmt: skip
    v2 = event(Shape.HTTP_V2)

    assert isinstance(v2, dict)
    assert set(v2) <= known
    assert set(v2["requestContext"]["http"]) == {"method", "path", "protocol", "sourceIp", "userAgent"}


def test_the_universal_event_never_looks_like_a_load_balancers() -> None:
    universal = event(Shape.UNIVERSAL)

    assert isinstance(universal, dict)
    assert "elb" not in universal["requestContext"]
    assert universal["stageVariables"] == {}


def test_headers_of_the_schedule_win_over_the_templates() -> None:
    v2 = event(Shape.HTTP_V2, headers=(("User-Agent", "probe"), ("X-Team", "storefront")))

    assert isinstance(v2, dict)
    assert (v2["headers"]["user-agent"], v2["headers"]["x-team"]) == ("probe", "storefront")


def test_a_query_in_the_path_becomes_the_events_query() -> None:
    v2 = event(Shape.HTTP_V2, path="/warmz/?deep=1")

    assert isinstance(v2, dict)
    assert (v2["rawPath"], v2["rawQueryString"], v2["queryStringParameters"]) == ("/warmz/", "deep=1", {"deep": "1"})


def test_a_direct_ping_sends_the_payload_of_the_schedule_as_it_is() -> None:
    assert event(Shape.DIRECT, payload={"kind": "warm"}) == {"kind": "warm"}


def keys_of(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys_of(inner)}
    return {key for inner in value for key in keys_of(inner)} if isinstance(value, list) else set()


@pytest.mark.parametrize("shape", list(Shape), ids=lambda shape: shape.value)
def test_no_template_has_a_key_that_a_target_would_run(shape: Shape) -> None:
    assert keys_of(event(shape)) & DANGEROUS_KEYS == set()


def test_zappas_own_warming_is_asked_for_by_its_rules_name_and_by_no_command() -> None:
    # Source: zappa/handler.py: what follows the last "-" of a scheduled event's rule is imported and called.
    sent = event(Shape.ZAPPA_KEEP_WARM)

    assert isinstance(sent, dict)
    assert sent["detail-type"] == "Scheduled Event"
    assert sent["resources"][0].split("/")[-1].split("-")[-1] == "handler.keep_warm_callback"
