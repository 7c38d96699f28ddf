"""What is allowed but probably not meant: off the grid, hidden, above the ceiling, on a DST night, stale.

Takes what was read and the instant from which to look ahead; never keeps a service out of the run.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from profiles.evaluate import override_bounds, scaled
from profiles.instants import bounds_on, wall_faults, windows_on
from profiles.model import (
    Mistake,
    Mode,
    Override,
    Platform,
    Profile,
    ScheduleSet,
    Service,
    Severity,
    Window,
    duration_text,
    minute_text,
)
from profiles.zones import region

AHEAD = timedelta(days=396)
STALE_AFTER = timedelta(days=14)
# Of one kind in one profile; nobody reads more, and a made file of thousands of windows has thousands.
MOST_OF_A_KIND = 20


def warnings_from(schedules: ScheduleSet, now: datetime) -> tuple[Mistake, ...]:
    """Every warning about the usable services, looking 13 months ahead of the aware `now`."""
    found: list[Mistake] = []
    for service in schedules.services:
        for profile in service.profiles:
            found.extend(_few(profile, _grid(service, profile, schedules.platform, now)))
            found.extend(_few(profile, _hidden(service, profile)))
        found.extend(_override_grid(service, schedules.platform))
        found.extend(_ceiling(service, schedules.platform))
        found.extend(_overlaps(service))
        found.extend(dst_warnings(service, now, now + AHEAD))
        found.extend(_stale(service, now))
    return tuple(sorted(set(found)))


def dst_warnings(service: Service, start: datetime, end: datetime) -> Iterator[Mistake]:
    """Windows with an end in a wall time that does not exist, or happens twice, on a date in the span."""
    for profile in service.profiles:
        yield from _few(profile, _nights(service, profile, start, end))


def _nights(service: Service, profile: Profile, start: datetime, end: datetime) -> Iterator[Mistake]:
    for window in _all_windows(profile):
        zone = window.timezone or service.timezone
        for night in transition_dates(zone, start.date(), end.date()):
            found = _night(service, profile, window, night)
            if found is not None:
                yield found
                break


def _few(profile: Profile, warnings: Iterable[Mistake]) -> Iterator[Mistake]:
    """Of each kind the first in the file, and at the place of the next one how many there are besides."""
    of_a_kind: dict[str, list[Mistake]] = {}
    for warning in sorted(set(warnings)):
        of_a_kind.setdefault(warning.code, []).append(warning)
    for listed in of_a_kind.values():
        yield from listed[:MOST_OF_A_KIND]
        rest = listed[MOST_OF_A_KIND:]
        if rest:
            yield replace(rest[0], message=f"profile {profile.name}: and {len(rest)} more warnings of this kind")


@lru_cache(maxsize=1024)
def transition_dates(zone: str, first: date, last: date) -> tuple[date, ...]:
    """The local dates in the span on which the zone's offset changes."""
    clock = region(zone)
    found: list[date] = []
    day, before = first, _offset(clock, first)
    while day <= last:
        after = _offset(clock, day + timedelta(days=1))
        if after != before:
            found.append(day)
        day, before = day + timedelta(days=1), after
    return tuple(found)


def _offset(clock: tzinfo, day: date) -> timedelta | None:
    return datetime.combine(day, datetime.min.time(), tzinfo=clock).utcoffset()


def _night(service: Service, profile: Profile, window: Window, night: date) -> Mistake | None:
    zone = window.timezone or service.timezone
    for day in (night - timedelta(days=1), night):
        if not any(window is one for one in windows_on(profile, day)):
            continue
        bounds = bounds_on(window, zone, day)
        if any(starts >= ends for starts, ends in bounds):
            message = f"is empty on {day}: both of its ends are in the hour that daylight saving skips in {zone}"
            return _at(service, profile, window, "W301", message)
        for wall, fault in wall_faults(window, zone, day):
            message = f"on {day} the wall time {wall:%H:%M} {fault} in {zone}"
            return _at(service, profile, window, "W302" if "not exist" in fault else "W303", message)
    return None


def _grid(service: Service, profile: Profile, platform: Platform, now: datetime) -> Iterator[Mistake]:
    step = int(platform.interval.total_seconds())
    for window in _all_windows(profile):
        if window.cron is not None:
            continue
        for starts, ends in bounds_on(window, window.timezone or service.timezone, now.date()):
            for minute, instant in ((window.from_minute, starts), (window.to_minute, ends)):
                if instant % step:
                    late = (step - instant % step) // 60
                    message = f"{minute_text(minute)} is off the {duration_text(platform.interval)} tick grid"
                    yield _at(service, profile, window, "W201", f"{message}; takes effect {late} min late")


def _override_grid(service: Service, platform: Platform) -> Iterator[Mistake]:
    step = int(platform.interval.total_seconds())
    for override in service.overrides:
        if any(bound % step for bound in override_bounds(override, service.timezone)):
            message = f"from or until is off the {duration_text(platform.interval)} tick grid; takes effect late"
            yield _about(service, override, "W201", message)


def _hidden(service: Service, profile: Profile) -> Iterator[Mistake]:
    greatest_first = sorted(profile.windows, key=lambda window: -window.concurrency)
    for window in profile.windows:
        cover = _cover(window, greatest_first)
        if cover is not None:
            message = f'never decides the level: "{cover.name}" covers it with {cover.concurrency}'
            yield _at(service, profile, window, "W202", message)


def _cover(window: Window, greatest_first: Iterable[Window]) -> Window | None:
    for other in greatest_first:
        if other.concurrency <= window.concurrency:
            break
        if _hides(other, window):
            return other
    return None


def _hides(other: Window, window: Window) -> bool:
    """Whether `other` is active whenever `window` is, with a greater level; equal ones hide nothing."""
    if window.cron is not None or other.cron is not None or window.timezone != other.timezone:
        return False
    return (
        window.days <= other.days
        and other.from_minute <= window.from_minute
        and _end(window) <= _end(other)
        and other.concurrency > window.concurrency
        and not window.ramp_up
        and not window.ramp_down
    )


def _end(window: Window) -> int:
    return window.to_minute + (1440 if window.to_minute <= window.from_minute else 0)


def _ceiling(service: Service, platform: Platform) -> Iterator[Mistake]:
    for index, target in enumerate(service.targets):
        profile = service.profile(target.profile)
        peak = max([profile.baseline, *(window.concurrency for window in _all_windows(profile))])
        wanted = scaled(peak, target.scale)
        if wanted > platform.max_concurrency:
            message = (
                f"targets[{index}]: peaks at {wanted}, the platform's ceiling holds it at {platform.max_concurrency}"
            )
            yield _mistake(service, target.line, target.column, "W203", message)


def _overlaps(service: Service) -> Iterator[Mistake]:
    """Each `set` that an earlier one meets, once: a file of thousands would have millions of pairs."""
    seen: list[tuple[Override, int, int, frozenset[int]]] = []
    for override in (one for one in service.overrides if one.mode is Mode.SET):
        begin, end = override_bounds(override, service.timezone)
        about = frozenset(index for index, target in enumerate(service.targets) if override.concerns(target))
        for other, other_begin, other_end, other_about in seen:
            if begin < other_end and other_begin < end and not about.isdisjoint(other_about):
                message = f'sets a level while "{other.name}" does, too; the greater holds'
                yield _about(service, override, "W204", message)
                break
        seen.append((override, begin, end, about))


def _stale(service: Service, now: datetime) -> Iterator[Mistake]:
    for override in service.overrides:
        ended = datetime.fromtimestamp(override_bounds(override, service.timezone)[1], UTC)
        if now - ended > STALE_AFTER:
            yield _about(service, override, "W401", f"ended {(now - ended).days} days ago; delete it")


def _all_windows(profile: Profile) -> Iterator[Window]:
    yield from profile.windows
    for entry in profile.dates:
        yield from entry.windows


def _at(service: Service, profile: Profile, window: Window, code: str, message: str) -> Mistake:
    found = _mistake(service, window.line, window.column, code, f'window "{window.name}" {message}')
    return replace(found, file=profile.file or service.file)


def _about(service: Service, override: Override, code: str, message: str) -> Mistake:
    return _mistake(service, override.line, override.column, code, f'override "{override.name}" {message}')


def _mistake(service: Service, line: int, column: int, code: str, message: str) -> Mistake:
    return Mistake(file=service.file, line=line, column=column, code=code, message=message, severity=Severity.WARNING)
