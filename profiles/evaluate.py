"""The level wanted of a target at an instant: a pure function of the files, the target and the instant.

Layers, low to high: baseline, windows (dated days in place of weekly and cron ones), overrides, boosts, the platform's
ceiling.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import assert_never

from fleet.boosts import Boost
from profiles.instants import Span, resolve, spans_around, spans_on
from profiles.model import Demand, Mode, Override, Platform, Profile, Service, Target
from profiles.remembered import RememberedBy
from profiles.zones import region

# The targets of a service mostly share a profile, and a tick asks for all of them at one instant.
_LEVELS: RememberedBy[tuple[int, str, bool]] = RememberedBy(most=16_384)
_BOUNDS: RememberedBy[tuple[int, int]] = RememberedBy(most=16_384)
_EPOCH, _DAY = datetime(1970, 1, 1), timedelta(days=1)  # noqa: DTZ001 - compared with naive wall times only
_MODE_ORDER = (Mode.SET, Mode.AT_LEAST, Mode.AT_MOST)
_MODE_WORDS = {Mode.SET: "sets", Mode.AT_LEAST: "asks for at least", Mode.AT_MOST: "allows at most"}


def tick_instant(time: datetime, interval: timedelta) -> datetime:
    """The instant of a tick: the aware `time` floored to the interval's grid, in UTC.

    Raises: ValueError when `time` is naive.
    """
    seconds = _epoch(time)
    return datetime.fromtimestamp(seconds - seconds % int(interval.total_seconds()), UTC)


def demand_at(
    service: Service, target: Target, instant: datetime, *, platform: Platform, boosts: Sequence[Boost] = ()
) -> Demand:
    """How many environments `target` is to have at the aware `instant`, with the reason in one sentence.

    `boosts` may be any service's and over; those that hold for the target raise its level and never lower it.

    Raises: ValueError when `instant` is naive, KeyError when the service lacks the target's profile.
    """
    seconds = _epoch(instant)
    if not service.enabled:
        return Demand(level=0, reason=f"0: service {service.name} is switched off (enabled: false)")
    if not target.enabled:
        return Demand(level=0, reason=f"0: target {target.function}:{target.qualifier} is switched off")
    profile, zone = service.profile(target.profile), service.timezone
    level, reason, in_window = _LEVELS.get(profile, (zone, seconds), lambda: _profile_level(profile, zone, seconds))
    if target.scale != 1.0:
        level, reason = scaled(level, target.scale), f"{reason}, scaled by {target.scale:g}"
    for override in active_overrides(service, target, seconds):
        level, reason = _overridden(override, level, reason, service.timezone)
    if boosts:
        level, reason = _boosted(boosts, service, target, instant, level, reason)
    if level > platform.max_concurrency:
        held = platform.max_concurrency
        return Demand(
            level=held,
            reason=f"{held}: the platform's ceiling; wanted {level}: {reason}",
            clamped_from=level,
            in_window=in_window,
        )
    return Demand(level=level, reason=f"{level}: {reason}", in_window=in_window)


def scaled(level: int, scale: float) -> int:
    """`level` times `scale` as the file writes it, rounded up: 30 times 0.1 is 3, not 4."""
    over, under = _exactly(scale)
    return -(-level * over // under)


@lru_cache(maxsize=4096)
def _exactly(scale: float) -> tuple[int, int]:
    return Decimal(repr(scale)).as_integer_ratio()


def spans_at(profile: Profile, zone: str, seconds: int) -> tuple[Span, ...]:
    """Every occurrence of a window that can matter at the instant, in epoch seconds."""
    return spans_around(profile, zone, datetime.fromtimestamp(seconds, UTC).date())


def override_bounds(override: Override, zone: str) -> tuple[int, int]:
    """The two instants of an override, in epoch seconds: `from` the first, `until` the second of a repeated hour."""
    return _BOUNDS.get(override, zone, lambda: _override_bounds(override, zone))


def active_overrides(service: Service, target: Target, seconds: int) -> list[Override]:
    """The overrides that hold for the target at the instant, in the order in which they apply."""
    if not service.overrides:
        return []
    # No wall clock is a day away from UTC: most overrides are ruled out without resolving their ends.
    now = _EPOCH + timedelta(seconds=seconds)
    before, after = now - _DAY, now + _DAY
    found = [
        override
        for override in service.overrides
        if override.starts <= after
        and before <= override.ends
        and override.concerns(target)
        and _holds(override_bounds(override, service.timezone), seconds)
    ]
    # Of several `set`, the greatest comes last and stays; within the other modes the order makes no difference.
    return sorted(found, key=lambda one: (_MODE_ORDER.index(one.mode), one.concurrency, one.name))


def _holds(bounds: tuple[int, int], seconds: int) -> bool:
    return bounds[0] <= seconds < bounds[1]


def _override_bounds(override: Override, zone: str) -> tuple[int, int]:
    return resolve(zone, override.starts, end=False), resolve(zone, override.ends, end=True)


def _profile_level(profile: Profile, zone: str, seconds: int) -> tuple[int, str, bool]:
    active: Span | None = None
    ramping: Span | None = None
    ramp = 0
    for opens, closes, span in spans_on(profile, zone, seconds // 86_400):
        if not opens <= seconds < closes:
            continue
        if span.starts <= seconds < span.ends:
            if active is None or _rank(span) < _rank(active):
                active = span
        elif (climbed := span.ramp(seconds)) > ramp:
            ramp, ramping = climbed, span
    base = profile.baseline if active is None else active.window.concurrency
    if ramping is not None and ramp > base:
        return ramp, _ramp_words(ramping, profile, zone, seconds), True
    if active is None:
        return base, f"baseline of profile {profile.name}, no window is active", False
    return base, f"{_window_words(active, profile, zone)} is active", True


def _rank(span: Span) -> tuple[int, str, int]:
    """The greatest concurrency first; names decide among equals, so that the order of the file changes nothing."""
    return -span.window.concurrency, span.window.name, span.starts


def _window_words(span: Span, profile: Profile, zone: str) -> str:
    window = span.window
    return f'window "{window.name}" of profile {profile.name} ({window.clock_text} {window.timezone or zone})'


def _ramp_words(span: Span, profile: Profile, zone: str, seconds: int) -> str:
    words, full = _window_words(span, profile, zone), span.window.concurrency
    own = span.window.timezone or zone
    if seconds < span.starts:
        return f"{words} ramps up to {full} at {_clock(span.starts, own)}"
    end = span.ends + int(span.window.ramp_down.total_seconds())
    return f"{words} ramps down from {full} until {_clock(end, own)}"


def _overridden(override: Override, level: int, reason: str, zone: str) -> tuple[int, str]:
    match override.mode:
        case Mode.SET:
            changed = override.concurrency
        case Mode.AT_LEAST:
            changed = max(level, override.concurrency)
        case Mode.AT_MOST:
            changed = min(level, override.concurrency)
        case _:
            assert_never(override.mode)
    if override.mode is not Mode.SET and changed == level:
        return level, reason
    words = f'override "{override.name}" {_MODE_WORDS[override.mode]} {override.concurrency}'
    until = f"until {override.ends:%Y-%m-%d %H:%M} {zone}"
    return changed, f"{words} {until} ({override.reason}, {override.ticket}) in place of {level}: {reason}"


def _boosted(
    boosts: Sequence[Boost], service: Service, target: Target, instant: datetime, level: int, reason: str
) -> tuple[int, str]:
    here = [one for one in boosts if one.concerns(service.name, target.function) and one.holds(instant)]
    # Of equal ones the one that lasts longest is named; the name settles the rest, so that their order changes nothing.
    most = max(here, key=lambda one: (one.at_least, one.until, one.key), default=None)
    if most is None or most.at_least <= level:
        return level, reason
    until = f"{most.until.astimezone(region(service.timezone)):%Y-%m-%d %H:%M} {service.timezone}"
    words = f'boost "{most.name}" asks for at least {most.at_least} until {until} ({most.reason})'
    return most.at_least, f"{words} in place of {level}: {reason}"


def _clock(seconds: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone(region(zone)):%H:%M}"


def _epoch(time: datetime) -> int:
    if time.tzinfo is None:
        raise ValueError("an instant must be an aware datetime")
    return int(time.timestamp() // 1)
