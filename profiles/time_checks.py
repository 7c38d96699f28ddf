"""Checks for values of time: times of day, lengths, weekdays, zones, dates. `checks` has those for all other values."""

import re
from datetime import date, datetime, timedelta

from profiles import zones
from profiles.checks import Check, choice, text, wrong_type
from profiles.findings import Findings, did_you_mean, shown
from profiles.model import duration_text
from profiles.yaml_nodes import Broken, Mapping, Node, Scalar, Sequence

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}", re.ASCII)
_ZONE = re.compile(r"UTC|[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)+", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def clock(*, end: bool) -> Check[int]:
    """A check for a time of day, as minutes since midnight; `end` allows 24:00."""
    span = "00:00 to 24:00" if end else "00:00 to 23:59"

    def check(node: Node, path: str, findings: Findings) -> int | None:
        if isinstance(node, Mapping | Sequence | Broken) or node.value is None:
            wrong_type(node, path, 'a time of day "HH:MM"', findings)
            return None
        match = _CLOCK.fullmatch(node.text)
        if match is not None:
            return int(match[1]) * 60 + int(match[2])
        if end and node.text == "24:00":
            return 1440
        findings.error(node, "E103", f'{path}: {shown(node.text)} is not a time of day; write "HH:MM", {span}')
        return None

    return check


def duration(low: timedelta, high: timedelta) -> Check[timedelta]:
    """A check for a length like 15m, from `low` to `high`."""
    span = f"from {duration_text(low)} to {duration_text(high)}"

    def check(node: Node, path: str, findings: Findings) -> timedelta | None:
        if not isinstance(node, Scalar) or node.value is None:
            wrong_type(node, path, "a length of time like 15m", findings)
            return None
        match = _DURATION.fullmatch(node.text)
        if match is None:
            message = f"{path}: {shown(node.text)} is not a length of time; write a number and s, m, h or d, like 15m"
            findings.error(node, "E104", message)
            return None
        value = timedelta(seconds=int(match[1]) * _UNITS[match[2]])
        if not low <= value <= high:
            findings.error(node, "E302", f"{path}: {node.text} is out of range; {span}")
            return None
        return value

    return check


def days(node: Node, path: str, findings: Findings) -> frozenset[int] | None:
    """Weekdays: `daily`, names, ranges (wrapping) and comma lists; Monday is 0."""
    if not isinstance(node, Scalar) or node.value is None:
        wrong_type(node, path, "weekdays as one text, like mon-fri", findings)
        return None
    if node.text == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in node.text.split(","):
        first, hyphen, last = part.partition("-")
        if first not in DAYS or (hyphen and last not in DAYS):
            message = f"{path}: {shown(node.text)} - use mon..sun, ranges (mon-fri), lists (sat,sun) or daily"
            findings.error(node, "E105", message)
            return None
        start = DAYS.index(first)
        length = (DAYS.index(last) - start) % 7 if hyphen else 0
        found.update((start + step) % 7 for step in range(length + 1))
    return frozenset(found)


def weekday(node: Node, path: str, findings: Findings) -> int | None:
    """One weekday; Monday is 0."""
    found = choice(DAYS, "E105")(node, path, findings)
    return None if found is None else DAYS.index(found)


def zone(node: Node, path: str, findings: Findings) -> str | None:
    """An IANA region name or UTC, never an abbreviation."""
    found = text(node, path, findings)
    if found is None:
        return None
    if _is_region(found) and _exists(found):
        return found
    known = filter(_is_region, zones.names())
    hint = did_you_mean(found, known) or " (write one like America/New_York, or UTC)"
    findings.error(node, "E106", f"{path}: {shown(found)} is not an IANA region name{hint}")
    return None


def day(node: Node, path: str, findings: Findings) -> date | None:
    """A calendar date, "YYYY-MM-DD"."""
    if not isinstance(node, Scalar) or node.value is None:
        wrong_type(node, path, 'a date "YYYY-MM-DD"', findings)
        return None
    try:
        if _DATE.fullmatch(node.text):
            return date.fromisoformat(node.text)
    except ValueError:
        pass
    findings.error(node, "E107", f'{path}: {shown(node.text)} is not a date; write "YYYY-MM-DD"')
    return None


def local_time(node: Node, path: str, findings: Findings) -> datetime | None:
    """A naive local time, "YYYY-MM-DDTHH:MM"."""
    if not isinstance(node, Scalar) or node.value is None:
        wrong_type(node, path, 'a local time "YYYY-MM-DDTHH:MM"', findings)
        return None
    try:
        if _LOCAL.fullmatch(node.text) and "1970" <= node.text[:4] <= "9000":
            return datetime.fromisoformat(node.text)
    except ValueError:
        pass
    message = f'{path}: {shown(node.text)} is not a local time; write "YYYY-MM-DDTHH:MM", without an offset'
    findings.error(node, "E107", message)
    return None


def _is_region(name: str) -> bool:
    return bool(_ZONE.fullmatch(name)) and not name.startswith(("posix/", "right/"))


def _exists(key: str) -> bool:
    try:
        zones.region(key)
    except KeyError:
        return False
    return True
