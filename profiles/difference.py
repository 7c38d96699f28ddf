"""What differs between two sets of schedules over a span of time: the spans whose level is another. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from profiles.model import ScheduleSet
from profiles.timeline import Change, changes
from profiles.zones import region


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A target across two sets of schedules."""

    service: str
    function: str
    qualifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A span `[starts, ends)` in which a target's level is `after` where it was `before`; None for no target."""

    target: Key
    timezone: str
    starts: datetime
    ends: datetime
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """The same difference at the same local hours of several dates, as a sentence can say it."""

    target: Key
    timezone: str
    spans: tuple[Difference, ...]

    def __str__(self) -> str:
        first = self.spans[0]
        zone = region(self.timezone)
        name = f"{self.target.function}:{self.target.qualifier}"
        return f"{name} {_when(self.spans, zone)} {self.timezone}: {_change(first)}"


def differences(before: ScheduleSet, after: ScheduleSet, start: datetime, end: datetime) -> list[Difference]:
    """Every span in `[start, end)` in which a target's level differs, by target and then by time."""
    old, new = _levels(changes(before, start, end)), _levels(changes(after, start, end))
    zones = {service.name: service.timezone for schedules in (before, after) for service in schedules.services}
    found: list[Difference] = []
    for key in sorted({*old, *new}, key=lambda one: (one.service, one.function, one.qualifier)):
        found += _spans(key, zones[key.service], old.get(key, []), new.get(key, []), end)
    return found


def recurrences(found: Iterable[Difference]) -> list[Recurrence]:
    """The differences, those of the same hours and levels put together, in the order of their first days."""
    groups: dict[object, list[Difference]] = {}
    for each in found:
        zone = region(each.timezone)
        hours = (
            f"{each.starts.astimezone(zone):%H:%M}",
            f"{each.ends.astimezone(zone):%H:%M}",
            each.ends - each.starts,
        )
        groups.setdefault((each.target, each.before, each.after, hours), []).append(each)
    return [
        Recurrence(target=spans[0].target, timezone=spans[0].timezone, spans=tuple(spans)) for spans in groups.values()
    ]


def _levels(listed: Iterable[Change]) -> dict[Key, list[tuple[datetime, int]]]:
    levels: dict[Key, list[tuple[datetime, int]]] = {}
    for change in listed:
        key = Key(service=change.service, function=change.target.function.text, qualifier=change.target.qualifier)
        levels.setdefault(key, []).append((change.at, change.demand.level))
    return levels


def _spans(
    key: Key, zone: str, old: list[tuple[datetime, int]], new: list[tuple[datetime, int]], end: datetime
) -> list[Difference]:
    turns = sorted({at for at, _ in (*old, *new)})
    spans: list[Difference] = []
    for starts, ends in zip(turns, [*turns[1:], end], strict=True):
        before, after = _level_at(old, starts), _level_at(new, starts)
        if before == after:
            continue
        last = spans[-1] if spans else None
        if last is not None and (last.ends, last.before, last.after) == (starts, before, after):
            spans[-1] = replace(last, ends=ends)
        else:
            spans.append(Difference(target=key, timezone=zone, starts=starts, ends=ends, before=before, after=after))
    return spans


def _level_at(levels: list[tuple[datetime, int]], instant: datetime) -> int | None:
    return next((level for at, level in reversed(levels) if at <= instant), None)


def _change(span: Difference) -> str:
    if span.before is None:
        return f"new target, {span.after}"
    if span.after is None:
        return f"no target any more, {span.before} until now"
    return f"{'rises' if span.after > span.before else 'falls'} from {span.before} to {span.after}"


def _when(spans: tuple[Difference, ...], zone: ZoneInfo) -> str:
    first, last = spans[0].starts.astimezone(zone), spans[0].ends.astimezone(zone)
    hours = f"{first:%H:%M} to {last:%H:%M}"
    if (last - first).days >= 1:
        return f"from {first:%a %Y-%m-%d %H:%M} to {last:%a %Y-%m-%d %H:%M}"
    dates = [span.starts.astimezone(zone).date() for span in spans]
    if len(dates) == 1:
        return f"on {dates[0]:%a %Y-%m-%d} {hours}"
    days = sorted({day.weekday() for day in dates})
    names = ", ".join(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day] for day in days)
    if len(days) == len(dates) and days == list(range(days[0], days[-1] + 1)) and len(days) > 2:
        names = f"{dates[0]:%a} to {dates[-1]:%a}" if dates[0].weekday() == days[0] else names
    return f"{names} {hours} ({len(dates)} times from {dates[0]})"
