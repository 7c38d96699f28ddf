"""The kill switch: one word outside of Git and of the stack that stops the warmer, the janitor, or both. Pure.

A word that nobody understands stops both: whoever turned the switch wanted something to stop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Protocol

from fleet.ports import FleetError

ON = "on"
_MOST_SHOWN = 40


class Part(Enum):
    """What the switch can stop."""

    WARMER = "warmer"
    JANITOR = "janitor"


# The words of the switch, with what each of them stops.
WORDS: dict[str, frozenset[Part]] = {
    ON: frozenset(),
    "off": frozenset(Part),
    "warmer-off": frozenset({Part.WARMER}),
    "janitor-off": frozenset({Part.JANITOR}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the switch says, as somebody wrote it, and since when."""

    name: str
    word: str
    since: datetime | None = None


class Switch(Protocol):
    """The door to the switch."""

    def read(self) -> Reading:
        """What it says now. Raises: FleetError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a part learns from the switch.

    `stop` says why it must do nothing and `mend` is the command that ends that; `problem` says why it learnt nothing.
    """

    stop: str | None = None
    mend: str | None = None
    problem: str | None = None


def ask(switch: Switch | None, part: Part) -> Asked:
    """Whether `part` must stop. No switch at all is on; one that does not answer is a problem for the part to judge."""
    if switch is None:
        return Asked()
    try:
        reading = switch.read()
    except FleetError as error:
        return Asked(problem=f"the kill switch was not read: {error}")
    stop = stopped(reading, part)
    return Asked() if stop is None else Asked(stop=stop, mend=turn_on(reading.name))


@dataclass(slots=True, kw_only=True)
class Watch:
    """The switch looked at again during long work, at most once in `every_s` by `clock`, in monotonic seconds."""

    switch: Switch | None
    part: Part
    clock: Callable[[], float]
    every_s: float = 10.0
    asked_at: float | None = None

    def __call__(self) -> str | None:
        """Why to stop now, or None; a switch that does not answer stops the work, too."""
        now = self.clock()
        if self.asked_at is not None and now - self.asked_at < self.every_s:
            return None
        self.asked_at = now
        asked = ask(self.switch, self.part)
        return asked.stop or asked.problem


def turn_on(name: str) -> str:
    """The command that turns the switch on again."""
    return f"aws ssm put-parameter --overwrite --name {name} --value {ON}"


def stopped(reading: Reading, part: Part) -> str | None:
    """Why `part` must do nothing, or None when it may go on."""
    word = reading.word.strip().lower()
    if part not in WORDS.get(word, frozenset(Part)):
        return None
    since = "" if reading.since is None else f" since {reading.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if word in WORDS:
        return f'the kill switch {reading.name} says "{word}"{since}; nothing is done until it says "{ON}"'
    shown = ascii(reading.word[:_MOST_SHOWN]).strip("'\"")
    known = ", ".join(WORDS)
    return f'the kill switch {reading.name} says "{shown}"{since}, which is none of {known}; that counts as "off"'
