"""A week of a target's levels, hour by hour in its service's own time: what a page can show. Pure."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from profiles.instants import resolve
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
    """One local date: its 24 hours, and how long it really is."""

    date: date
    hours: tuple[Hour, ...]
    length: timedelta

    @property
    def clock_change(self) -> str | None:
        """What the clocks do on that day, in words; None on a plain one."""
        ordinary = timedelta(hours=_HOURS)
        if self.length == ordinary:
            return None
        by = abs(self.length - ordinary)
        words = f"{int(by.total_seconds() // 60)} minutes" if by != timedelta(hours=1) else "an hour"
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
    midnights = [_midnight(service.timezone, first + timedelta(days=index)) for index in range(_DAYS + 1)]
    changes = tuple(target_changes(service, target, midnights[0], midnights[-1], platform=platform))
    days = tuple(
        _day(service, first + timedelta(days=index), midnights[index], midnights[index + 1], changes, platform)
        for index in range(_DAYS)
    )
    return Week(service=service, target=target, starts=midnights[0], ends=midnights[-1], days=days, changes=changes)


def _day(
    service: Service, day: date, starts: datetime, ends: datetime, changes: tuple[Change, ...], platform: Platform
) -> Day:
    zone = region(service.timezone)
    by_hour: dict[int, dict[timedelta | None, int]] = {hour: {} for hour in range(_HOURS)}
    ticks: dict[int, list[datetime]] = {hour: [] for hour in range(_HOURS)}
    tick = starts
    while tick < ends:
        local = tick.astimezone(zone)
        levels = by_hour[local.hour]
        offset = local.utcoffset()
        levels[offset] = max(levels.get(offset, 0), _level(changes, tick))
        ticks[local.hour].append(tick)
        tick += platform.interval
    return Day(
        date=day,
        hours=tuple(
            Hour(hour=hour, levels=tuple(by_hour[hour].values()), ticks=tuple(ticks[hour])) for hour in range(_HOURS)
        ),
        length=ends - starts,
    )


def _level(changes: tuple[Change, ...], tick: datetime) -> int:
    index = bisect_right(changes, tick, key=lambda change: change.at) - 1
    return changes[max(0, index)].demand.level


def _midnight(zone: str, day: date) -> datetime:
    """The first instant of a local date, also where midnight itself does not exist."""
    seconds = resolve(zone, datetime.combine(day, datetime.min.time()), end=False)
    return datetime.fromtimestamp(seconds, UTC)
