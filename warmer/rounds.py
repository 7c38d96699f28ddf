"""The sending half of a tick: every due target at the same time, each burst measured, topped up and learnt from.

Loaded when there is something to send, and not before: what it needs, HTTP/2 above all, is half of what the warmer
would import at its start.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fleet.model import BurstResult, Ping
from fleet.ports import FleetError, Invoker
from fleet.wire import BlockTooLarge
from fleet.words import said
from profiles.model import PingSpec
from warmer.burst import send_bursts
from warmer.coverage import Coverage, measure
from warmer.dispatch import Dispatch
from warmer.events import payload
from warmer.gather import target_key
from warmer.measured import measured_report
from warmer.memory import Key, Memory
from warmer.pace import LONGEST_MS, Learnt, Window, first_window, learn, wider_window
from warmer.plan import Outcome, PlannedTarget
from warmer.quarantine import failing
from warmer.report import TargetReport, settled_report
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
class _Sending:
    """What all targets of one tick share; the fields are the world's, of `warmer.tick`."""

    instant: datetime
    interval: timedelta
    invoker: Invoker
    deadline: float
    memory: Memory
    seen: Callable[[Ping, PingSpec, BurstResult], None]
    dispatch: Dispatch


def serve(
    targets: Sequence[PlannedTarget],
    *,
    instant: datetime,
    interval: timedelta,
    invoker: Invoker,
    deadline: float,
    memory: Memory,
    seen: Callable[[Ping, PingSpec, BurstResult], None],
) -> tuple[TargetReport, ...]:
    """Every target's report, in the order given. One target's failure never stops another's."""
    with Dispatch() as dispatch, ThreadPoolExecutor(_TARGETS_AT_ONCE, thread_name_prefix="target") as threads:
        sending = _Sending(
            instant=instant,
            interval=interval,
            invoker=invoker,
            deadline=deadline,
            memory=memory,
            seen=seen,
            dispatch=dispatch,
        )
        # What is settled needs no thread.
        sent = [None if each.settled else threads.submit(_served, each, sending) for each in targets]
        pairs = zip(targets, sent, strict=True)
        return tuple(future.result() if future else _served(planned, sending) for planned, future in pairs)


def _served(planned: PlannedTarget, sending: _Sending) -> TargetReport:
    if planned.settled is not None:
        return settled_report(planned, planned.settled)
    try:
        if time.monotonic() > sending.deadline - _LEAST_S:
            return settled_report(planned, Outcome.SHORT, reason="not pinged: the tick's time was up")
        return _warm(planned, sending)
    except (FleetError, BlockTooLarge) as error:
        return settled_report(planned, Outcome.FAILED, reason=str(error))
    except Exception as error:
        return settled_report(planned, Outcome.FAILED, reason=f"unexpected {type(error).__name__}: {said(error)}")


def _warm(planned: PlannedTarget, sending: _Sending) -> TargetReport:
    memory, key = sending.memory, target_key(sending.invoker, planned.target)
    before = memory.failing.get(key)
    rounds: tuple[Coverage, ...] = ()
    probes, held_back = 0, None
    if before is not None and before.quarantined:
        probe = replace(planned, count=1, sides=(Side(qualifier=planned.target.qualifier, count=1),))
        rounds, probes = _rounds(probe, sending, key, most=1), 1
        held_back = before.words if not rounds[-1].working else None
    # A probe that works brings the whole burst back at once, where there is time for it.
    if held_back is None and not (rounds and time.monotonic() > sending.deadline - _LEAST_S):
        rounds += _rounds(planned, sending, key, most=_MOST_ROUNDS)
    report = measured_report(planned, rounds, interval=sending.interval, probes=probes, held_back=held_back)
    _remember(memory, key, rounds, report, sending.instant)
    return report


def _rounds(planned: PlannedTarget, sending: _Sending, key: Key, *, most: int) -> tuple[Coverage, ...]:
    """One round, and more with wider windows while they may help. Raises: as `send_bursts`, for the first round."""
    learnt = sending.memory.learnt.get(key)
    window = first_window(learnt, planned.count)
    rounds: tuple[Coverage, ...] = (_round(planned, sending, window),)
    learnt = _learnt(learnt, rounds[-1], window, planned.count)
    while len(rounds) < most and _worth_another(planned, rounds[-1], sending.deadline):
        # A further round that cannot be sent takes nothing away from what the ones before it proved.
        with suppress(FleetError):
            window = wider_window(learnt, planned.count, again=len(rounds))
            rounds += (_round(planned, sending, window),)
            # That a wider window reached all says nothing for a narrower one.
            learnt = _learnt(learnt, rounds[-1], window, None)
            continue
        break
    if learnt is not None:
        sending.memory.learnt[key] = learnt
    return rounds


def _learnt(before: Learnt | None, seen: Coverage, window: Window, asked: int | None) -> Learnt | None:
    return learn(
        before,
        spread_ms=seen.arrival_spread_ms,
        lag_ms=seen.arrival_lag_ms,
        late_ms=window.hold_ms - seen.release_lead_ms,
        reached_all=seen.covered == asked,
    )


def _round(planned: PlannedTarget, sending: _Sending, window: Window) -> Coverage:
    """One burst to every side at one instant, measured as one."""
    pings = [_ping(planned, side, sending.instant) for side in planned.sides]
    results = send_bursts(sending.invoker, pings, window, deadline=sending.deadline, dispatch=sending.dispatch)
    for ping, result in zip(pings, results, strict=True):
        sending.seen(ping, planned.target.ping, result)
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
