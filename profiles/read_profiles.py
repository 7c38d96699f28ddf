"""Reads profiles: baselines, windows, dated days. Ping blocks and whole files are read elsewhere."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from profiles import bounds, checks, time_checks
from profiles.fields import Fields, open_mapping, open_named
from profiles.findings import Findings, Place, did_you_mean, shown
from profiles.model import EVERY_DAY, DatedDays, Profile, Window
from profiles.yaml_nodes import Node, Scalar

PROFILE_KEYS = ("baseline", "windows", "dates")
WINDOW_KEYS = ("name", "days", "from", "to", "cron", "for", "concurrency", "rampUp", "rampDown", "timezone")
DATED_KEYS = ("dates", "calendar", "like", "windows")

_RAMP = time_checks.duration(timedelta(seconds=1), bounds.LONGEST_RAMP)
_LENGTH = time_checks.duration(timedelta(seconds=1), bounds.LONGEST_WINDOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the platform file lends to services: the ceiling, calendars, and the names of shared profiles.

    `calendars` None: the platform file has a mistake there, already noted, so that no name can be checked.
    """

    ceiling: int
    calendars: Mapping[str, frozenset[date]] | None
    profiles: Collection[str] = ()


Profiles = dict[str, Profile | None]


def read_profiles(fields: Fields, shared: Shared) -> Profiles | None:
    """Every profile of a file by name; one with errors is None, so that targets find its name all the same.

    None in place of all when `profiles` itself has a mistake, so that no name can be checked.
    """
    node, findings = fields.node("profiles"), fields.findings
    if node is None:
        return None if fields.meant("profiles") else {}
    named = open_named(node, "profiles", findings)
    if named is None:
        return None
    found: Profiles = {}
    for name, key in named.keys.items():
        path = f"profiles.{name}"
        if not bounds.NAME.fullmatch(name):
            findings.error(key, "E101", f"profiles: {shown(name)} is not a name; use letters, digits, `.`, `_` and `-`")
        elif name in shared.profiles:
            message = f"{path}: platform.yaml has a shared profile of this name; give this one another"
            findings.error(key, "E206", message)
        value = named.node(name)
        if value is not None:
            before = findings.errors
            profile = _profile(value, name, path, findings, shared)
            found[name] = profile if findings.errors == before else None
    _limit_crons([profile for profile in found.values() if profile is not None], findings)
    return found


def _limit_crons(profiles: Collection[Profile], findings: Findings) -> None:
    crons = [window for profile in profiles for window in profile.every_window if window.cron is not None]
    if len(crons) > bounds.MOST_CRONS:
        over = crons[bounds.MOST_CRONS]
        message = f"{len(crons)} windows with cron in one file, {bounds.MOST_CRONS} at most; name the days instead"
        findings.error(Place(line=over.line, column=over.column), "E305", message)


def _profile(node: Node, name: str, path: str, findings: Findings, shared: Shared) -> Profile:
    fields = open_mapping(node, path, findings, PROFILE_KEYS)
    if fields is None:
        return Profile(name=name, baseline=0, windows=())
    fields.require("baseline")
    dated: list[DatedDays] = []
    dates = fields.node("dates")
    for item, at in checks.items(dates, f"{path}.dates", findings) if dates is not None else ():
        entry = _dated(item, at, findings, shared)
        if entry is not None:
            dated.append(entry)
    return Profile(
        file=findings.file,
        name=name,
        baseline=fields.read("baseline", checks.level(shared.ceiling), 0),
        windows=_windows(fields, shared, dated=False),
        dates=tuple(dated),
    )


def _windows(fields: Fields, shared: Shared, *, dated: bool) -> tuple[Window, ...]:
    node = fields.node("windows")
    if node is None:
        return ()
    found = (
        _window(item, at, fields.findings, shared, dated=dated)
        for item, at in checks.items(node, fields.at("windows"), fields.findings)
    )
    return tuple(window for window in found if window is not None)


def _window(node: Node, path: str, findings: Findings, shared: Shared, *, dated: bool) -> Window | None:
    fields = open_mapping(node, path, findings, WINDOW_KEYS)
    if fields is None:
        return None
    fields.require("concurrency")
    if dated and "days" in fields:
        fields.refuse("days", "E007", "a dated day has its dates already; leave days out")
    starts, ends, cron, lasts = _span(fields)
    window = Window(
        name="",
        concurrency=fields.read("concurrency", checks.level(shared.ceiling), 0),
        days=fields.read("days", time_checks.days, EVERY_DAY),
        from_minute=starts,
        to_minute=ends,
        cron=cron,
        lasts=lasts,
        ramp_up=fields.read("rampUp", _RAMP, timedelta(0)),
        ramp_down=fields.read("rampDown", _RAMP, timedelta(0)),
        timezone=fields.maybe("timezone", time_checks.zone),
        line=fields.place.line,
        column=fields.place.column,
    )
    return replace(window, name=fields.maybe("name", checks.name) or window.clock_text)


def _span(fields: Fields) -> tuple[int, int, str | None, timedelta]:
    """`from` and `to`, or `cron` and `for`: exactly one of the two pairs."""
    if "cron" in fields or "for" in fields:
        for key in ("from", "to", "days"):
            if key in fields:
                fields.refuse(key, "E007", "a window has from and to (with days) or cron and for, not both")
                return 0, 1440, None, timedelta(0)
        fields.require("cron", "for")
        return 0, 1440, fields.maybe("cron", _cron), fields.read("for", _LENGTH, timedelta(hours=1))
    if not any(map(fields.meant, ("from", "to", "cron", "for"))):
        fields.missing('missing "from" and "to" (or "cron" and "for")')
        return 0, 1440, None, timedelta(0)
    fields.require("from", "to")
    starts, ends = fields.maybe("from", time_checks.clock(end=False)), fields.maybe("to", time_checks.clock(end=True))
    end_node = fields.node("to")
    if starts is not None and starts == ends and end_node is not None:
        message = f"{fields.path}: from and to are equal; for a whole day write 00:00 to 24:00"
        fields.findings.error(end_node, "E109", message)
    return starts or 0, 1440 if ends is None else ends, None, timedelta(0)


def _cron(node: Node, path: str, findings: Findings) -> str | None:
    import profiles.cron as cron  # noqa: PLC0415, PLR0402 - croniter is heavy; only files with cron windows pay for it

    found = checks.text(node, path, findings)
    if found is None:
        return None
    fault = cron.fault(found)
    if fault is not None:
        findings.error(node, "E110", f"{path}: {fault}")
        return None
    return found


def _dated(node: Node, path: str, findings: Findings, shared: Shared) -> DatedDays | None:
    fields = open_mapping(node, path, findings, DATED_KEYS)
    if fields is None:
        return None
    _one_of(fields, "dates", "calendar")
    _one_of(fields, "like", "windows")
    return DatedDays(
        dates=_dates(fields, shared),
        like=fields.maybe("like", time_checks.weekday),
        windows=_windows(fields, shared, dated=True),
    )


def _one_of(fields: Fields, first: str, second: str) -> None:
    if first in fields and second in fields:
        fields.refuse(second, "E007", f"an entry has {first} or {second}, not both")
    elif not any(map(fields.meant, (first, second))):
        fields.missing(f'missing "{first}" or "{second}"')


def _dates(fields: Fields, shared: Shared) -> frozenset[date]:
    if "dates" in fields:
        return frozenset(fields.maybe("dates", checks.many(time_checks.day)) or ())
    name = fields.maybe("calendar", checks.name)
    node = fields.node("calendar")
    if name is None or node is None:
        return frozenset()
    if shared.calendars is None:
        message = f"{fields.at('calendar')}: platform.yaml has errors; {shown(name)} stands for no dates until then"
        fields.findings.warning(node, "W205", message)
        return frozenset()
    if name not in shared.calendars and isinstance(node, Scalar):
        hint = did_you_mean(name, shared.calendars) or "; add it to calendars in platform.yaml"
        fields.findings.error(node, "E202", f"{fields.at('calendar')}: no calendar {shown(name)}{hint}")
    return shared.calendars.get(name, frozenset())
