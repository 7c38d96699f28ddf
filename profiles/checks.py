"""One check a kind of value: node in, value out, or None with the mistake noted at the value.

Each takes the node, its path in words ("targets[0].scale") and the file's findings. Which key takes which check is
`reader`'s affair.
"""

import math
import re
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TypeVar
from zoneinfo import ZoneInfo

from profiles.findings import Findings, did_you_mean, shown
from profiles.model import duration_text
from profiles.yaml_nodes import Broken, Mapping, Node, Scalar, Sequence

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
Check = Callable[[Node, str, Findings], T | None]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}", re.ASCII)
_ZONE = re.compile(r"UTC|[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)+", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def kind(node: Node) -> str:
    """What a node is, in words for a message."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Broken():
            return "a mistake"
        case Scalar():
            value = node.value
            if value is None:
                return "nothing"
            names = {bool: "true or false", str: "text", int: "a number", float: "a number"}
            return f"{names[type(value)]} ({shown(node.text)})"


def wrong_type(node: Node, path: str, wanted: str, findings: Findings) -> None:
    """Note that `node` is of another kind than `wanted`; silent when a mistake stands there already."""
    if not isinstance(node, Broken):
        findings.error(node, "E006", f"{path}: expected {wanted}, found {kind(node)}")


def text(node: Node, path: str, findings: Findings) -> str | None:
    """Text that is not empty, on one line."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        hint = "text in quotes" if isinstance(node, Scalar) and node.value is not None else "text"
        wrong_type(node, path, hint, findings)
        return None
    if not node.text.strip():
        findings.error(node, "E101", f"{path}: must not be empty")
        return None
    if not node.text.isprintable():
        findings.error(node, "E101", f"{path}: {shown(ascii(node.text))} has a control character in it")
        return None
    return node.text


def name(node: Node, path: str, findings: Findings) -> str | None:
    """A name: letters, digits, dots, underscores and hyphens."""
    found = text(node, path, findings)
    if found is None or NAME.fullmatch(found):
        return found
    findings.error(
        node, "E101", f"{path}: {shown(found)} is not a name; use letters, digits, `.`, `_` and `-`, at most 100"
    )
    return None


def boolean(node: Node, path: str, findings: Findings) -> bool | None:
    """true or false."""
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    wrong_type(node, path, "true or false", findings)
    return None


def integer(low: int, high: int, *, code: str = "E102") -> Check[int]:
    """A check for a whole number from `low` to `high`."""

    def check(node: Node, path: str, findings: Findings) -> int | None:
        if not isinstance(node, Scalar) or isinstance(node.value, bool) or not isinstance(node.value, int):
            wrong_type(node, path, "a whole number", findings)
            return None
        if not low <= node.value <= high:
            span = f"from {low} to {high}" if high < 10**18 else f"{low} or more"
            message = f"{path}: {shown(node.text)} is out of range; {span}"
            findings.error(node, code, message)
            return None
        return node.value

    return check


def level(ceiling: int) -> Check[int]:
    """A check for a number of environments, 0 to the platform's ceiling."""

    whole = integer(0, 10**400)

    def check(node: Node, path: str, findings: Findings) -> int | None:
        value = whole(node, path, findings)
        if value is not None and value > ceiling:
            message = f"{path}: {shown(value)} is above the platform's maxConcurrency {ceiling}"
            findings.error(node, "E301", message)
            return None
        return value

    return check


def scale(node: Node, path: str, findings: Findings) -> float | None:
    """A factor above 0, at most 10."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        wrong_type(node, path, "a number", findings)
        return None
    if not math.isfinite(value) or not 0 < value <= 10:
        findings.error(node, "E102", f"{path}: {shown(value)} is out of range; above 0, at most 10")
        return None
    return float(value)


def choice(options: Collection[str], code: str = "E108") -> Check[str]:
    """A check for one of `options`."""

    def check(node: Node, path: str, findings: Findings) -> str | None:
        if isinstance(node, Scalar) and node.text in options and isinstance(node.value, str):
            return node.text
        if not isinstance(node, Scalar) or node.value is None:
            wrong_type(node, path, f"one of {', '.join(options)}", findings)
            return None
        hint = did_you_mean(node.text, options) or f"; use one of {', '.join(options)}"
        findings.error(node, code, f"{path}: {shown(node.text)} is not known{hint}")
        return None

    return check


def member(kind_of: type[E]) -> Check[E]:
    """A check for a value of an enum."""
    check = choice([option.value for option in kind_of])

    def as_member(node: Node, path: str, findings: Findings) -> E | None:
        found = check(node, path, findings)
        return None if found is None else kind_of(found)

    return as_member


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
    if _ZONE.fullmatch(found) and not found.startswith(("posix/", "right/")) and _exists(found):
        return found
    hint = did_you_mean(found, _zones()) or " (write one like America/New_York, or UTC)"
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


def items(node: Node, path: str, findings: Findings) -> list[tuple[Node, str]]:
    """The items of a list with their paths; empty, with the mistake noted, when it is none."""
    if not isinstance(node, Sequence):
        wrong_type(node, path, "a list", findings)
        return []
    return [(item, f"{path}[{index}]") for index, item in enumerate(node.items)]


def many(check: Check[T]) -> Check[list[T]]:
    """A check for a list whose items each pass `check`; bad items are noted and left out."""

    def all_of(node: Node, path: str, findings: Findings) -> list[T] | None:
        if not isinstance(node, Sequence):
            wrong_type(node, path, "a list", findings)
            return None
        found = (check(item, at, findings) for item, at in items(node, path, findings))
        return [value for value in found if value is not None]

    return all_of


def _exists(key: str) -> bool:
    try:
        ZoneInfo(key)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _zones() -> set[str]:
    from zoneinfo import available_timezones  # noqa: PLC0415 - slow; only a mistake needs the list

    return available_timezones()
