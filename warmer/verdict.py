"""One reply judged: did it come through the application, and was it healthy? Pure.

*Warmed* and *healthy* are two facts. Only an answer that came through the application's own route warms; a 503 from
a broken database warmed what it could and is unhealthy; a redirect, a 400, a 403 or a 404 never got that far.
"""

import json
from dataclasses import dataclass
from typing import Any

from fleet import wire
from fleet.model import Answer, KitReport, Lost
from profiles.model import PingSpec, Shape

_HTTP_SHAPES = frozenset({Shape.UNIVERSAL, Shape.HTTP_V2, Shape.HTTP_V1, Shape.ALB})
# Source: API Gateway developer guide, Lambda proxy integration payload format 2.0: valid JSON without a statusCode
# is a 200.
_STATUS_OPTIONAL = frozenset({Shape.UNIVERSAL, Shape.HTTP_V2})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one ping achieved.

    `problem` says what was wrong, in words for a report; None when all was well. `kit` is what the kit reported, also
    of an answer that warmed nothing.
    """

    warmed: bool
    healthy: bool
    problem: str | None = None
    kit: KitReport | None = None


def judge(outcome: Answer | Lost, spec: PingSpec) -> Verdict:
    """The verdict on one ping's outcome under its target's `ping` settings."""
    if isinstance(outcome, Lost):
        return _failed(outcome.reason)
    if outcome.status == 429:
        return _failed(f"throttled ({outcome.throttle_reason})")
    if outcome.status != 200:
        return _failed(_refusal(outcome))
    if outcome.function_error is not None:
        return _failed(f"the function failed ({_function_error(outcome)})")
    try:
        reply = json.loads(outcome.payload) if outcome.payload else None
    except (ValueError, RecursionError):
        return _failed("the reply is no JSON")
    kit = wire.kit_report(reply)
    return _judge_reply(wire.application_reply(reply), kit, spec)


def _judge_reply(reply: Any, kit: KitReport | None, spec: PingSpec) -> Verdict:
    status = _status(reply)
    if status is None and spec.shape in _HTTP_SHAPES:
        if reply is None or spec.shape not in _STATUS_OPTIONAL:
            return _failed("the reply has no statusCode: the handler did not take the event for an HTTP request")
        status = 200
    if status is None:
        return Verdict(warmed=True, healthy=True, kit=kit)
    if _expected(status, spec):
        return Verdict(warmed=True, healthy=True, kit=kit)
    if 300 <= status < 500:
        return _failed(f"answered {status}{_hint(status, reply, spec)}", kit)
    return Verdict(warmed=True, healthy=False, problem=f"answered {status}, expected {_wanted(spec)}", kit=kit)


def _failed(problem: str, kit: KitReport | None = None) -> Verdict:
    return Verdict(warmed=False, healthy=False, problem=problem, kit=kit)


def _expected(status: int, spec: PingSpec) -> bool:
    return status in spec.expect_status if spec.expect_status else 200 <= status < 300


def _wanted(spec: PingSpec) -> str:
    return " or ".join(str(status) for status in spec.expect_status) if spec.expect_status else "2xx"


def _status(reply: Any) -> int | None:
    """The HTTP status inside a proxy reply; adapters write it as a number, some handlers as text."""
    value = reply.get("statusCode") if isinstance(reply, dict) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _hint(status: int, reply: Any, spec: PingSpec) -> str:
    path, host = spec.path or "/", spec.host or ""
    if 300 <= status < 400:
        return (
            f" to {_location(reply)}: a redirect warms nothing; likely a missing slash at the end of ping.path {path}, "
            "an SSL redirect (x-forwarded-proto not trusted) or a login in front of the health check"
        )
    if status == 400:
        return f": likely ping.host {host} is not among the application's allowed hosts (Django: ALLOWED_HOSTS)"
    if status in {401, 403}:
        return f": the application refused {path} before its route; let the health check pass without a login"
    if status == 404:
        return f": the application has no route for ping.path {path}"
    return f": the application refused ping.path {path}"


def _location(reply: Any) -> str:
    for field in ("headers", "multiValueHeaders"):
        headers = reply.get(field) if isinstance(reply, dict) else None
        for name, value in headers.items() if isinstance(headers, dict) else ():
            if str(name).lower() == "location":
                return str(value[0] if isinstance(value, list) and value else value)
    return "an unnamed place"


def _refusal(answer: Answer) -> str:
    try:
        error = json.loads(answer.payload)
    except (ValueError, RecursionError):
        error = {}
    words = (error.get("Message") or error.get("message") or "") if isinstance(error, dict) else ""
    hint = "; allow lambda:InvokeFunction in the warmer's role" if answer.status == 403 else ""
    return f"Lambda answered {answer.status}" + (f": {words}" if words else "") + hint


def _function_error(answer: Answer) -> str:
    try:
        error = json.loads(answer.payload)
    except (ValueError, RecursionError):
        error = {}
    if not isinstance(error, dict):
        return str(answer.function_error)
    kind, words = str(error.get("errorType") or answer.function_error), str(error.get("errorMessage") or "")
    return f"{kind}: {words[:200]}" if words else kind
