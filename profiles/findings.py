"""Where mistakes are gathered while a file is read, and the words for a near miss. Knows no key of the language."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from profiles.model import Mistake, Severity

MAX_MISTAKES = 200
# More than all time zones; with thousands of names a search for each mistake would take minutes.
MAX_KNOWN = 1000


@dataclass(slots=True)
class Place:
    """A line and a column, both from 1."""

    line: int
    column: int


class Findings:
    """The mistakes of one file, each once, in the order of the file; at most MAX_MISTAKES of them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: dict[Mistake, None] = {}
        self._errors = 0
        self._left_out = 0

    def error(self, place: Place, code: str, message: str) -> None:
        """Note an error: the file's service stays out of the run."""
        self._errors += 1
        self._note(place, code, message, Severity.ERROR)

    def warning(self, place: Place, code: str, message: str) -> None:
        """Note a warning: the file is used all the same."""
        self._note(place, code, message, Severity.WARNING)

    @property
    def errors(self) -> int:
        """How many errors were noted so far."""
        return self._errors

    @property
    def broken(self) -> bool:
        """Whether there is an error."""
        return self._errors > 0

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Every mistake, by line and column; the last one says how many were left out, if any."""
        ordered = sorted(self._found)
        if self._left_out:
            message = f"{self._left_out} more mistakes in this file are not listed"
            last = ordered[-1]
            ordered.append(Mistake(file=self.file, line=last.line, column=last.column, code="E000", message=message))
        return tuple(ordered)

    def _note(self, place: Place, code: str, message: str, severity: Severity) -> None:
        text = message if message.isprintable() else message.encode("unicode_escape").decode("ascii")
        mistake = Mistake(
            file=self.file, line=place.line, column=place.column, code=code, message=text, severity=severity
        )
        if mistake in self._found:
            return
        if len(self._found) >= MAX_MISTAKES:
            self._left_out += 1
            return
        self._found[mistake] = None


def near(found: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `found` is probably meant to be; None when nothing is near, or too many are known."""
    by_lower = {name.lower(): name for name in known}
    if len(by_lower) > MAX_KNOWN:
        return None
    matches = difflib.get_close_matches(found[:80].lower(), by_lower, n=1, cutoff=0.65)
    return by_lower[matches[0]] if matches else None


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """`, did you mean "…"?` where something is near, else the empty text."""
    match = near(found, known)
    return f', did you mean "{match}"?' if match is not None else ""


def shown(text: object) -> str:
    """A found value in quotes, shortened when it is long."""
    full = str(text)
    return f'"{full}"' if len(full) <= 60 else f'"{full[:57]}..."'
