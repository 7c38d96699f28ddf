"""What ticks of one execution environment remember for the next: never a precondition, always bounded.

Lambda may end the environment at any time, and with it all of this; a tick that starts from nothing does the same
work, with a longer hold and more questions.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from fleet.facts import QualifierFacts
from fleet.model import ConcurrencyFacts
from warmer.pace import Learnt
from warmer.quarantine import Failing

# A target by the endpoint it was reached at, its function and its qualifier.
Key = tuple[object, ...]
# More targets than an account has functions; what is over it is forgotten whole.
_MOST = 20_000

_Fact = TypeVar("_Fact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Generic[_Fact]):
    """A fact and the monotonic second at which it was read."""

    fact: _Fact
    at: float


@dataclass(slots=True)
class Memory:
    """Everything that is remembered, by target or function. `learnt` makes holds shorter, `failing` holds a target
    back, `refused` says which optional request was denied and when, the others save requests; `read_for` is the tick
    that these were read for first."""

    learnt: dict[Key, Learnt] = field(default_factory=dict)
    failing: dict[Key, Failing] = field(default_factory=dict)
    limits: dict[Key, Kept[ConcurrencyFacts]] = field(default_factory=dict)
    states: dict[Key, Kept[QualifierFacts]] = field(default_factory=dict)
    routes: dict[Key, Kept[QualifierFacts]] = field(default_factory=dict)
    refused: dict[Key, Kept[str]] = field(default_factory=dict)
    read_for: datetime | None = None

    def turn_to(self, instant: datetime, good_for: timedelta) -> None:
        """A tick of another time trusts nothing that was read for one far from it, however little time has passed."""
        if self.read_for is not None and abs(instant - self.read_for) <= good_for:
            return
        self.read_for = instant
        self.limits.clear()
        self.states.clear()
        # Weights are asked for in turns, oldest first, and old ones are better than none.
        for key, kept in self.routes.items():
            self.routes[key] = replace(kept, at=kept.at - good_for.total_seconds())

    def bound(self) -> None:
        """Forget whatever has grown beyond all reason."""
        for each in (self.learnt, self.failing, self.limits, self.states, self.routes, self.refused):
            if len(each) > _MOST:
                each.clear()

    def forget(self, *keys: Key) -> None:
        """What was read of these is not to be trusted any more."""
        for key in keys:
            for each in (self.limits, self.states, self.routes):
                each.pop(key, None)
