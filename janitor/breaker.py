"""The breaker: what turns a run that may delete into one that only plans. Pure.

The size of a plan is how many versions nothing keeps but a missing mark or a limit, so a jump shows when its versions
are marked, before one of them could go. A plan trips the breaker when it is more than FACTOR times the size of the
plans before it and at least FLOOR larger: small accounts and small numbers never trip it. It holds for a day, so that
a person can look; then the larger plan is taken for the new measure. Before the first whole plan, everything is held.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fleet.ports import Baseline
from janitor.keep import KeepCode, instant
from janitor.plan import SweepPlan

FACTOR = 3
FLOOR = 100
HOLDS_FOR = timedelta(days=1)
# So many functions in trouble one after the other, and none without, say that something is wrong with more than them.
MOUNTING = 10
# How much of the measure stays when a run could not read everything, and so saw fewer candidates than there are.
_STAYS = 0.8
_STILL_CANDIDATES = frozenset({KeepCode.UNMARKED, KeepCode.LIMIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Whether deleting is held back (`why`, and whether that is an alarm), and what to remember for the next run."""

    baseline: Baseline
    why: str | None = None
    tripped: bool = False


def size_of(plan: SweepPlan) -> int:
    """How many versions would go if every mark were old enough and no limit held."""
    return sum(
        1
        for function in plan.functions
        for verdict in function.verdicts
        if not {reason.code for reason in verdict.keep} - _STILL_CANDIDATES
    )


def holding(size: int, before: Baseline | None, now: datetime, *, whole: bool = True) -> Holding:
    """What the breaker says of a plan of that size. `whole` is whether the run could read everything."""
    if before is None:
        return Holding(baseline=Baseline(size=size), why="the first run after installation only plans")
    if size <= max(FACTOR * before.size, before.size + FLOOR):
        stays = 0 if whole else int(before.size * _STAYS)
        return Holding(baseline=Baseline(size=max(size, stays)))
    since = before.tripped_at or now
    if now - since >= HOLDS_FOR:
        return Holding(baseline=Baseline(size=size))
    said = (
        f"the breaker holds back all deletes until {instant(since + HOLDS_FOR)}: {size} versions may go or soon may, "
        f"the plans before had {before.size}; read the plan, and set CARETAKER_MODE to plan if it is wrong"
    )
    return Holding(baseline=replace(before, tripped_at=since), why=said, tripped=True)
