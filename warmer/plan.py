"""What a tick is to do: every target with how many pings, or why none. Pure.

`due_targets` evaluates the schedules; `plan_tick` fits what is due into the concurrency that may be used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from fleet.boosts import Boost
from fleet.facts import PresentUse, QualifierFacts
from fleet.model import ConcurrencyFacts, FunctionRef
from profiles.evaluate import demand_at
from profiles.model import Demand, ScheduleSet, Service, Strategy, Target
from warmer.budget import USERS_SHARE, Allowance, allow
from warmer.sides import Side, sides
from warmer.state import Bar, bar


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
    QUARANTINED = "quarantined"
    REFUSED = "refused"


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
class Facts:
    """What AWS said before a tick; what could not be read is not in it.

    `limits` by function, `qualifiers` by function and qualifier, `usage` by region; `users_share` in per cent.
    """

    limits: Mapping[FunctionRef, ConcurrencyFacts] = field(default_factory=dict)
    qualifiers: Mapping[tuple[FunctionRef, str], QualifierFacts] = field(default_factory=dict)
    usage: Mapping[str | None, PresentUse] = field(default_factory=dict)
    users_share: int = USERS_SHARE

    def of(self, target: Target) -> QualifierFacts:
        """What Lambda said of a target's alias or version."""
        return self.qualifiers.get((target.function, target.qualifier), QualifierFacts())

    def unread(self, target: Target) -> tuple[str, ...]:
        """What could not be read for a target, in words; its pings are sent all the same."""
        limits = self.limits.get(target.function)
        use = self.usage.get(None if limits is None else limits.region)
        said = (None if limits is None else limits.unread, *self.of(target).unread, None if use is None else use.unread)
        return tuple(dict.fromkeys(words for words in said if words))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTarget:
    """A target with the number of pings to send at once.

    `settled` is set when nothing is to be sent; `reason` says where the number comes from, and `limit` names what made
    it smaller than wanted. `sides` are the qualifiers that share the `count`: more than one behind a weighted alias.
    `notes` are facts for the report, `in_window` is the demand's.
    """

    service: str
    target: Target
    wanted: int
    count: int
    reason: str
    limit: str | None = None
    settled: Outcome | None = None
    sides: tuple[Side, ...] = ()
    notes: tuple[str, ...] = ()
    in_window: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TickPlan:
    """Everything one tick is to do."""

    instant: datetime
    targets: tuple[PlannedTarget, ...]


def due_targets(
    schedules: ScheduleSet, instant: datetime, *, service: str | None = None, boosts: Sequence[Boost] = ()
) -> tuple[DueTarget, ...]:
    """Every target of every usable service (or of the one named) with its demand at `instant`."""
    by_service: dict[str, list[Boost]] = {}
    for boost in boosts:
        by_service.setdefault(boost.service, []).append(boost)
    return tuple(
        DueTarget(
            service=each,
            target=target,
            demand=demand_at(each, target, instant, platform=schedules.platform, boosts=by_service.get(each.name, ())),
        )
        for each in schedules.services
        if service is None or each.name == service
        for target in each.targets
    )


def plan_tick(due: Sequence[DueTarget], facts: Facts, instant: datetime) -> TickPlan:
    """The plan for what is due, inside the limits that `facts` tell."""
    bars = {id(each): bar(facts.of(each.target), each.demand.level) for each in due if each.needs_pings}
    sending = [each for each in due if each.needs_pings and not bars[id(each)].final]
    asked = [(each.target.function, min(each.demand.level, bars[id(each)].most)) for each in sending]
    allowances = dict(
        zip(map(id, sending), allow(asked, facts.limits, facts.usage, users_share=facts.users_share), strict=True)
    )
    return TickPlan(
        instant=instant,
        targets=tuple(
            _planned(each, bars[id(each)], allowances.get(id(each)), facts) if each.needs_pings else _settled(each)
            for each in due
        ),
    )


def _planned(due: DueTarget, state: Bar, allowance: Allowance | None, facts: Facts) -> PlannedTarget:
    target, wanted = due.target, due.demand.level
    if allowance is None:
        outcome = {"provisioned": Outcome.LEFT_TO_PROVISIONED, "refused": Outcome.REFUSED}.get(
            state.kind, Outcome.SHORT
        )
        return PlannedTarget(
            service=due.service.name,
            target=target,
            wanted=wanted,
            count=0,
            reason=state.words,
            settled=outcome,
            in_window=due.demand.in_window,
        )
    nothing_allowed = allowance.count == 0
    known = facts.of(target)
    return PlannedTarget(
        service=due.service.name,
        target=target,
        wanted=wanted,
        count=allowance.count,
        reason=f"no ping sent: {allowance.limit}" if nothing_allowed else due.demand.reason,
        limit=allowance.limit or (state.words if state.most < wanted else None),
        settled=Outcome.SHORT if nothing_allowed else None,
        # Provisioned concurrency of an alias serves what is sent to the alias, so that is where those pings go.
        sides=sides(target.qualifier, allowance.count, () if known.provisioned else known.routes),
        notes=(*state.notes, *(f"not read: {words}" for words in facts.unread(target))),
        in_window=due.demand.in_window,
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
        in_window=due.demand.in_window,
    )


def _why_nothing_is_sent(due: DueTarget) -> tuple[Outcome, str]:
    level, words = due.demand.level, due.demand.reason
    if level == 0:
        return Outcome.NOTHING_DUE, words
    if due.target.strategy is Strategy.PROVISIONED:
        return Outcome.LEFT_TO_PROVISIONED, f"strategy: provisioned: left to provisioned concurrency, unproven: {words}"
    return Outcome.WOULD_PING, f"dryRun: would ping {level}: {words}"
