"""A slow and obvious evaluator: it walks the minutes of a zone's wall clock. Shares no code with the product."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from math import ceil
from zoneinfo import ZoneInfo

from profiles.model import Profile, Window

MINUTE = timedelta(minutes=1)
Span = tuple[datetime, datetime]


@lru_cache(maxsize=256)
def wall_clock(zone: str, day: date) -> dict[datetime, list[datetime]]:
    """For five days around `day`: each wall time, to the minute, and the instants at which the clock shows it."""
    shown: dict[datetime, list[datetime]] = defaultdict(list)
    instant = datetime.combine(day, time(), tzinfo=UTC) - timedelta(days=2)
    with resources.files("tzdata").joinpath("zoneinfo", zone).open("rb") as stream:
        clock = ZoneInfo.from_file(stream)
    for _ in range(5 * 24 * 60):
        shown[instant.astimezone(clock).replace(tzinfo=None)].append(instant)
        instant += MINUTE
    return shown


def boundary(zone: str, wall: datetime, *, end: bool) -> datetime:
    """First showing for a beginning, last for an end; in a gap the first minute that is shown after it."""
    shown = wall_clock(zone, wall.date())
    while wall not in shown:
        wall += MINUTE
        end = False
    return shown[wall][-1 if end else 0]


def occurrence(window: Window, zone: str, day: date) -> Span | None:
    """The window that starts on `day`, unless it is empty."""
    zone = window.timezone or zone
    midnight = datetime.combine(day, time())
    length = window.to_minute - window.from_minute
    if length <= 0:
        length += 1440
    begin = midnight + window.from_minute * MINUTE
    starts = boundary(zone, begin, end=False)
    ends = boundary(zone, begin + length * MINUTE, end=True)
    return (starts, ends) if starts < ends else None


def in_force(profile: Profile, day: date) -> list[Window]:
    """The windows that start on `day`: dated days first."""
    for entry in profile.dates:
        if day in entry.dates:
            if entry.like is None:
                return list(entry.windows)
            return [window for window in profile.windows if entry.like in window.days]
    return [window for window in profile.windows if day.weekday() in window.days]


def share(concurrency: int, part: timedelta, whole: timedelta) -> int:
    """That part of a concurrency, rounded up, without the rounding of floats."""
    return ceil(Fraction(concurrency * part // MINUTE, whole // MINUTE))


def level(profile: Profile, zone: str, at: datetime) -> int:
    """The profile's level at an instant."""
    active: list[int] = []
    ramps: list[int] = [0]
    for shift in range(-4, 4):
        day = at.date() + timedelta(days=shift)
        for window in in_force(profile, day):
            span = occurrence(window, zone, day)
            if span is None:
                continue
            starts, ends = span
            if starts <= at < ends:
                active.append(window.concurrency)
            elif starts - window.ramp_up <= at < starts:
                ramps.append(share(window.concurrency, at - starts + window.ramp_up, window.ramp_up))
            elif ends <= at < ends + window.ramp_down:
                ramps.append(share(window.concurrency, window.ramp_down - (at - ends), window.ramp_down))
    return max([max(active) if active else profile.baseline, *ramps])
