"""The janitor's settings, read from an environment mapping once and checked whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Self

from janitor.policy import Scope
from profiles.location import bundled_in

BUNDLED_SCHEDULES = bundled_in(Path(__file__).resolve().parent.parent)

_DURATION = re.compile(r"(0|[1-9][0-9]{0,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PATTERN = re.compile(r"!?[A-Za-z0-9_*?-]{1,140}", re.ASCII)
_WHOLE = re.compile(r"0|[1-9][0-9]{0,6}")


class SettingsError(ValueError):
    """A setting is unusable. The message names the variable, what it holds and what it may hold."""


class Mode(Enum):
    """Whether a run stops after the plan."""

    PLAN = "plan"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class JanitorSettings:
    """What holds for every run, and the defaults for services whose schedule says nothing.

    `schedules` is CARETAKER_SCHEDULES as written, or the bundled ones. `rate` is in requests a second. `scope` says
    which functions the janitor looks at at all, `layers` whether it looks at layers after them. `switch` names the kill
    switch.
    """

    schedules: str
    state_table: str | None
    mode: Mode
    rate: float
    keep: int
    min_superseded: timedelta
    grace: timedelta
    max_per_function: int
    max_per_run: int
    scope: Scope = field(default_factory=Scope)
    layers: bool = False
    switch: str | None = None

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """The settings in `environment`; an empty value counts as unset. Raises: SettingsError, with every mistake."""
        read = _Reader(environment)
        settings = cls(
            schedules=read.text("CARETAKER_SCHEDULES") or str(BUNDLED_SCHEDULES),
            state_table=read.text("CARETAKER_STATE_TABLE") or None,
            mode=read.mode("CARETAKER_MODE"),
            rate=read.rate("CARETAKER_RATE", default=3),
            keep=read.whole("CARETAKER_KEEP", default=5, least=2),
            min_superseded=read.duration("CARETAKER_MIN_SUPERSEDED", default=timedelta(days=7)),
            grace=read.duration("CARETAKER_GRACE", default=timedelta(hours=6)),
            max_per_function=read.whole("CARETAKER_MAX_PER_FUNCTION", default=25, least=1),
            max_per_run=read.whole("CARETAKER_MAX_PER_RUN", default=500, least=1),
            scope=Scope(patterns=read.patterns("CARETAKER_FUNCTIONS"), tags=read.tags("CARETAKER_TAGS")),
            layers=read.truth("CARETAKER_LAYERS"),
            switch=read.text("CARETAKER_SWITCH") or None,
        )
        if read.mistakes:
            raise SettingsError("; ".join(read.mistakes))
        return settings


class _Reader:
    """Reads variables one by one and collects the mistakes; a mistaken one reads as its default."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.mistakes: list[str] = []

    def text(self, name: str) -> str:
        return self._environment.get(name, "").strip()

    def mode(self, name: str) -> Mode:
        text = self.text(name)
        if text in {"", *(mode.value for mode in Mode)}:
            return Mode(text or "plan")
        self._wrong(name, text, 'must be "plan" or "delete"')
        return Mode.PLAN

    def rate(self, name: str, *, default: float) -> float:
        text = self.text(name)
        if not text:
            return default
        if re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3})?", text, re.ASCII) and 1 <= float(text) <= 15:
            return float(text)
        self._wrong(name, text, "must be a number of requests per second from 1 to 15")
        return default

    def whole(self, name: str, *, default: int, least: int) -> int:
        text = self.text(name)
        if not text:
            return default
        if _WHOLE.fullmatch(text) and int(text) >= least:
            return int(text)
        self._wrong(name, text, f"must be a whole number, {least} or more")
        return default

    def duration(self, name: str, *, default: timedelta) -> timedelta:
        text = self.text(name)
        if not text:
            return default
        if (match := _DURATION.fullmatch(text)) is not None:
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
        self._wrong(name, text, "must be a whole number with a unit (s, m, h or d), such as 90s, 30m, 6h or 7d")
        return default

    def truth(self, name: str) -> bool:
        text = self.text(name).lower()
        if text not in {"", "true", "false"}:
            self._wrong(name, text, "must be true or false")
        return text == "true"

    def patterns(self, name: str) -> tuple[str, ...]:
        found = self._several(name)
        for one in found:
            if _PATTERN.fullmatch(one) is None:
                self._wrong(
                    name, one, "must be names of functions, with * and ? for any letters and ! before exceptions"
                )
        return found

    def tags(self, name: str) -> tuple[tuple[str, str], ...]:
        found = self._several(name)
        for one in found:
            if "=" not in one or one.startswith("="):
                self._wrong(name, one, "must be tags as key=value, separated by commas")
        return tuple((key.strip(), value.strip()) for key, _, value in (one.partition("=") for one in found))

    def _several(self, name: str) -> tuple[str, ...]:
        return tuple(one.strip() for one in self.text(name).split(",") if one.strip())

    def _wrong(self, name: str, text: str, allowed: str) -> None:
        self.mistakes.append(f'{name} is "{text}": it {allowed}')
