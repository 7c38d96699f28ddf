"""Differences in words: those of the same local hours put together, and the dates on which they are. Pure.

Every sentence has to hold for each date that it names, on the nights that clocks change, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from profiles.difference import Difference, Key
from profiles.instants import resolve
from profiles.model import duration_text
from profiles.zones import region

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_WEEK = len(_NAMES)
# More dates than that are not listed one by one.
_MOST_LISTED, _MOST_MISSING = 4, 3


class Hours(NamedTuple):
    """Wall times, as offsets from midnight of the date that they begin on.

    `weekday` is None where the hours need no more than a time of day each: within a date, or over one midnight.
    """

    starts: timedelta
    ends: timedelta
    weekday: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """One difference of level at the same local hours of several dates, as a sentence can say it."""

    target: Key
    timezone: str
    hours: Hours
    dates: tuple[date, ...]
    spans: tuple[Difference, ...]

    def __str__(self) -> str:
        # Hours of more than a week have no weekday that would say which week they end in.
        alone = len(self.dates) == 1 or self.hours.ends >= _WEEK * _DAY
        when, dates = (" and ".join(_once(self.hours, day) for day in self.dates), "") if alone else _times(self)
        notes = "; ".join(filter(None, (dates, _lengths(self))))
        name = f"{self.target.function}:{self.target.qualifier}"
        return f"{name} {when}{f' ({notes})' if notes else ''} {self.timezone}: {_change(self.spans[0])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walls:
    """The wall times that an instant may stand for: more than one where it ends a gap."""

    first: datetime
    last: datetime


def recurrences(found: Iterable[Difference]) -> list[Recurrence]:
    """The differences, those of the same hours and levels put together, in the order of their first days.

    Of a target that is new or gone, the times without environments are left out, unless it has no others.
    """
    by_levels: dict[tuple[Key, int | None, int | None], list[Difference]] = {}
    for each in _worth_saying(list(found)):
        by_levels.setdefault((each.target, each.before, each.after), []).append(each)
    return [one for spans in by_levels.values() for one in _of_one_change(spans)]


def _worth_saying(found: list[Difference]) -> list[Difference]:
    held = {each.target for each in found if each.before or each.after}
    return [each for each in found if each.target not in held or each.before or each.after]


def _of_one_change(spans: Sequence[Difference]) -> list[Recurrence]:
    groups: dict[Hours, list[tuple[date, Difference]]] = {}
    unsure: list[tuple[_Walls, _Walls, Difference]] = []
    for span in spans:
        starts, ends = _walls(span.starts, span.timezone), _walls(span.ends, span.timezone)
        if starts.first == starts.last and ends.first == ends.last:
            groups.setdefault(_hours(starts.last, ends.first), []).append((starts.last.date(), span))
        else:
            unsure.append((starts, ends, span))
    for starts, ends, span in unsure:
        known = next((hours for hours in groups if _fits(hours, starts, ends)), None)
        hours = known or _hours(starts.last, ends.first)
        groups.setdefault(hours, []).append((starts.last.date(), span))
    return [_recurrence(hours, sorted(group, key=lambda one: one[1].starts)) for hours, group in groups.items()]


def _recurrence(hours: Hours, group: Sequence[tuple[date, Difference]]) -> Recurrence:
    return Recurrence(
        target=group[0][1].target,
        timezone=group[0][1].timezone,
        hours=hours,
        dates=tuple(day for day, _ in group),
        spans=tuple(span for _, span in group),
    )


def _walls(instant: datetime, zone: str) -> _Walls:
    """A wall time in a gap is the instant at which the gap ends, so that instant stands for each of them."""
    clock = region(zone)
    after = instant.astimezone(clock).replace(tzinfo=None)
    before = (instant - _SECOND).astimezone(clock).replace(tzinfo=None) + _SECOND
    return _Walls(first=min(before, after), last=after)


def _hours(starts: datetime, ends: datetime) -> Hours:
    midnight = datetime.combine(starts.date(), time())
    begin, finish = starts - midnight, ends - midnight
    return Hours(begin, finish, None if finish < begin + _DAY or finish <= _DAY else starts.weekday())


def _fits(hours: Hours, starts: _Walls, ends: _Walls) -> bool:
    """Whether these hours, on the date, begin and end at instants that the clocks made of them."""
    midnight = datetime.combine(starts.last.date(), time())
    if hours.weekday not in (None, midnight.weekday()):
        return False
    begin, finish = midnight + hours.starts, midnight + hours.ends
    return starts.first <= begin <= starts.last and ends.first <= finish <= ends.last


def _once(hours: Hours, day: date) -> str:
    if hours.weekday is None:
        return f"on {day:%a %Y-%m-%d} {_clocks(hours)}"
    last = datetime.combine(day, time()) + hours.ends
    return f"from {day:%a %Y-%m-%d} {_clock(hours.starts)} to {last:%a %Y-%m-%d %H:%M}"


def _times(one: Recurrence) -> tuple[str, str]:
    """The hours with their weekdays, and which dates those are; for a few dates without a pattern only the dates."""
    dates, hours = sorted(set(one.dates)), one.hours
    weekdays = sorted({day.weekday() for day in dates})
    missing = _missing(dates, weekdays, one.timezone)
    long = hours.weekday is not None
    clocks = _long_clocks(hours, weekdays[0]) if long else _clocks(hours)
    names = clocks if long else f"{_weekdays(weekdays)} {clocks}"
    span = f"{len(dates)} times from {dates[0]} to {dates[-1]}"
    if not missing:
        return names, span
    if len(missing) <= _MOST_MISSING and _MOST_MISSING * len(missing) <= len(dates):
        return names, f"{span}, but not on {_listed(missing)}"
    if len(dates) <= _MOST_LISTED:
        return f"on {_listed(dates)} {clocks}", ""
    return names, f"only {span}, not on {len(missing)} other such dates"


def _missing(dates: Sequence[date], weekdays: Sequence[int], zone: str) -> list[date]:
    """The dates between the first and the last that have one of these weekdays, and are none of them."""
    known, between = set(dates), (dates[-1] - dates[0]).days
    every = (dates[0] + timedelta(days=index) for index in range(between))
    return [day for day in every if day not in known and day.weekday() in weekdays and _happens(day, zone)]


def _happens(day: date, zone: str) -> bool:
    """False for a date that the clocks skipped as a whole, such as 2011-12-30 in Apia."""
    midnight = datetime.combine(day, time())
    return resolve(zone, midnight, end=False) < resolve(zone, midnight + _DAY, end=False)


def _lengths(one: Recurrence) -> str:
    """The dates on which the hours take another time than the wall clock shows."""
    shown = one.hours.ends - one.hours.starts
    took = [(day, span.ends - span.starts) for day, span in zip(one.dates, one.spans, strict=True)]
    odd = [f"{duration_text(length)} on {day:%a %Y-%m-%d}" for day, length in took if length != shown]
    if not odd or shown >= _WEEK * _DAY:
        return ""
    return f"the clocks change: {', '.join(odd)}"


def _weekdays(days: Sequence[int]) -> str:
    if len(days) == _WEEK:
        return "daily"
    first = next((day for day in days if (day - 1) % _WEEK not in days), days[0])
    row = [(first + index) % _WEEK for index in range(len(days))]
    if len(days) > 2 and set(row) == set(days):
        return f"{_NAMES[row[0]]} to {_NAMES[row[-1]]}"
    return ", ".join(_NAMES[day] for day in days)


def _listed(dates: Sequence[date]) -> str:
    return ", ".join(f"{day:%a %Y-%m-%d}" for day in dates)


def _clocks(hours: Hours) -> str:
    return f"{_clock(hours.starts)} to {_clock(hours.ends)}"


def _long_clocks(hours: Hours, weekday: int) -> str:
    last = _NAMES[(weekday + hours.ends.days) % _WEEK]
    return f"{_NAMES[weekday]} {_clock(hours.starts)} to {last} {_clock(hours.ends % _DAY)}"


def _clock(since_midnight: timedelta) -> str:
    minutes = int(since_midnight.total_seconds()) // 60
    minutes = minutes if minutes == 24 * 60 else minutes % (24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _change(span: Difference) -> str:
    if span.before is None:
        return f"new target, {span.after}"
    if span.after is None:
        return f"no target any more, {span.before} until now"
    return f"{'rises' if span.after > span.before else 'falls'} from {span.before} to {span.after}"
