"""A tick on one screen: gather, plan, burst, measure, top up, report."""

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fleet.boosts import Boost
from fleet.facts import Qualifiers, Usage
from fleet.model import BurstResult, Ping
from fleet.ports import FleetError, Invoker, Limits
from fleet.wire import BlockTooLarge
from fleet.words import said
from profiles.model import PingSpec, ScheduleSet
from warmer.budget import USERS_SHARE
from warmer.burst import send_bursts
from warmer.coverage import Coverage, measure
from warmer.dispatch import Dispatch
from warmer.events import payload
from warmer.gather import Doors, gather, target_key
from warmer.memory import Key, Memory
from warmer.pace import LONGEST_MS, Learnt, Window, first_window, learn, wider_window
from warmer.plan import Outcome, PlannedTarget, due_targets, plan_tick
from warmer.quarantine import failing
from warmer.report import TargetReport, measured_report, settled_report
from warmer.sides import Side

# A target's time is waiting for answers, cold starts among them: as many at once as the 1,024 threads of an
# environment allow, beside the 600 that may read answers.
_TARGETS_AT_ONCE = 300
# One round, and two more for a target that fell short.
_MOST_ROUNDS = 3
# Kits hold no longer than this, whatever they are asked: the contract's default limit.
_MAX_HOLD_MS = 2000
_PING_TIMEOUT_S = 60.0
# With less time left than this, a burst would only be cut off.
_LEAST_S = 0.5


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tick:
    """What all targets of one tick share."""

    instant: datetime
    interval: timedelta
    world: World
    dispatch: Dispatch


def run_tick(
    schedules: ScheduleSet,
    instant: datetime,
    world: World,
    *,
    service: str | None = None,
    boosts: Sequence[Boost] = (),
) -> tuple[TargetReport, ...]:
    """Every target's report, in the order of the schedules. One target's failure never stops another's."""
    interval, doors = schedules.platform.interval, _doors(world)
    due = due_targets(schedules, instant, service=service, boosts=boosts)
    facts = gather(
        due,
        doors,
        world.memory,
        instant=instant,
        interval=interval,
        deadline=world.deadline,
        users_share=world.users_share,
    )
    plan = plan_tick(due, facts, instant)
    world.memory.bound()
    with Dispatch() as dispatch, ThreadPoolExecutor(_TARGETS_AT_ONCE, thread_name_prefix="target") as targets:
        tick = _Tick(instant=instant, interval=interval, world=world, dispatch=dispatch)
        # What is settled needs no thread: a tick with nothing due is over at once.
        sent = [None if each.settled else targets.submit(_served, each, tick) for each in plan.targets]
        pairs = zip(plan.targets, sent, strict=True)
        return tuple(future.result() if future else _served(planned, tick) for planned, future in pairs)


def _doors(world: World) -> Doors:
    return Doors(invoker=world.invoker, limits=world.limits, qualifiers=world.qualifiers, usage=world.usage)


def _served(planned: PlannedTarget, tick: _Tick) -> TargetReport:
    if planned.settled is not None:
        return settled_report(planned, planned.settled)
    try:
        if time.monotonic() > tick.world.deadline - _LEAST_S:
            return settled_report(planned, Outcome.SHORT, reason="not pinged: the tick's time was up")
        return _warm(planned, tick)
    except (FleetError, BlockTooLarge) as error:
        return settled_report(planned, Outcome.FAILED, reason=str(error))
    except Exception as error:
        return settled_report(planned, Outcome.FAILED, reason=f"unexpected {type(error).__name__}: {said(error)}")


def _warm(planned: PlannedTarget, tick: _Tick) -> TargetReport:
    memory, key = tick.world.memory, target_key(tick.world.invoker, planned.target)
    before = memory.failing.get(key)
    rounds: tuple[Coverage, ...] = ()
    probes, held_back = 0, None
    if before is not None and before.quarantined:
        probe = replace(planned, count=1, sides=(Side(qualifier=planned.target.qualifier, count=1),))
        rounds, probes = _rounds(probe, tick, key, most=1), 1
        held_back = before.words if not rounds[-1].working else None
    # A probe that works brings the whole burst back at once, where there is time for it.
    if held_back is None and not (rounds and time.monotonic() > tick.world.deadline - _LEAST_S):
        rounds += _rounds(planned, tick, key, most=_MOST_ROUNDS)
    report = measured_report(planned, rounds, interval=tick.interval, probes=probes, held_back=held_back)
    _remember(memory, key, rounds, report, tick.instant)
    return report


def _rounds(planned: PlannedTarget, tick: _Tick, key: Key, *, most: int) -> tuple[Coverage, ...]:
    """One round, and more with wider windows while they may help. Raises: as `send_bursts`, for the first round."""
    learnt = tick.world.memory.learnt.get(key)
    window = first_window(learnt, planned.count)
    rounds: tuple[Coverage, ...] = (_round(planned, tick, window),)
    learnt = _learnt(learnt, rounds[-1], window, planned.count)
    while len(rounds) < most and _worth_another(planned, rounds[-1], tick.world.deadline):
        # A further round that cannot be sent takes nothing away from what the ones before it proved.
        with suppress(FleetError):
            window = wider_window(learnt, planned.count, again=len(rounds))
            rounds += (_round(planned, tick, window),)
            # That a wider window reached all says nothing for a narrower one.
            learnt = _learnt(learnt, rounds[-1], window, None)
            continue
        break
    if learnt is not None:
        tick.world.memory.learnt[key] = learnt
    return rounds


def _learnt(before: Learnt | None, seen: Coverage, window: Window, asked: int | None) -> Learnt | None:
    return learn(
        before,
        spread_ms=seen.arrival_spread_ms,
        lag_ms=seen.arrival_lag_ms,
        late_ms=window.hold_ms - seen.release_lead_ms,
        reached_all=seen.covered == asked,
    )


def _round(planned: PlannedTarget, tick: _Tick, window: Window) -> Coverage:
    """One burst to every side at one instant, measured as one."""
    world = tick.world
    pings = [_ping(planned, side, tick.instant) for side in planned.sides]
    results = send_bursts(world.invoker, pings, window, deadline=world.deadline, dispatch=tick.dispatch)
    for ping, result in zip(pings, results, strict=True):
        world.seen(ping, planned.target.ping, result)
    return measure(_as_one(results), planned.target.ping)


def _ping(planned: PlannedTarget, side: Side, instant: datetime) -> Ping:
    spec, burst = planned.target.ping, secrets.token_hex(8)
    return Ping(
        function=planned.target.function,
        qualifier=side.qualifier,
        payload=payload(spec, function=planned.target.function, count=side.count, burst=burst, at=instant),
        burst=burst,
        count=side.count,
        max_hold_ms=_MAX_HOLD_MS,
        timeout_s=spec.timeout.total_seconds() if spec.timeout else _PING_TIMEOUT_S,
        prime=spec.prime,
    )


def _as_one(results: tuple[BurstResult, ...]) -> BurstResult:
    return replace(results[0], outcomes=tuple(outcome for result in results for outcome in result.outcomes))


def _worth_another(planned: PlannedTarget, last: Coverage, deadline: float) -> bool:
    """Short, and another round may help: something was reached, nothing was throttled, and there is time."""
    if last.covered >= planned.count or last.covered == 0 or last.throttled:
        return False
    return deadline - time.monotonic() > 1 + LONGEST_MS / 1000


def _remember(memory: Memory, key: Key, rounds: tuple[Coverage, ...], report: TargetReport, at: datetime) -> None:
    working, throttled = max(each.working for each in rounds), sum(each.throttled for each in rounds)
    reason = rounds[-1].problems[0][0] if rounds[-1].problems else report.reason
    known = failing(memory.failing.get(key), working=working, throttled=throttled, reason=reason, at=at)
    if known is None:
        memory.failing.pop(key, None)
    else:
        memory.failing[key] = known
    if throttled or not working:
        # Whatever was read of its limits and of its state was not the whole truth.
        memory.forget(key, key[:2])
