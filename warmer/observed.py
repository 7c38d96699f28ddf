"""What the replies of a burst show beside coverage: new environments by kind, and how long they were held. Pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from fleet.model import Answer, KitReport, Lost
from warmer.verdict import Verdict

# An environment that was initialised longer ago than this before its first invocation was there ahead of it.
_AHEAD_MS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Counts of pings; `hold_ms` is the median and `longest_hold_ms` the longest hold that a kit reported.

    `beyond_release_ms` is the longest that a kit held past the release instant, by its own clock: 0 when none did.
    `distinct` is None unless every warmed reply carried an id. `restored` came up from a SnapStart snapshot.
    `suppressed_init` ran its init inside the invocation (Init had failed or run out of time); `initialised_ahead` had
    been initialised before anyone asked, as provisioned concurrency does.
    """

    distinct: int | None = None
    restored: int = 0
    suppressed_init: int = 0
    initialised_ahead: int = 0
    hold_ms: float | None = None
    longest_hold_ms: int | None = None
    beyond_release_ms: float | None = None


def observe(outcomes: Sequence[Answer | Lost], verdicts: Sequence[Verdict], *, release_at_ms: float) -> Observed:
    """What is to be seen in the outcomes of a burst, as far as kits and logs show it."""
    answers = [
        (outcome, verdict.kit)
        for outcome, verdict in zip(outcomes, verdicts, strict=True)
        if isinstance(outcome, Answer)
    ]
    warmed = [verdict for verdict in verdicts if verdict.warmed]
    ids = {verdict.kit.environment for verdict in warmed if verdict.kit is not None}
    holds = [kit.held_ms for _, kit in answers if kit is not None and kit.held_ms is not None]
    new = [kit for answer, kit in answers if kit is not None and _without_init(answer, kit)]
    return Observed(
        distinct=len(ids) if warmed and all(verdict.kit is not None for verdict in warmed) else None,
        restored=sum(answer.log.restore_ms is not None for answer, _ in answers),
        suppressed_init=sum(kit.age_ms is not None and kit.age_ms <= _AHEAD_MS for kit in new),
        initialised_ahead=sum(kit.age_ms is not None and kit.age_ms > _AHEAD_MS for kit in new),
        hold_ms=statistics.median(holds) if holds else None,
        longest_hold_ms=max(holds, default=None),
        beyond_release_ms=_beyond(answers, release_at_ms),
    )


def _beyond(answers: Sequence[tuple[Answer, KitReport | None]], release_at_ms: float) -> float | None:
    held = [
        kit.arrived_ms + kit.held_ms - release_at_ms
        for _, kit in answers
        if kit is not None and kit.arrived_ms is not None and kit.held_ms
    ]
    return max(0.0, *held) if held else None


def _without_init(answer: Answer, kit: KitReport) -> bool:
    """A new environment whose invocation's log names no Init phase of its own."""
    log = answer.log
    return kit.cold is True and log.billed_ms is not None and log.init_ms is None and log.restore_ms is None
