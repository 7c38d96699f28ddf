"""The warmer Lambda: reads the event, the settings and the schedules, runs the tick, returns its report.

Needs lambda:InvokeFunction on its targets; lambda:GetFunction (or GetFunctionConcurrency) and
lambda:GetAccountSettings to see the limits, without which it pings all the same and limits nothing. With schedules in
S3 also s3:ListBucket on the bucket and s3:GetObject on the documents.
"""

import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fleet.aws.invoke import SigningInvoker
from fleet.aws.limits import ConcurrencyLimits
from fleet.ports import Documents
from profiles.errors import ProfilesError
from profiles.evaluate import tick_instant
from profiles.loading import Library, Loaded, Shelves, load_schedules
from profiles.location import Store
from profiles.model import ScheduleSet
from warmer.pace import Learnt
from warmer.report import TickReport
from warmer.settings import SettingsError, WarmerSettings
from warmer.telemetry import publish
from warmer.tick import World, run_tick

# A clock that runs behind EventBridge's is served; one further off than this is wrong, not early.
_MOST_AHEAD = timedelta(minutes=10)
# Kept back of the time left, for the report: a fifth of it, at most two seconds.
_RESERVE_S = 2.0
_EXAMPLE = "2026-11-24T08:30:00Z"


class UnusableEvent(ValueError):  # noqa: N818 - says what was found
    """The event is neither a scheduled tick nor an on-demand run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an event asks for: a scheduled tick, or an on-demand run of one service or of all."""

    at: datetime
    scheduled: bool
    service: str | None = None


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Serve one tick; the report of section 4 of the contract. Never raises for a failing target."""
    deadline = _deadline(context)
    report = _serve(event, deadline)
    publish(report)
    return report.as_json()


def _serve(event: Any, deadline: float) -> TickReport:
    now = datetime.now(UTC)
    try:
        request = read_event(event, now=now)
        loaded = _load(WarmerSettings.from_env(os.environ), now)
    except (UnusableEvent, SettingsError, ProfilesError, OSError) as error:
        return TickReport(tick=None, outcome="refused", reason=str(error), failed=True)
    schedules = loaded.schedules
    instant = tick_instant(request.at, schedules.platform.interval)
    refused = refusal(request, schedules, now=now)
    if refused is not None:
        outcome, reason, failed = refused
        return TickReport(
            tick=instant, outcome=outcome, reason=reason, failed=failed, mistakes=schedules.mistakes, loaded=loaded
        )
    world = World(invoker=SigningInvoker(), limits=ConcurrencyLimits(), deadline=deadline, memory=_memory())
    targets = run_tick(schedules, instant, world, service=request.service)
    return TickReport(tick=instant, targets=targets, mistakes=schedules.mistakes, loaded=loaded)


def _load(settings: WarmerSettings, now: datetime) -> Loaded:
    shelves = Shelves(
        documents=_documents,
        scratch=Path(tempfile.gettempdir()),
        bundled=settings.bundled,
    )
    return load_schedules(settings.schedules, shelves, _library(), now=now)


def _documents(store: Store) -> Documents:
    from fleet.aws.documents import S3Documents  # noqa: PLC0415 - only schedules in S3 pay for it

    return S3Documents(store.bucket, store.prefix)


@cache
def _library() -> Library:
    """The schedules that ticks of this environment have read: what is unchanged is not read again."""
    return Library()


@cache
def _memory() -> dict[tuple[object, ...], Learnt]:
    """What ticks of this environment have learnt of their targets: a shorter hold, nothing that a tick depends on."""
    return {}


def read_event(event: Any, *, now: datetime) -> Request:
    """What `event` asks for. Raises: UnusableEvent, which says what was expected."""
    if isinstance(event, dict) and "caretaker" in event:
        return _on_demand(event["caretaker"], now)
    if isinstance(event, dict) and "time" in event:
        return Request(at=_instant(event["time"], "time"), scheduled=True)
    raise UnusableEvent(
        'the event has neither "time" (an EventBridge tick) nor "caretaker" '
        '(on demand: {"caretaker": {"run": "warm", "service": "…"}})'
    )


def _on_demand(asked: Any, now: datetime) -> Request:
    if not isinstance(asked, dict) or asked.get("run") != "warm":
        raise UnusableEvent('on demand the warmer takes {"caretaker": {"run": "warm", "service": "…", "at": "…"}}')
    unknown = sorted(set(asked) - {"run", "service", "at"})
    if unknown:
        raise UnusableEvent(f'the event\'s "caretaker" has unknown keys: {", ".join(unknown)}')
    service = asked.get("service")
    if service is not None and not isinstance(service, str):
        raise UnusableEvent(f"the event's \"service\" is {service!r}, not a service's name")
    at = now if asked.get("at") is None else _instant(asked["at"], "at")
    return Request(at=at, scheduled=False, service=service)


def _instant(value: Any, key: str) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise UnusableEvent(
            f'the event\'s "{key}" is {value!r}, not an ISO 8601 time like 2026-11-24T08:30:00Z'
        ) from None
    if instant.tzinfo is None:
        raise UnusableEvent(f'the event\'s "{key}" is {value!r}: it needs a time zone, as in 2026-11-24T08:30:00Z')
    return instant.astimezone(UTC)


def refusal(request: Request, schedules: ScheduleSet, *, now: datetime) -> tuple[str, str, bool] | None:
    """Why a request is not served: outcome, reason, and whether that is a failure; None when it is served."""
    age = now - request.at
    interval = schedules.platform.interval
    if request.scheduled and age > interval:
        words = f"the tick is {age.total_seconds():.0f} s old, over the interval of {interval.total_seconds():.0f} s"
        return "stale", f"skipped: {words}; the next tick replaces it", False
    if request.scheduled and -age > _MOST_AHEAD:
        return "refused", f"the tick is {-age.total_seconds():.0f} s ahead of the clock; one of the two is wrong", True
    if request.service is not None and all(service.name != request.service for service in schedules.services):
        known = ", ".join(sorted(service.name for service in schedules.services)) or "none"
        return "refused", f'no usable service "{request.service}" in the schedules (usable: {known})', True
    return None


def _deadline(context: Any) -> float:
    left_s: float = context.get_remaining_time_in_millis() / 1000
    return time.monotonic() + left_s - min(_RESERVE_S, left_s / 5)
