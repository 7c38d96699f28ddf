"""What a tick is to do: every target with how many pings, or why none. Pure.

`due_targets` evaluates the schedules; `plan_tick` fits what is due into the concurrency that may be used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from fleet.model import ConcurrencyFacts, FunctionRef
from profiles.evaluate import demand_at
from profiles.model import Demand, ScheduleSet, Service, Strategy, Target
from warmer.budget import Allowance, allow


class Outcome(Enum):
    """What became of a target in a tick."""

    WARM = "warm"
    SHORT = "short"
    UNPROVEN = "unproven"
    UNHEALTHY = "unhealthy"
    FAILED = "failed"
    NOTHING_DUE = "nothing-due"
    WOULD_PING = "would-ping"
    LEFT_TO_PROVISIONED = "left-to-provisioned"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTarget:
    """A target with its demand at the tick's instant."""

    service: Service
    target: Target
    demand: Demand

    @property
    def needs_pings(self) -> bool:
        """Whether anything will be sent for it, limits aside."""
        return self.demand.level > 0 and not self.service.dry_run and self.target.strategy is Strategy.PING


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTarget:
    """A target with the number of pings to send at once.

    `settled` is set when nothing is to be sent; `reason` says where the number comes from, and `limit` names the
    concurrency limit that made it smaller than wanted.
    """

    service: str
    target: Target
    wanted: int
    count: int
    reason: str
    limit: str | None = None
    settled: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TickPlan:
    """Everything one tick is to do."""

    instant: datetime
    targets: tuple[PlannedTarget, ...]


def due_targets(schedules: ScheduleSet, instant: datetime, *, service: str | None = None) -> tuple[DueTarget, ...]:
    """Every target of every usable service (or of the one named) with its demand at `instant`."""
    return tuple(
        DueTarget(
            service=each,
            target=target,
            demand=demand_at(each, target, instant, platform=schedules.platform),
        )
        for each in schedules.services
        if service is None or each.name == service
        for target in each.targets
    )


def plan_tick(due: Sequence[DueTarget], facts: Mapping[FunctionRef, ConcurrencyFacts], instant: datetime) -> TickPlan:
    """The plan for what is due, inside the limits that `facts` tell."""
    sending = [each for each in due if each.needs_pings]
    allowances = iter(allow([(each.target.function, each.demand.level) for each in sending], facts))
    return TickPlan(
        instant=instant,
        targets=tuple(_planned(each, next(allowances)) if each.needs_pings else _settled(each) for each in due),
    )


def _planned(due: DueTarget, allowance: Allowance) -> PlannedTarget:
    nothing_allowed = allowance.count == 0
    return PlannedTarget(
        service=due.service.name,
        target=due.target,
        wanted=due.demand.level,
        count=allowance.count,
        reason=f"no ping sent: {allowance.limit}" if nothing_allowed else due.demand.reason,
        limit=allowance.limit,
        settled=Outcome.SHORT if nothing_allowed else None,
    )


def _settled(due: DueTarget) -> PlannedTarget:
    outcome, reason = _why_nothing_is_sent(due)
    return PlannedTarget(
        service=due.service.name,
        target=due.target,
        wanted=due.demand.level,
        count=0,
        reason=reason,
        settled=outcome,
    )


def _why_nothing_is_sent(due: DueTarget) -> tuple[Outcome, str]:
    level, words = due.demand.level, due.demand.reason
    if level == 0:
        return Outcome.NOTHING_DUE, words
    if due.target.strategy is Strategy.PROVISIONED:
        return Outcome.LEFT_TO_PROVISIONED, f"strategy: provisioned: left to provisioned concurrency, unproven: {words}"
    return Outcome.WOULD_PING, f"dryRun: would ping {level}: {words}"
