"""When a target that keeps failing is held back, and when it comes back. Pure.

A target whose application cannot answer, or answers 5xx only, costs a whole burst each tick and gains nothing. After
some ticks it gets one ping a tick; the first one that works brings the full burst back, in the same tick.
"""

from dataclasses import dataclass
from datetime import datetime

# So many ticks in a row without one answer of a working application.
AFTER_TICKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A target none of whose pings met a working application for `ticks` ticks in a row, since `since`.

    `reason` is the last tick's.
    """

    ticks: int
    since: datetime
    reason: str

    @property
    def quarantined(self) -> bool:
        """Whether it is to get one ping only."""
        return self.ticks >= AFTER_TICKS

    @property
    def words(self) -> str:
        """Since when and why, for a report."""
        since = self.since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{self.ticks} ticks in a row without an answer of a working application, since {since}: {self.reason}"


def failing(before: Failing | None, *, working: int, throttled: int, reason: str, at: datetime) -> Failing | None:
    """What is known after a tick that sent pings: None once the application worked.

    A tick that was throttled says nothing of the application and changes nothing.
    """
    if working:
        return None
    if throttled:
        return before
    return Failing(
        ticks=1 if before is None else before.ticks + 1, since=at if before is None else before.since, reason=reason
    )
