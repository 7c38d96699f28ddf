"""Boosts: levels that an alarm or a person raises for a while, without Git and without a deployment. Pure.

The values, and the port of where they are kept; what is asked of them and by whom is the warmer's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fleet.model import FunctionRef
from fleet.ports import FleetError

# What was asked for by night is looked at by day.
LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boost:
    """At least so many environments for a service, or for one function of it, until an instant.

    `name` is the alarm's or the person's word for it; with service and function it is the boost's identity. `since` is
    when it was last asked for, `reason` why. One that has `ended` before its time is remembered, so that an older word,
    delivered late, does not begin it again.
    """

    service: str
    function: str | None = None
    at_least: int
    until: datetime
    name: str
    reason: str
    since: datetime
    ended: bool = False

    @property
    def key(self) -> str:
        """Its identity."""
        return key_of(self.service, self.function, self.name)

    def holds(self, instant: datetime) -> bool:
        """Whether it raises levels at `instant`; what was before it was asked for is nobody's question."""
        return not self.ended and instant < self.until

    def matters(self, now: datetime) -> bool:
        """Whether anything may still come of it: as long as a word older than its end may begin it again."""
        return now < self.until + (LONGEST if self.ended else timedelta(0))

    def concerns(self, service: str, function: FunctionRef) -> bool:
        """Whether it raises this target."""
        return self.service == service and self.function in (None, function.text, function.name)


def key_of(service: str, function: str | None, name: str) -> str:
    """A boost's identity; names of services and functions have neither a slash nor a number sign."""
    return f"{service}#{name}" if function is None else f"{service}/{function}#{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept, in no order, and what of it cannot be read, in words."""

    boosts: tuple[Boost, ...] = ()
    unreadable: tuple[str, ...] = ()


class BoostOutdated(FleetError):  # noqa: N818 - names what was found
    """Something that was asked for later is known of the boost already."""


class Boosts(Protocol):
    """Where boosts are kept."""

    def read(self) -> Kept:
        """All that are kept, over ones among them. Raises: FleetError."""
        ...

    def write(self, boost: Boost) -> None:
        """Keep it, in place of what was known of it. Raises: BoostOutdated, FleetError."""
        ...


def active(boosts: Sequence[Boost], instant: datetime) -> tuple[Boost, ...]:
    """Those that hold at `instant`, by their identity."""
    return tuple(sorted((one for one in boosts if one.holds(instant)), key=lambda one: one.key))
