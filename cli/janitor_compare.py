"""What differs between two of the janitor's reports: which versions have another verdict, or come and go. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class UnusableReport(ValueError):  # noqa: N818 - says what was found
    """The file holds no report of the janitor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One version with its verdict before and now; None where it was or is not there. A verdict is a keep code,
    "delete", or "deleted"."""

    function: str
    version: str
    before: str | None
    now: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.function}:{self.version}  new: {self.now}"
        if self.now is None:
            return f"{self.function}:{self.version}  gone; it was: {self.before}"
        return f"{self.function}:{self.version}  {self.before} -> {self.now}"

    def as_json(self) -> dict[str, str | None]:
        """The item for machines."""
        return {"function": self.function, "version": self.version, "before": self.before, "now": self.now}


def read_report(path: Path) -> dict[str, Any]:
    """A report that `--format json` or the handler wrote. Raises: UnusableReport."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusableReport(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise UnusableReport(f"{path} is no JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("functions"), list):
        raise UnusableReport(f'{path} is no report of the janitor: it has no list "functions"')
    return found


def differences(before: dict[str, Any], now: dict[str, Any]) -> tuple[Difference, ...]:
    """What the later report says differently, by function and version number."""
    earlier, later = dict(_verdicts(before)), dict(_verdicts(now))
    keys = sorted({*earlier, *later}, key=lambda key: (key[0], int(key[1]) if key[1].isdigit() else 0))
    return tuple(
        Difference(function=function, version=version, before=old, now=new)
        for function, version in keys
        if (old := earlier.get((function, version))) != (new := later.get((function, version)))
        and not (old == "deleted" and new is None)
    )


def _verdicts(report: dict[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    for item in report["functions"]:
        for line in item.get("keep", ()):
            yield (item["function"], str(line["version"])), str(line.get("code", "keep"))
        for line in item.get("delete", ()):
            yield (item["function"], str(line["version"])), "delete"
        for version in item.get("deleted", ()):
            yield (item["function"], str(version)), "deleted"
