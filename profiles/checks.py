"""One check a kind of value: node in, value out, or None with the mistake noted at the value.

Each takes the node, its path in words ("targets[0].scale") and the file's findings. Which key takes which check is
`reader`'s affair.
"""

import math
from collections.abc import Callable, Collection
from enum import Enum
from typing import TypeVar

from profiles import bounds
from profiles.findings import Findings, did_you_mean, shown
from profiles.yaml_nodes import Broken, Mapping, Node, Scalar, Sequence

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
Check = Callable[[Node, str, Findings], T | None]


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
        findings.error(node, "E101", f"{path}: {shown(node.text)} has a control character in it")
        return None
    return node.text


def name(node: Node, path: str, findings: Findings) -> str | None:
    """A name: letters, digits, dots, underscores and hyphens."""
    found = text(node, path, findings)
    if found is None or bounds.NAME.fullmatch(found):
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
