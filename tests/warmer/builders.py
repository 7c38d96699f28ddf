"""Values for the warmer's tests, each with the fewest words a test needs."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from fleet.model import Answer, BurstResult, FunctionRef, Interval, LogFacts, Lost, Ping
from profiles.model import PingSpec, Platform, Profile, ScheduleSet, Service, Shape, Target

TUESDAY_NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HTTP = PingSpec(shape=Shape.UNIVERSAL, path="/warmz/", host="shop.example.com")


def a_ping(*, count: int = 3, payload: bytes = b'{"source":"caretaker"}', timeout_s: float = 10.0) -> Ping:
    return Ping(
        function=FunctionRef(text="shop"),
        qualifier="live",
        payload=payload,
        burst="0f8c",
        count=count,
        max_hold_ms=2000,
        timeout_s=timeout_s,
    )


def kit_block(environment: str, **fields: Any) -> dict[str, Any]:
    return {"v": 1, "environment": environment, "arrived_ms": 1795305600098, "cold": False, "held_ms": 31, **fields}


def an_answer(
    reply: Any = None,
    *,
    status: int = 200,
    function_error: str | None = None,
    reason: str | None = None,
    log: LogFacts | None = None,
    sent_ms: float = 0.0,
    received_ms: float = 100.0,
) -> Answer:
    return Answer(
        status=status,
        payload=json.dumps(reply).encode(),
        function_error=function_error,
        throttle_reason=reason,
        log=log or LogFacts(),
        sent_ms=sent_ms,
        received_ms=received_ms,
    )


def a_warm_answer(environment: str, *, status: int = 200, cold: bool = False, arrived_ms: int = 1000) -> Answer:
    block = kit_block(environment, cold=cold, arrived_ms=arrived_ms)
    return an_answer({"statusCode": status, "caretaker": block}, log=LogFacts(billed_ms=40))


def a_logged_answer(start_ms: float, end_ms: float) -> Answer:
    return an_answer({"statusCode": 200}, log=LogFacts(service=Interval(start_ms=start_ms, end_ms=end_ms)))


def a_burst(*outcomes: Answer | Lost) -> BurstResult:
    return BurstResult(outcomes=outcomes, release_at_ms=2000, released_ms=1850.0, spread_ms=0.4)


def a_target(function: str = "shop", *, alias: str = "live", ping: PingSpec = HTTP) -> Target:
    return Target(function=FunctionRef(text=function), qualifier=alias, profile="day", ping=ping)


def a_service(*targets: Target, name: str = "shop", baseline: int = 3, **fields: Any) -> Service:
    return Service(
        name=name,
        owner="team-storefront",
        timezone="UTC",
        profiles=(Profile(name="day", baseline=baseline, windows=()),),
        targets=targets or (a_target(),),
        **fields,
    )


def schedules(*services: Service) -> ScheduleSet:
    return ScheduleSet(services=services, platform=Platform(), mistakes=())


def log_tail(*lines: str) -> str:
    return base64.b64encode("\n".join(lines).encode()).decode()
