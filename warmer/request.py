"""What an event asks the warmer for: a tick, an on-demand run, a boost, or a part in a deployment. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fleet.words import said
from profiles.model import ScheduleSet
from warmer.errors import UnusableEvent

if TYPE_CHECKING:
    from warmer.boost_message import Ask
    from warmer.deployments import Change, Hook, NoChange

# A clock that runs behind EventBridge's is served; one further off than this is wrong, not early.
_MOST_AHEAD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an event asks for.

    A scheduled tick; an on-demand run of one service or of all; what a `change` left cold; the answer to a deployment's
    `hook`; or what messages on the boost topic ask for, the `asks`. `timed` says that it was sent at `at`, and is worth
    nothing once that is long ago.
    """

    at: datetime
    scheduled: bool
    service: str | None = None
    change: "Change | NoChange | None" = None
    hook: "Hook | None" = None
    asks: "tuple[Ask, ...]" = ()

    @property
    def timed(self) -> bool:
        """Whether its own time says how fresh it is."""
        return self.scheduled or self.change is not None


def read_event(event: Any, *, now: datetime) -> Request:
    """What `event` asks for. Raises: UnusableEvent, UnusableDeployment, which say what was expected."""
    if isinstance(event, dict):
        if "caretaker" in event:
            return _on_demand(event["caretaker"], now)
        told = None if _plain(event) else _told(event, now)
        if told is not None:
            return told
        if "time" in event:
            return Request(at=_instant(event["time"], "time"), scheduled=True)
    raise UnusableEvent(
        'the event has neither "time" (an EventBridge tick) nor "caretaker" '
        '(on demand: {"caretaker": {"run": "warm", "service": "…"}})'
    )


def _plain(event: dict[str, Any]) -> bool:
    """Whether it cannot be of a deployment or of the boost topic: most events are ticks."""
    others = "DeploymentId" in event or "Records" in event
    return not others and event.get("detail-type") in (None, "Scheduled Event")


def _told(event: dict[str, Any], now: datetime) -> Request | None:
    """What a deployment or a message on the boost topic asks for; None when it is neither."""
    from warmer.boost_message import read_notification  # noqa: PLC0415 - ticks need no reader of others' events
    from warmer.deployments import read_change, read_hook  # noqa: PLC0415

    if (hook := read_hook(event)) is not None:
        return Request(at=now, scheduled=False, hook=hook)
    if (asks := read_notification(event)) is not None:
        return Request(at=now, scheduled=False, asks=asks)
    change = read_change(event) if "time" in event else None
    return None if change is None else Request(at=_instant(event["time"], "time"), scheduled=False, change=change)


def _on_demand(asked: Any, now: datetime) -> Request:
    if not isinstance(asked, dict) or asked.get("run") != "warm":
        raise UnusableEvent('on demand the warmer takes {"caretaker": {"run": "warm", "service": "…", "at": "…"}}')
    unknown = sorted(set(asked) - {"run", "service", "at"})
    if unknown:
        raise UnusableEvent(f'the event\'s "caretaker" has unknown keys: {said(", ".join(unknown))}')
    service = asked.get("service")
    if service is not None and not isinstance(service, str):
        raise UnusableEvent(f"the event's \"service\" is {said(repr(service))}, not a service's name")
    at = now if asked.get("at") is None else _instant(asked["at"], "at")
    return Request(at=at, scheduled=False, service=service)


def _instant(value: Any, key: str) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise UnusableEvent(
            f'the event\'s "{key}" is {said(repr(value))}, not an ISO 8601 time like 2026-11-24T08:30:00Z'
        ) from None
    if instant.tzinfo is None:
        raise UnusableEvent(
            f'the event\'s "{key}" is {said(repr(value))}: it needs a time zone, as in 2026-11-24T08:30:00Z'
        )
    return instant.astimezone(UTC)


def refusal(request: Request, schedules: ScheduleSet, *, now: datetime) -> tuple[str, str, bool] | None:
    """Why a request is not served: outcome, reason, and whether that is a failure; None when it is served."""
    age = now - request.at
    interval = schedules.platform.interval
    kind = "tick" if request.scheduled else "event"
    if request.timed and age > interval:
        words = f"the {kind} is {age.total_seconds():.0f} s old, over the interval of {interval.total_seconds():.0f} s"
        return "stale", f"skipped: {words}; the next tick replaces it", False
    if request.timed and -age > _MOST_AHEAD:
        return (
            "refused",
            f"the {kind} is {-age.total_seconds():.0f} s ahead of the clock; one of the two is wrong",
            True,
        )
    if request.service is not None and all(service.name != request.service for service in schedules.services):
        known = ", ".join(sorted(service.name for service in schedules.services)) or "none"
        return "refused", f'no usable service "{said(request.service)}" in the schedules (usable: {known})', True
    return None
