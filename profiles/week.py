"""A week of a target's levels, hour by hour in its service's own time: what a page can show. Pure."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from profiles.instants import offset_turn, resolve
from profiles.model import Platform, Service, Target
from profiles.timeline import Change, target_changes
from profiles.zones import region

_DAYS = 7
_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One wall-clock hour of one day.

    `levels` has the greatest level of the hour; two when the hour happens twice, none when it does not happen. `ticks`
    are the instants (UTC) that it stands for.
    """

    hour: int
    levels: tuple[int, ...]
    ticks: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One local date `[starts, ends)`, both UTC, and its 24 hours.

    `turns` is the instant at which the clocks change on that day; None on a plain one.
    """

    date: date
    starts: datetime
    ends: datetime
    hours: tuple[Hour, ...]
    turns: datetime | None

    @property
    def length(self) -> timedelta:
        """How long the day really is."""
        return self.ends - self.starts

    @property
    def clock_change(self) -> str | None:
        """What the clocks do on that day, in words; None on a plain one."""
        if self.turns is None:
            return None
        if not self.length:
            return "this day does not happen"
        ordinary = timedelta(hours=_HOURS)
        minutes = int(abs(self.length - ordinary).total_seconds() // 60)
        words = "an hour" if minutes == 60 else f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"
        return f"clocks go {'back' if self.length > ordinary else 'forward'} {words}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven local days of one target, and the level changes in them."""

    service: Service
    target: Target
    starts: datetime
    ends: datetime
    days: tuple[Day, ...]
    changes: tuple[Change, ...]

    @property
    def greatest(self) -> int:
        """The week's highest level."""
        return max(change.demand.level for change in self.changes)

    @property
    def pings(self) -> int:
        """How many pings the week's levels ask for: the sum of the levels over all ticks, one round each."""
        return sum(_level(self.changes, tick) for day in self.days for hour in day.hours for tick in hour.ticks)


def monday_of(day: date) -> date:
    """The Monday of the week that `day` lies in."""
    return day - timedelta(days=day.weekday())


def week_of(service: Service, target: Target, first: date, *, platform: Platform) -> Week:
    """The week that begins on the local date `first`."""
    zone = service.timezone
    midnights = [_midnight(zone, first + timedelta(days=index)) for index in range(_DAYS + 1)]
    changes = tuple(target_changes(service, target, midnights[0], midnights[-1], platform=platform))
    return Week(
        service=service,
        target=target,
        starts=midnights[0],
        ends=midnights[-1],
        days=tuple(_day(zone, first + timedelta(days=index), changes, platform) for index in range(_DAYS)),
        changes=changes,
    )


def _day(zone: str, day: date, changes: tuple[Change, ...], platform: Platform) -> Day:
    """The local date `day` under these level changes, the first of which is at or before it."""
    clock = region(zone)
    starts, ends = _midnight(zone, day), _midnight(zone, day + timedelta(days=1))
    levels: dict[int, dict[timedelta | None, int]] = {hour: {} for hour in range(_HOURS)}
    ticks: dict[int, list[datetime]] = {hour: [] for hour in range(_HOURS)}
    for tick in _ticks(starts, ends, platform.interval):
        local = tick.astimezone(clock)
        seen, offset = levels[local.hour], local.utcoffset()
        seen[offset] = max(seen.get(offset, 0), _level(changes, tick))
        ticks[local.hour].append(tick)
    return Day(
        date=day,
        starts=starts,
        ends=ends,
        hours=tuple(
            Hour(hour=hour, levels=tuple(levels[hour].values()), ticks=tuple(ticks[hour])) for hour in range(_HOURS)
        ),
        turns=_clock_turn(zone, starts, ends),
    )


def _clock_turn(zone: str, starts: datetime, ends: datetime) -> datetime | None:
    """The instant at which the clocks change on the local date `[starts, ends)`; None when it is 24 hours long."""
    if ends - starts == timedelta(hours=_HOURS):
        return None
    first, last = int(starts.timestamp()), int(ends.timestamp())
    # Where the clocks skip midnight, or the whole day, they change at its first instant.
    return _instant(offset_turn(region(zone), first - 1, max(first, last - 1)))


def _ticks(starts: datetime, ends: datetime, interval: timedelta) -> list[datetime]:
    step = int(interval.total_seconds())
    first, last = int(starts.timestamp()), int(ends.timestamp())
    return [_instant(tick) for tick in range(-(-first // step) * step, last, step)]


def _level(changes: tuple[Change, ...], tick: datetime) -> int:
    index = bisect_right(changes, tick, key=lambda change: change.at) - 1
    return changes[max(0, index)].demand.level


def _midnight(zone: str, day: date) -> datetime:
    """The first instant of a local date, also where midnight itself does not exist."""
    return _instant(resolve(zone, datetime.combine(day, datetime.min.time()), end=False))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
