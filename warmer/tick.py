"""A tick on one screen: gather, plan, burst, measure, top up once, report."""

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from fleet.model import BurstResult, ConcurrencyFacts, FunctionRef, Ping
from fleet.ports import FleetError, Invoker, Limits
from fleet.wire import BlockTooLarge
from profiles.model import PingSpec, ScheduleSet
from warmer.burst import send_burst
from warmer.coverage import Coverage, measure
from warmer.dispatch import Dispatch
from warmer.events import payload
from warmer.pace import LONGEST_MS, Learnt, Window, first_window, learn, wider_window
from warmer.plan import DueTarget, Outcome, PlannedTarget, due_targets, plan_tick
from warmer.report import TargetReport, measured_report, settled_report

# Most of a target's time is waiting for answers: as many at once as the 1,024 threads of an environment allow, beside
# those that read answers.
_TARGETS_AT_ONCE = 100
_READERS_OF_LIMITS = 16
# Limits are worth this long a wait, or a quarter of the time there is, and no more.
_LIMITS_S = 5.0
# Kits hold no longer than this, whatever they are asked: the contract's default limit.
_MAX_HOLD_MS = 2000
_PING_TIMEOUT_S = 60.0
# With less time left than this, a burst would only be cut off.
_LEAST_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a tick needs of the world.

    Two doors to AWS, the monotonic second by which it must be done, and what earlier ticks learnt of each target, which
    it adds to; an empty memory is as good. `seen` is told of each burst when it is over, from the thread that sent it.
    """

    invoker: Invoker
    limits: Limits
    deadline: float
    memory: dict[tuple[object, ...], Learnt] = field(default_factory=dict)
    seen: Callable[[Ping, PingSpec, BurstResult], None] = lambda _ping, _spec, _result: None


def run_tick(
    schedules: ScheduleSet, instant: datetime, world: World, *, service: str | None = None
) -> tuple[TargetReport, ...]:
    """Every target's report, in the order of the schedules. One target's failure never stops another's."""
    due = due_targets(schedules, instant, service=service)
    plan = plan_tick(due, _gather_limits(due, world), instant)

    def served(planned: PlannedTarget) -> TargetReport:
        if planned.settled is not None:
            return settled_report(planned, planned.settled)
        try:
            if time.monotonic() > world.deadline - _LEAST_S:
                return settled_report(planned, Outcome.SHORT, reason="not pinged: the tick's time was up")
            return _warm(planned, instant, world, dispatch)
        except (FleetError, BlockTooLarge) as error:
            return _failed(planned, str(error))
        except Exception as error:
            return _failed(planned, f"unexpected {type(error).__name__}: {error}")

    with Dispatch() as dispatch, ThreadPoolExecutor(_TARGETS_AT_ONCE, thread_name_prefix="target") as targets:
        return tuple(targets.map(served, plan.targets))


def _gather_limits(due: Sequence[DueTarget], world: World) -> dict[FunctionRef, ConcurrencyFacts]:
    """The limits of every function that will be pinged; what is not there in time is unknown and limits nothing."""
    functions = list(dict.fromkeys(each.target.function for each in due if each.needs_pings))
    if not functions:
        return {}
    until = time.monotonic() + min(_LIMITS_S, (world.deadline - time.monotonic()) / 4)
    readers = ThreadPoolExecutor(_READERS_OF_LIMITS, thread_name_prefix="limits")
    try:
        regions = dict.fromkeys(function.region for function in functions)
        wait([readers.submit(world.limits.prepare, region) for region in regions], until - time.monotonic())
        asked = {function: readers.submit(world.limits.of, function) for function in functions}
        done, _ = wait(asked.values(), max(0.0, until - time.monotonic()))
        return {function: future.result() for function, future in asked.items() if future in done}
    finally:
        readers.shutdown(wait=False, cancel_futures=True)


def _warm(planned: PlannedTarget, instant: datetime, world: World, dispatch: Dispatch) -> TargetReport:
    target = planned.target
    key = (world.invoker.endpoint(target.function), target.function, target.qualifier)
    learnt = world.memory.get(key)
    rounds: tuple[Coverage, ...] = (_round(planned, instant, world, dispatch, first_window(learnt, planned.count)),)
    learnt = _learnt(learnt, rounds[-1])
    if _worth_another(planned, rounds[0], world.deadline):
        # A second round that cannot be sent takes nothing away from what the first one proved.
        with suppress(FleetError):
            rounds += (_round(planned, instant, world, dispatch, wider_window(learnt, planned.count)),)
            learnt = _learnt(learnt, rounds[-1])
    if learnt is not None:
        world.memory[key] = learnt
    return measured_report(planned, rounds)


def _learnt(before: Learnt | None, seen: Coverage) -> Learnt | None:
    return learn(before, spread_ms=seen.arrival_spread_ms, lag_ms=seen.arrival_lag_ms)


def _round(planned: PlannedTarget, instant: datetime, world: World, dispatch: Dispatch, window: Window) -> Coverage:
    spec, burst = planned.target.ping, secrets.token_hex(8)
    ping = Ping(
        function=planned.target.function,
        qualifier=planned.target.qualifier,
        payload=payload(spec, function=planned.target.function, count=planned.count, burst=burst, at=instant),
        burst=burst,
        count=planned.count,
        max_hold_ms=_MAX_HOLD_MS,
        timeout_s=spec.timeout.total_seconds() if spec.timeout else _PING_TIMEOUT_S,
        prime=spec.prime,
    )
    result = send_burst(world.invoker, ping, window, deadline=world.deadline, dispatch=dispatch)
    world.seen(ping, spec, result)
    return measure(result, spec)


def _worth_another(planned: PlannedTarget, first: Coverage, deadline: float) -> bool:
    """Short, and another round may help: something was reached, nothing was throttled, and there is time."""
    if first.covered >= planned.count or first.covered == 0 or first.throttled:
        return False
    return deadline - time.monotonic() > 1 + LONGEST_MS / 1000


def _failed(planned: PlannedTarget, reason: str) -> TargetReport:
    return settled_report(planned, Outcome.FAILED, reason=reason)
