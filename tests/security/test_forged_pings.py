"""No caller from outside makes a request look like a ping: the block travels where only a direct Invoke can put it."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from caretaker_kit import current_ping, warmable
from tests.kits.stage import NOW_MS, Clock, block_text, invocation, set_stage

EVENTS = Path(__file__).resolve().parents[1] / "golden" / "events"
FROM_OUTSIDE = ("http-v1", "http-v2", "alb", "universal")
BLOCK = {"custom": {"caretaker": block_text(release_at_ms=NOW_MS + 1_000_000, max_hold_ms=1_000_000)}}
ENCODED = base64.b64encode(json.dumps(BLOCK).encode()).decode()
# Where a ClientContext, the kit's reply or Lambda Web Adapter's context could be looked for by mistake.
NAMES = (
    "caretaker",
    "x-caretaker",
    "x-amz-client-context",
    "x-amzn-lambda-context",
    "x-amzn-request-context",
    "clientContext",
    "client_context",
    "custom",
)
WARMERS = ({"warmer": True, "concurrency": 900}, {"source": "serverless-plugin-warmup"}, "#warmup wait=999999")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return set_stage(monkeypatch)[0]


def forgeries(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The event with the block wherever an HTTP client decides what stands there."""
    for name in NAMES:
        for value in (ENCODED, json.dumps(BLOCK), BLOCK["custom"]["caretaker"]):
            yield {**event, "headers": {**(event.get("headers") or {}), name: value}}
            yield {**event, "multiValueHeaders": {name: [value]}}
            yield {**event, "queryStringParameters": {name: value}, "rawQueryString": f"{name}={value}"}
            yield {**event, "cookies": [f"{name}={value}"]}
            yield {**event, "pathParameters": {name: value}}
            yield {**event, "body": json.dumps({name: value})}
    for warmer in WARMERS:
        yield {**event, "body": json.dumps(warmer)}
        yield {**event, "queryStringParameters": {"warmer": "true", "concurrency": "900"}}
    yield {**event, "body": ENCODED, "isBase64Encoded": True}


@pytest.mark.parametrize("shape", FROM_OUTSIDE)
@pytest.mark.parametrize("client_context", [None, {"custom": None}, {"custom": {}}])
def test_a_request_with_the_block_anywhere_is_a_request(
    clock: Clock, shape: str, client_context: dict[str, Any] | None
) -> None:
    seen: list[Any] = []
    answer = {"statusCode": 200, "headers": {}, "body": "hello"}

    @warmable
    def handler(event: Any, context: Any) -> Any:
        seen.append(current_ping())
        return answer

    forged = list(forgeries(json.loads((EVENTS / f"{shape}.json").read_text())))
    replies = [handler(event, invocation(client_context)) for event in forged]

    assert len(forged) > 100
    assert all(reply is answer for reply in replies)
    assert answer == {"statusCode": 200, "headers": {}, "body": "hello"}
    assert clock.slept_s == []
    assert seen == [None] * len(forged)


@pytest.mark.parametrize(
    "forged",
    [
        BLOCK,
        {"custom": json.dumps(BLOCK["custom"])},
        {"Custom": BLOCK["custom"]},
        {"client": {"caretaker": BLOCK["custom"]["caretaker"]}},
        {"env": BLOCK["custom"]},
        {"custom": {"Caretaker": BLOCK["custom"]["caretaker"]}},
    ],
)
def test_a_context_that_only_resembles_the_one_of_a_ping_is_none(clock: Clock, forged: dict[str, Any]) -> None:
    """The first is the true one: it shows that the others could have been held, and that two seconds are the most."""

    @warmable
    def handler(event: Any, context: Any) -> Any:
        return {"statusCode": 200}

    names = {"custom": None, "client": None, "env": None, **forged}
    context = SimpleNamespace(client_context=SimpleNamespace(**names), get_remaining_time_in_millis=lambda: 60_000)
    reply = handler({}, context)

    held = sum(clock.slept_s)
    assert held == (pytest.approx(2.0, abs=0.01) if forged is BLOCK else 0)
    assert ("caretaker" in reply) is (forged is BLOCK)


@pytest.mark.parametrize(
    "prime", [["http://169.254.169.254/latest"], ["//evil.example.com/"], ["/x"] * 10_000, [7], "/x"]
)
def test_paths_to_prime_lead_to_the_application_itself_only(clock: Clock, prime: Any) -> None:
    """A path is put into the event, and the event goes to the same handler; the kit itself opens no connection."""
    asked: list[str] = []

    @warmable
    def handler(event: Any, context: Any) -> Any:
        asked.append(event["rawPath"])
        clock.pass_ms(5)
        return {"statusCode": 200}

    event = json.loads((EVENTS / "http-v2.json").read_text())
    reply = handler(event, invocation({"custom": {"caretaker": block_text(prime=prime)}}, remaining_ms=3_000))

    assert reply["statusCode"] == 200
    assert asked[0] == event["rawPath"]
    assert all(path.startswith("/") for path in asked)
    assert clock.now_s * 1000 - NOW_MS <= 60_000
