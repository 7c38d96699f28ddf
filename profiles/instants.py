"""Wall time to instants: gaps, folds, midnight, cron. Each window is resolved once into absolute instants.

Instants are epoch seconds here, because comparing them is what evaluation does most. What a level is, `evaluate` knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from profiles.model import DatedDays, Profile, Window
from profiles.remembered import RememberedBy
from profiles.zones import region

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - subtracted from other naive wall times only
# A window is at most 24 h long, with ramps of 1 h at both sides and nights of 25 h.
_DAYS_BEFORE, _DAYS_AFTER = 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One occurrence of a window: `[starts, ends)` in epoch seconds, ramps outside of it."""

    window: Window
    starts: int
    ends: int

    def level(self, instant: float) -> int | None:
        """The window's level while it is active; None outside."""
        return self.window.concurrency if self.starts <= instant < self.ends else None

    def ramp(self, instant: float) -> int:
        """The level of a ramp at the instant, rounded up; 0 where there is none."""
        full = self.window.concurrency
        up, down = int(self.window.ramp_up.total_seconds()), int(self.window.ramp_down.total_seconds())
        if up and self.starts - up <= instant < self.starts:
            return -int(-full * (instant - self.starts + up) // up)
        if down and self.ends <= instant < self.ends + down:
            return -int(-full * (self.ends + down - instant) // down)
        return 0


class NearSpan(NamedTuple):
    """A span with its ramps: nothing of it matters before `opens` or from `closes` on."""

    opens: int
    closes: int
    span: Span


@lru_cache(maxsize=32_768)
def instant_of(zone: str, day: date, minute: int, *, end: bool) -> int:
    """The instant, in epoch seconds, of `minute` after midnight on the local `day`.

    A wall time in a gap is the instant the gap ends. One that happens twice is the first, for an `end` the second.
    """
    return resolve(zone, datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute), end=end)


def resolve(zone: str, wall: datetime, *, end: bool) -> int:
    """The instant, in epoch seconds, of a naive wall time in `zone`, under the rules of `instant_of`."""
    clock = region(zone)
    first = _offset(clock, wall, fold=0)
    second = _offset(clock, wall, fold=1)
    seconds = int((wall - _EPOCH).total_seconds())
    if first < second:
        return offset_turn(clock, seconds - second, seconds - first)
    return seconds - (second if end else first)


def offset_turn(clock: tzinfo, before: int, after: int) -> int:
    """The instant in (before, after], in epoch seconds, at which the offset of the zone changes."""
    old = _offset_at(clock, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_at(clock, middle) == old:
            before = middle
        else:
            after = middle
    return after


def local_date(zone: str, instant: datetime) -> date:
    """The date on the wall in `zone` at an aware instant."""
    return instant.astimezone(region(zone)).date()


@lru_cache(maxsize=4096)
def spans_around(profile: Profile, zone: str, day: date) -> tuple[Span, ...]:
    """Every window of the profile that can matter, ramps included, at some instant of the UTC date `day`.

    Windows that both begin and end in one gap are not there. Cached by profile, zone and date.
    """
    found: list[Span] = []
    # Local dates run up to one day ahead of and behind the UTC date.
    for shift in range(-_DAYS_BEFORE - 1, _DAYS_AFTER + 2):
        start = day + timedelta(days=shift)
        found.extend(spans_starting(profile, zone, start))
    return tuple(found)


def spans_on(profile: Profile, zone: str, day: int) -> tuple[NearSpan, ...]:
    """Every span of the profile that matters, ramps included, in the UTC date that is `day` days after 1970-01-01."""
    return _SPANS_ON.get(profile, (zone, day), lambda: _spans_on(profile, zone, day))


_SPANS_ON: RememberedBy[tuple[NearSpan, ...]] = RememberedBy(most=32_768)
# A window of 24 h, a night of 26 h and a ramp of 1 h, from 14 h ahead of UTC to 12 h behind it.
_STARTS = range(-2, 2)


def _spans_on(profile: Profile, zone: str, day: int) -> tuple[NearSpan, ...]:
    date_of_day, begins = _EPOCH.date() + timedelta(days=day), day * 86_400
    found: list[NearSpan] = []
    for shift in _STARTS:
        start = date_of_day + timedelta(days=shift)
        for window in windows_on(profile, start):
            if shift == _STARTS[0] and window.cron is None and window.to_minute > window.from_minute:
                continue  # over by midnight of its own date, 12 h behind UTC at most
            up = int(window.ramp_up.total_seconds()) if window.ramp_up else 0
            down = int(window.ramp_down.total_seconds()) if window.ramp_down else 0
            for starts, ends in joined_on(window, window.timezone or zone, start):
                if starts < ends and ends + down > begins and starts - up < begins + 86_400:
                    span = Span(window=window, starts=starts, ends=ends)
                    found.append(NearSpan(opens=starts - up, closes=ends + down, span=span))
    return tuple(found)


def spans_starting(profile: Profile, zone: str, day: date, *, joined: bool = False) -> Iterable[Span]:
    """The profile's windows that start on the local date `day`, each in its own zone; empty ones left out.

    `joined`: occurrences of one cron window that touch are one span, which gives every level that they give.
    """
    for window in windows_on(profile, day):
        own = window.timezone or zone
        for starts, ends in (joined_on if joined else bounds_on)(window, own, day):
            if starts < ends:
                yield Span(window=window, starts=starts, ends=ends)


def windows_on(profile: Profile, day: date) -> Iterable[Window]:
    """The windows whose starts on the local date `day` count: those of a dated day take the place of all others."""
    entry = _dated(profile.dates, day)
    if entry is None:
        weekday = day.weekday()
        return [window for window in profile.windows if window.cron or weekday in window.days]
    if entry.like is None:
        return entry.windows
    return [window for window in profile.windows if window.cron is None and entry.like in window.days]


def bounds_on(window: Window, zone: str, day: date) -> tuple[tuple[int, int], ...]:
    """The window's occurrences that start on the local `day`, in epoch seconds; empty ones are there, too."""
    if window.cron is not None:
        return _cron_bounds(window.cron, int(window.lasts.total_seconds()), zone, day)
    starts = instant_of(zone, day, window.from_minute, end=False)
    return ((starts, instant_of(zone, _end_date(window, day), window.to_minute, end=True)),)


def joined_on(window: Window, zone: str, day: date) -> tuple[tuple[int, int], ...]:
    """Like `bounds_on`, those that touch as one: `* * * * *` has 1,440 a day, and one level all day."""
    if window.cron is None:
        return bounds_on(window, zone, day)
    return _joined_cron_bounds(window.cron, int(window.lasts.total_seconds()), zone, day)


def wall_faults(window: Window, zone: str, day: date) -> list[tuple[datetime, str]]:
    """The window's wall times, for a start on `day`, that do not exist or happen twice, and which of both, in words."""
    midnight = datetime.min.time()
    if window.cron is not None:
        walls = _cron_walls(window.cron, day)
    else:
        begin = datetime.combine(day, midnight) + timedelta(minutes=window.from_minute)
        end = datetime.combine(_end_date(window, day), midnight) + timedelta(minutes=window.to_minute)
        walls = [begin, end]
    clock = region(zone)
    found: list[tuple[datetime, str]] = []
    for index, wall in enumerate(walls):
        first, second = _offset(clock, wall, fold=0), _offset(clock, wall, fold=1)
        if first < second:
            found.append((wall, "does not exist; the instant after the gap counts"))
        elif first > second:
            last = index == 1 and window.cron is None
            found.append((wall, f"happens twice; the {'second' if last else 'first'} counts"))
    return found


def _dated(entries: tuple[DatedDays, ...], day: date) -> DatedDays | None:
    for entry in entries:
        if day in entry.dates:
            return entry
    return None


def _end_date(window: Window, day: date) -> date:
    return day if window.to_minute > window.from_minute else day + timedelta(days=1)


@lru_cache(maxsize=4096)
def _cron_bounds(expression: str, length: int, zone: str, day: date) -> tuple[tuple[int, int], ...]:
    starts = sorted({resolve(zone, wall, end=False) for wall in _cron_walls(expression, day)})
    return tuple((start, start + length) for start in starts)


@lru_cache(maxsize=16_384)
def _joined_cron_bounds(expression: str, length: int, zone: str, day: date) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for starts, ends in _cron_bounds(expression, length, zone, day):
        if joined and starts <= joined[-1][1]:
            joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((starts, ends))
    return tuple(joined)


def _cron_walls(expression: str, day: date) -> list[datetime]:
    import profiles.cron as cron  # noqa: PLC0415, PLR0402 - croniter is heavy; only cron windows pay for it

    return cron.starts_on(expression, day)


def _offset(clock: tzinfo, wall: datetime, *, fold: int) -> int:
    offset = wall.replace(tzinfo=clock, fold=fold).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _offset_at(clock: tzinfo, instant: int) -> int:
    offset = datetime.fromtimestamp(instant, UTC).astimezone(clock).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
