"""One reply judged: did it come through the application, and was it healthy? Pure.

*Warmed* and *healthy* are two facts. Only an answer that came through the application's own route warms; a 503 from
a broken database warmed what it could and is unhealthy; a redirect, a 400, a 403 or a 404 never got that far.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from fleet import wire
from fleet.model import Answer, KitReport, Lost
from fleet.words import said
from profiles.model import PingSpec, Shape
from warmer import advice, faults
from warmer.identity import reported_environment

_HTTP_SHAPES = frozenset({Shape.UNIVERSAL, Shape.HTTP_V2, Shape.HTTP_V1, Shape.ALB})
# Source: API Gateway developer guide, Lambda proxy integration payload format 2.0: valid JSON without a statusCode
# is a 200.
_STATUS_OPTIONAL = frozenset({Shape.UNIVERSAL, Shape.HTTP_V2})
# More are no status, and Python refuses to read thousands of them.
_MOST_DIGITS = 9
_CREDENTIALS = re.compile(r"security token|[Ss]ignature|credential", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one ping achieved.

    `problem` says what was wrong, in words for a report; None when all was well. `kit` is what the kit (or another
    warmer's own contract) reported of the environment, also of an answer that warmed nothing. `broken`: warmed, and the
    application said by a 5xx that it cannot do its work.
    """

    warmed: bool
    healthy: bool
    problem: str | None = None
    kit: KitReport | None = None
    broken: bool = False


def judge(outcome: Answer | Lost, spec: PingSpec) -> Verdict:
    """The verdict on one ping's outcome under its target's `ping` settings."""
    if isinstance(outcome, Lost):
        return _failed(outcome.reason)
    if outcome.status == 429:
        return _failed(f"throttled ({outcome.throttle_reason})")
    if outcome.status != 200:
        return _failed(_refusal(outcome))
    if outcome.function_error is not None:
        return _failed(f"the function failed ({faults.words(_decoded(outcome), outcome.function_error)})")
    return _judge_payload(outcome.payload, spec)


def _judge_payload(payload: bytes, spec: PingSpec) -> Verdict:
    try:
        reply = json.loads(payload) if payload else None
    except (ValueError, RecursionError):
        return _failed("the reply is no JSON: the handler streams its response, or a runtime of its own wrote it")
    verdict = _judge_reply(wire.application_reply(reply), _kit(reply, spec), spec)
    unknown = wire.unknown_version(reply)
    if unknown is None or verdict.problem is not None:
        return verdict
    words = f"its kit reports in version {unknown}, this warmer reads {wire.WIRE_VERSION}: update the warmer"
    return replace(verdict, problem=words)


def _kit(reply: Any, spec: PingSpec) -> KitReport | None:
    return wire.kit_report(reply) or reported_environment(wire.application_reply(reply), spec.shape)


def _judge_reply(reply: Any, kit: KitReport | None, spec: PingSpec) -> Verdict:
    status = _status(reply)
    if status is None and spec.shape in _HTTP_SHAPES:
        if reply is None or spec.shape not in _STATUS_OPTIONAL:
            return _failed("the reply has no statusCode: the handler did not take the event for an HTTP request")
        status = 200
    if status is None or _expected(status, spec):
        return Verdict(warmed=True, healthy=True, kit=kit)
    if 300 <= status < 500:
        return _failed(f"answered {status}{advice.before_the_route(status, reply, spec)}", kit)
    problem = f"answered {status}, expected {_wanted(spec)}{advice.behind_the_route(status, reply)}"
    return Verdict(warmed=True, healthy=False, problem=problem, kit=kit, broken=status >= 500)


def _failed(problem: str, kit: KitReport | None = None) -> Verdict:
    return Verdict(warmed=False, healthy=False, problem=problem, kit=kit)


def _expected(status: int, spec: PingSpec) -> bool:
    return status in spec.expect_status if spec.expect_status else 200 <= status < 300


def _wanted(spec: PingSpec) -> str:
    return " or ".join(str(status) for status in spec.expect_status) if spec.expect_status else "2xx"


def _status(reply: Any) -> int | None:
    """The HTTP status inside a proxy reply; adapters write it as a number, some handlers as text."""
    value = reply.get("statusCode") if isinstance(reply, dict) else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _refusal(answer: Answer) -> str:
    error = _decoded(answer)
    told = said((error.get("Message") or error.get("message") or "") if isinstance(error, dict) else "")
    return f"Lambda answered {answer.status}" + (f": {told}" if told else "") + _remedy(answer.status, told)


def _remedy(status: int, told: str) -> str:
    if status == 403 and _CREDENTIALS.search(told):
        return "; renew the warmer's credentials, and look at its clock"
    remedies = {
        403: "allow lambda:InvokeFunction on the function with its qualifier; for the warmer's role, caretaker iam "
        "schedules --write template.yaml and a deployment do",
        404: "look at the function, the alias and the region in the schedule",
        409: "the function is being made or updated; the next tick tries again",
    }
    return f"; {remedies[status]}" if status in remedies else ""


def _decoded(answer: Answer) -> Any:
    try:
        return json.loads(answer.payload)
    except (ValueError, RecursionError):
        return {}
