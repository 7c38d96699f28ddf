"""What differs between two sets of schedules over a span of time: the spans whose level is another. Pure.

Says it in instants; `recurrence` says it in words.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from profiles.model import ScheduleSet
from profiles.timeline import Change, changes

# Longer than a weekend and its bank holiday, so that a span cut by the end of a week is seen whole.
_MARGIN = timedelta(days=5)
_Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A target across two sets of schedules, and the service that it is of now; of before, when it went."""

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


def differences(before: ScheduleSet, after: ScheduleSet, start: datetime, end: datetime) -> list[Difference]:
    """Every span in `[start, end)` in which a target's level differs, by target and then by time.

    A target is known by its function and qualifier: one that another service takes over is no other target.
    """
    old, new = _levels(changes(before, start, end)), _levels(changes(after, start, end))
    owners = _owners(before) | _owners(after)
    found: list[Difference] = []
    for place, (key, zone) in sorted(owners.items(), key=lambda item: (item[1][0].service, item[0])):
        for starts, ends, was, now in _spans(old.get(place, {}), new.get(place, {}), end):
            found.append(Difference(target=key, timezone=zone, starts=starts, ends=ends, before=was, after=now))
    return found


def whole_differences(before: ScheduleSet, after: ScheduleSet, start: datetime, end: datetime) -> list[Difference]:
    """The differences that reach into `[start, end)`, with their own ends, also where those lie a little outside.

    A span of another zone's midnight cuts local windows in two; the pieces have hours that no window has. What goes on
    for days before or after is cut all the same.
    """
    first, last = start - _MARGIN, end + _MARGIN
    return [
        replace(
            each,
            starts=start if each.starts <= first else each.starts,
            ends=end if each.ends >= last else each.ends,
        )
        for each in differences(before, after, first, last)
        if each.starts < end and each.ends > start
    ]


def _owners(schedules: ScheduleSet) -> dict[_Place, tuple[Key, str]]:
    return {
        (target.function.text, target.qualifier): (
            Key(service=service.name, function=target.function.text, qualifier=target.qualifier),
            service.timezone,
        )
        for service in schedules.services
        for target in service.targets
    }


def _levels(listed: Iterable[Change]) -> dict[_Place, dict[datetime, int]]:
    levels: dict[_Place, dict[datetime, int]] = {}
    for change in listed:
        levels.setdefault((change.target.function.text, change.target.qualifier), {})[change.at] = change.demand.level
    return levels


def _spans(
    old: dict[datetime, int], new: dict[datetime, int], end: datetime
) -> Iterator[tuple[datetime, datetime, int | None, int | None]]:
    """The spans between two turns at which the levels differ; each is as long as both levels stay what they are."""
    turns = sorted(old.keys() | new.keys())
    starts: datetime | None = None
    was: int | None = None
    now: int | None = None
    for turn in turns:
        levels = old.get(turn, was), new.get(turn, now)
        if starts is not None and levels == (was, now):
            continue
        if starts is not None and was != now:
            yield starts, turn, was, now
        starts, (was, now) = turn, levels
    if starts is not None and was != now and starts < end:
        yield starts, end, was, now
