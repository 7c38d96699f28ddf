"""Levels over a span of time, and where one instant's level comes from. Asks `evaluate` for every level it names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from profiles.evaluate import active_overrides, demand_at, override_bounds, spans_at
from profiles.instants import Span, local_date, spans_starting
from profiles.model import Demand, Override, Platform, ScheduleSet, Service, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From `at` on (UTC) the target is to have `demand`, until its next change."""

    service: str
    target: Target
    at: datetime
    demand: Demand


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A window resolved to two instants (UTC), ramps outside; `level` is its concurrency, unscaled."""

    name: str
    starts: datetime
    ends: datetime
    level: int
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A target's demand at an instant, the windows around that instant, and the overrides in force."""

    service: str
    target: Target
    at: datetime
    demand: Demand
    windows: tuple[Occurrence, ...]
    overrides: tuple[Override, ...]


def changes(schedules: ScheduleSet, start: datetime, end: datetime) -> list[Change]:
    """Every level change at a tick in `[start, end)`, in time order; the first of each target is at `start`.

    Between two changes a target's level is constant at every tick.
    """
    found = [
        change
        for service in schedules.services
        for target in service.targets
        for change in target_changes(service, target, start, end, platform=schedules.platform)
    ]
    return sorted(found, key=lambda one: (one.at, one.service, one.target.function.text, one.target.qualifier))


def target_changes(
    service: Service, target: Target, start: datetime, end: datetime, *, platform: Platform
) -> Iterator[Change]:
    """The changes of one target, like `changes`."""
    previous: int | None = None
    for instant in (start, *_candidates(service, target, start, end, platform.interval)):
        demand = demand_at(service, target, instant, platform=platform)
        if demand.level != previous:
            previous = demand.level
            yield Change(service=service.name, target=target, at=instant.astimezone(UTC), demand=demand)


def explain(service: Service, target: Target, instant: datetime, *, platform: Platform) -> Explanation:
    """Where the target's level at `instant` comes from: its windows of that local day and of the instant."""
    profile = service.profile(target.profile)
    seconds = int(instant.timestamp())
    spans = set(spans_starting(profile, service.timezone, local_date(service.timezone, instant)))
    spans.update(span for span in spans_at(profile, service.timezone, seconds) if _touches(span, seconds))
    return Explanation(
        service=service.name,
        target=target,
        at=instant.astimezone(UTC),
        demand=demand_at(service, target, instant, platform=platform),
        windows=tuple(
            _occurrence(span, seconds)
            for span in sorted(spans, key=lambda one: (one.starts, one.ends, one.window.name))
        ),
        overrides=tuple(active_overrides(service, target, seconds)),
    )


def _occurrence(span: Span, seconds: int) -> Occurrence:
    return Occurrence(
        name=span.window.name,
        starts=_utc(span.starts),
        ends=_utc(span.ends),
        level=span.window.concurrency,
        active=span.starts <= seconds < span.ends,
    )


def _touches(span: Span, seconds: int) -> bool:
    return span.starts <= seconds < span.ends or span.ramp(seconds) > 0


def _candidates(
    service: Service, target: Target, start: datetime, end: datetime, interval: timedelta
) -> list[datetime]:
    """The ticks in `(start, end)` at which the level may differ from the tick before."""
    step = int(interval.total_seconds())
    first, last = int(start.timestamp() // 1), int(end.timestamp() // 1)
    if not (service.enabled and target.enabled):
        return []
    ticks: set[int] = set()
    for bound in _turns(service, target, first, last):
        ticks.update(range(-(-bound.start // step) * step, bound.stop + step, step))
    return [_utc(tick) for tick in sorted(ticks) if first < tick < last]


def _turns(service: Service, target: Target, first: int, last: int) -> Iterable[range]:
    """Where levels turn: instants, and for ramps the whole of them."""
    profile = service.profile(target.profile)
    for day in _days(first, last):
        for span in spans_starting(profile, service.timezone, day, joined=True):
            yield from _span_turns(span)
    for override in service.overrides:
        if override.concerns(target):
            for bound in override_bounds(override, service.timezone):
                yield range(bound, bound)


def _span_turns(span: Span) -> Iterable[range]:
    up, down = (int(ramp.total_seconds()) for ramp in (span.window.ramp_up, span.window.ramp_down))
    yield range(span.starts - up, span.starts)
    yield range(span.ends, span.ends + down)


def _days(first: int, last: int) -> Iterator[date]:
    day, final = _utc(first).date() - timedelta(days=3), _utc(last).date() + timedelta(days=2)
    while day <= final:
        yield day
        day += timedelta(days=1)


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
