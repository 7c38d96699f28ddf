"""Boosts at a tick: those that hold, and what was changed of them, as values. Pure.

What becomes of them when a message asks for something is `warmer.settling`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from fleet.boosts import Boost
from profiles.model import ScheduleSet


class What(Enum):
    """What became of one thing that was asked for."""

    STARTED = "started"
    RENEWED = "renewed"
    ENDED = "ended"
    OVER = "over"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of something asked for, in words; `boost` is what is to be kept, None for nothing.

    `lost` says that it could not be kept, and so holds no longer than the tick.
    """

    what: What
    reason: str
    boost: Boost | None = None
    lost: bool = False

    @property
    def refused(self) -> bool:
        """Whether it was not done, or not for as long as it should."""
        return self.lost or self.what is What.REFUSED

    @property
    def begins(self) -> bool:
        """Whether levels are higher for it."""
        return self.what in {What.STARTED, What.RENEWED}

    def as_json(self) -> dict[str, Any]:
        """The item of the report, and the fields of the log line."""
        whole = {} if self.boost is None or self.what is What.UNCHANGED else boost_json(self.boost)
        return {**whole, "change": self.what.value, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoostState:
    """The boosts that hold at a tick, what was changed of them before it, and why they are not all known, if so."""

    active: tuple[Boost, ...] = ()
    changes: tuple[Change, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def refused(self) -> int:
        """How much of what was asked for could not be done."""
        return sum(change.refused for change in self.changes)


NO_BOOSTS = BoostState()


def concerned(schedules: ScheduleSet, changes: Sequence[Change]) -> ScheduleSet:
    """The schedules with the targets only that are to have more for it."""
    begun = [change.boost for change in changes if change.begins and change.boost is not None]
    narrowed = (
        replace(
            service,
            targets=tuple(
                target
                for target in service.targets
                if any(boost.concerns(service.name, target.function) for boost in begun)
            ),
        )
        for service in schedules.services
    )
    return replace(schedules, services=tuple(service for service in narrowed if service.targets))


def boost_json(boost: Boost) -> dict[str, Any]:
    """A boost as reports and the command show it; instants in UTC, to the second."""
    return {
        "service": boost.service,
        "function": boost.function,
        "boost": boost.name,
        "at_least": boost.at_least,
        "until": f"{boost.until:%Y-%m-%dT%H:%M:%SZ}",
        "since": f"{boost.since:%Y-%m-%dT%H:%M:%SZ}",
        "reason": boost.reason,
    }


def called(boost: Boost) -> str:
    """What a boost is called in sentences."""
    return f'boost "{boost.name}" of {place(boost.service, boost.function)}'


def place(service: str, function: str | None) -> str:
    """What a boost is of, in sentences."""
    return service if function is None else f"{service}/{function}"
