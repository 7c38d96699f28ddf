"""A tick on one screen: gather, plan, send, report. What sending is, is `warmer.rounds`'s."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fleet.boosts import Boost
from fleet.facts import Qualifiers, Usage
from fleet.model import BurstResult, Ping
from fleet.ports import Invoker, Limits
from profiles.model import PingSpec, ScheduleSet
from warmer.budget import USERS_SHARE
from warmer.gather import Doors, gather
from warmer.memory import Memory
from warmer.plan import due_targets, plan_tick
from warmer.report import TargetReport, settled_report


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a tick needs of the world.

    The doors to AWS (one that is None stays shut), the monotonic second by which it must be done, the part of the
    account's unreserved concurrency that stays free for users in per cent, and what earlier ticks remember, which it
    adds to; an empty memory is as good. `seen` is told of each burst when it is over, from the thread that sent it.
    """

    invoker: Invoker
    limits: Limits
    qualifiers: Qualifiers | None = None
    usage: Usage | None = None
    deadline: float
    users_share: int = USERS_SHARE
    memory: Memory = field(default_factory=Memory)
    seen: Callable[[Ping, PingSpec, BurstResult], None] = lambda _ping, _spec, _result: None


def run_tick(
    schedules: ScheduleSet,
    instant: datetime,
    world: World,
    *,
    service: str | None = None,
    boosts: Sequence[Boost] = (),
) -> tuple[TargetReport, ...]:
    """Every target's report, in the order of the schedules. One target's failure never stops another's."""
    interval = schedules.platform.interval
    due = due_targets(schedules, instant, service=service, boosts=boosts)
    facts = gather(
        due,
        Doors(invoker=world.invoker, limits=world.limits, qualifiers=world.qualifiers, usage=world.usage),
        world.memory,
        instant=instant,
        interval=interval,
        deadline=world.deadline,
        users_share=world.users_share,
    )
    plan = plan_tick(due, facts, instant)
    world.memory.bound()
    settled = [settled_report(each, each.settled) for each in plan.targets if each.settled is not None]
    if len(settled) == len(plan.targets):
        return tuple(settled)
    from warmer.rounds import serve  # noqa: PLC0415 - a tick with nothing due pays for neither HTTP/2 nor verdicts

    return serve(
        plan.targets,
        instant=instant,
        interval=interval,
        invoker=world.invoker,
        deadline=world.deadline,
        memory=world.memory,
        seen=world.seen,
    )
