"""Whether the values of a compiled document are ones that the reader would have let through.

Its hash tells damage, not intent: whoever may write the document may write the hash. So what the reader refuses in
YAML, such as a payload that a target would run, is refused here as well, and knows neither YAML nor AWS.
"""

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NoReturn

from fleet.wire import primes_that_fit
from profiles import bounds
from profiles.model import (
    EVERY_DAY,
    Override,
    PingSpec,
    Platform,
    Profile,
    ScheduleSet,
    Service,
    Shape,
    VersionsPolicy,
    Window,
)
from profiles.zones import region

_HTTP = frozenset((Shape.UNIVERSAL, Shape.HTTP_V2, Shape.HTTP_V1, Shape.ALB))
_FIRST, _LAST = datetime(1970, 1, 1), datetime(9001, 1, 1)  # noqa: DTZ001 - compared with naive wall times only
_NOTHING = timedelta(0)
_NUMBERS = (int, float)


def check(schedules: ScheduleSet) -> None:
    """Raise ValueError or TypeError at the first value that no schedule file can have; the message names it."""
    _platform(schedules.platform)
    ceiling = schedules.platform.max_concurrency
    _unique("service", [service.name for service in schedules.services])
    targets = [target for service in schedules.services for target in service.targets]
    _unique("target", [(target.function.text, target.qualifier) for target in targets])
    # Profiles and pings stand in the document once, and are one object here.
    for ping in {id(target.ping): target.ping for target in targets}.values():
        _ping(ping)
    for service in schedules.services:
        crons = sum(window.cron is not None for profile in service.profiles for window in profile.every_window)
        # Its own file's, and those of the profiles that the platform lends it.
        _require(crons <= 2 * bounds.MOST_CRONS, f"service {_short(service.name)}: windows with cron", crons)
    profiles = (profile for service in schedules.services for profile in service.profiles)
    for profile in {id(profile): profile for profile in profiles}.values():
        _profile(profile, ceiling)
    for service in schedules.services:
        _service(service, ceiling)


def _platform(platform: Platform) -> None:
    _require(platform.interval in bounds.INTERVALS, "platform.interval", platform.interval)
    _whole(platform.max_concurrency, 1, bounds.MAX_CEILING, "platform.max_concurrency")
    _versions(platform.versions, "platform")


def _service(service: Service, ceiling: int) -> None:
    where = f"service {_short(service.name)}"
    _matches(bounds.NAME.fullmatch, service.name, f"{where}: name")
    _texts((service.owner, service.file), where)
    _zone(service.timezone, where)
    _truths((service.enabled, service.dry_run), where)
    _versions(service.versions, where)
    _targets(service, where)
    for override in service.overrides:
        _override(override, where, ceiling)


def _targets(service: Service, where: str) -> None:
    """Ten thousand of them are loaded at each cold start, so words are made only for a value that is not allowed."""
    known = {profile.name for profile in service.profiles}
    for target in service.targets:
        if not isinstance(target.qualifier, str) or bounds.QUALIFIER.fullmatch(target.qualifier) is None:
            _refuse(f"{where}: qualifier", target.qualifier)
        if target.profile not in known:
            _refuse(f"{where}: profile", target.profile)
        if type(target.enabled) is not bool:
            _refuse(f"{where}: enabled", target.enabled)
        if type(target.scale) not in _NUMBERS or not 0 < target.scale <= 10:
            _refuse(f"{where}: scale", target.scale)


def _override(override: Override, where: str, ceiling: int) -> None:
    _texts((override.name, override.reason, override.ticket, *(override.targets or ())), f"{where}: override")
    _whole(override.concurrency, 0, ceiling, f"{where}: override {override.name}")
    naive = override.starts.tzinfo is None and override.ends.tzinfo is None
    _require(naive and override.starts >= _FIRST and override.ends < _LAST, f"{where}: from", override.starts)
    _length(override.ends - override.starts, timedelta(seconds=1), bounds.LONGEST_OVERRIDE, f"{where}: until")


def _profile(profile: Profile, ceiling: int) -> None:
    where = f"profile {_short(profile.name)}"
    _matches(bounds.NAME.fullmatch, profile.name, f"{where}: name")
    _whole(profile.baseline, 0, ceiling, f"{where}: baseline")
    for window in profile.windows:
        _window(window, ceiling, where)
    for entry in profile.dates:
        for window in entry.windows:
            _window(window, ceiling, where)
        if entry.like is not None:
            _whole(entry.like, 0, 6, f"{where}: like")


def _window(window: Window, ceiling: int, where: str) -> None:
    if _is_plain(window, ceiling):
        return
    _texts((window.name,), where)
    _whole(window.concurrency, 0, ceiling, f"{where}: concurrency")
    for day in window.days:
        _whole(day, 0, 6, f"{where}: days")
    _whole(window.from_minute, 0, 1439, f"{where}: from")
    _whole(window.to_minute, 0, 1440, f"{where}: to")
    _length(window.lasts, _NOTHING, bounds.LONGEST_WINDOW, f"{where}: for")
    _length(window.ramp_up, _NOTHING, bounds.LONGEST_RAMP, f"{where}: rampUp")
    _length(window.ramp_down, _NOTHING, bounds.LONGEST_RAMP, f"{where}: rampDown")
    if window.timezone is not None:
        _zone(window.timezone, where)
    if window.cron is not None:
        from profiles.cron import fault  # noqa: PLC0415 - croniter is heavy; only cron windows pay for it

        _require(isinstance(window.cron, str) and fault(window.cron) is None, f"{where}: cron", window.cron)


def _is_plain(window: Window, ceiling: int) -> bool:
    """The same in one go, for the usual window: thousands of them are loaded at each cold start."""
    return (
        type(window.concurrency) is type(window.from_minute) is type(window.to_minute) is int
        and 0 <= window.concurrency <= ceiling
        and 0 <= window.from_minute < 1440
        and 0 <= window.to_minute <= 1440
        and window.days <= EVERY_DAY
        and window.cron is window.timezone is None
        and _NOTHING <= window.lasts <= bounds.LONGEST_WINDOW
        and _NOTHING <= window.ramp_up <= bounds.LONGEST_RAMP
        and _NOTHING <= window.ramp_down <= bounds.LONGEST_RAMP
        and isinstance(window.name, str)
        and window.name.isprintable()
    )


def _ping(ping: PingSpec) -> None:
    if ping.shape in _HTTP:
        _matches(bounds.PATH.fullmatch, ping.path, "ping: path")
        _matches(bounds.HOST.fullmatch, ping.host, "ping: host")
    for name, value in ping.headers:
        _matches(bounds.HEADER.fullmatch, name, "ping: headers")
        _matches(bounds.HEADER_VALUE.fullmatch, value, "ping: headers")
    for path in ping.prime:
        _matches(bounds.PATH.fullmatch, path, "ping: prime")
    _require(primes_that_fit(ping.prime) == len(ping.prime), "ping: prime", len(ping.prime))
    for status in ping.expect_status or ():
        _whole(status, 100, 599, "ping: expect")
    if ping.timeout is not None:
        _length(ping.timeout, *bounds.TIMEOUTS, "ping: timeout")
    _harmless(ping.payload, bounds.MAX_DEPTH)


def _harmless(value: Any, depth: int) -> None:
    """A payload that can be sent, and that no target would run."""
    _require(depth > 0, "ping: payload", value)
    match value:
        case dict():
            for key, inner in value.items():
                _require(key not in bounds.DANGEROUS_KEYS, "ping: payload", key)
                _harmless(inner, depth - 1)
        case list():
            for inner in value:
                _harmless(inner, depth - 1)
        case float():
            _require(math.isfinite(value), "ping: payload", value)


def _versions(policy: VersionsPolicy, where: str) -> None:
    _truths((policy.enabled,), f"{where}: versions")
    for keep in (policy.keep, policy.snap_keep):
        if keep is not None:
            _whole(keep, *bounds.KEEP, f"{where}: keep")
    for length in (policy.min_superseded, policy.snap_min_superseded):
        if length is not None:
            _length(length, *bounds.SUPERSEDED, f"{where}: minSuperseded")


def _unique(what: str, found: list[Any]) -> None:
    _require(len(set(found)) == len(found), f"{what}s", "the same one twice")


def _zone(name: Any, where: str) -> None:
    try:
        region(name)
    except KeyError:
        _refuse(f"{where}: timezone", name)


def _truths(values: Iterable[Any], where: str) -> None:
    for value in values:
        _require(type(value) is bool, where, value)


def _texts(values: Iterable[Any], where: str) -> None:
    for value in values:
        _require(isinstance(value, str) and value.isprintable(), where, value)


def _matches(pattern: Callable[[str], object], value: Any, where: str) -> None:
    _require(isinstance(value, str) and pattern(value) is not None, where, value)


def _whole(value: Any, low: int, high: int, where: str) -> None:
    # A bool is an int to isinstance.
    _require(type(value) is int and low <= value <= high, where, value)


def _length(value: timedelta, low: timedelta, high: timedelta, where: str) -> None:
    _require(low <= value <= high, where, value)


def _require(holds: bool, where: str, value: Any) -> None:
    if not holds:
        _refuse(where, value)


def _refuse(where: str, value: Any) -> NoReturn:
    raise ValueError(f"{where}: {_short(value)} is not allowed")


def _short(value: Any) -> str:
    if isinstance(value, str | int | float | timedelta | datetime):
        return repr(str(value)[:60])
    return "nothing" if value is None else f"a {type(value).__name__}"
