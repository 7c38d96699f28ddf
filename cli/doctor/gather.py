"""What `caretaker doctor` reads, and in which order. Shell: asks AWS through `fleet.aws`, reads only, judges nothing.

Nothing that cannot be read ends it: the reason stands where the value would be.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from cli.doctor.attempt import tried
from cli.doctor.environments import environments_of
from cli.doctor.facts import Facts, Metrics, Own, Read, Seen
from cli.doctor.places import found_schedules
from fleet.aws.deployed import DeployedReader, who_asks
from fleet.aws.roles import role_of
from fleet.aws.sightings import Series, Sightings
from fleet.aws.switch import ParameterSwitch
from fleet.deployed import (
    Caller,
    DeployedAlarm,
    DeployedFunction,
    DeployedRule,
    DeployedStack,
    Resource,
    Unread,
    WarmerWords,
)
from fleet.model import FunctionRef
from fleet.ports import FleetError
from fleet.switch import Reading
from profiles.model import ScheduleSet, Strategy, Target

T = TypeVar("T")
Tell = Callable[[str], None]

# Far enough back to see a tick of any interval, and a sweep of any usual schedule.
TICKS = Series(
    service="warmer",
    metrics=("TickCompleted", "TargetsShort", "ScheduleErrors", "PingsThrottled", "ConfigRejected", "StaleTicks"),
    period=timedelta(minutes=1),
    back=timedelta(hours=3),
)
SWEEPS = Series(
    service="janitor",
    metrics=("JanitorRun", "JanitorTrouble", "JanitorBreaker"),
    period=timedelta(minutes=5),
    back=timedelta(days=14),
)
_COLD_STARTS_BACK = timedelta(days=1)
# Side by side, because each call waits for its answer; the paces hold for all of them together.
_AT_ONCE = 8


class NoStackError(Exception):
    """There is no such stack, or nothing can be asked at all. The message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look at: the stack's name, and where the schedules are (None: where the stack says, or ./schedules)."""

    stack: str
    schedules: str | None


def gather(wanted: Wanted, now: datetime, tell: Tell) -> Facts:
    """Everything there is to judge. `tell` hears what is being read. Raises: NoStackError."""
    caller = _caller()
    reader, sightings = DeployedReader(), Sightings()
    tell(f"reading stack {wanted.stack}")
    stack = _stack(reader, wanted.stack, caller)
    outputs = stack.outputs if isinstance(stack, DeployedStack) else {}
    held = stack if isinstance(stack, Unread) else tried(lambda: reader.resources(wanted.stack))
    tell("reading rules, alarms and metrics")
    warmer = _own(reader, outputs, "WarmerFunctionName")
    tell("reading schedules")
    found = found_schedules(wanted.schedules, outputs, now)
    return Facts(
        now=now,
        caller=caller,
        stack=stack,
        rules=_rules(reader, outputs, held),
        switch=_switch(outputs),
        alarms=_alarms(reader, held),
        waiting=_named(outputs, "DeadLettersUrl", reader.waiting),
        table=_named(outputs, "StateTableName", reader.table),
        boosts_heard_by=_named(outputs, "BoostTopicArn", reader.subscribers),
        ticks=_metrics(sightings, TICKS, now),
        sweeps=_metrics(sightings, SWEEPS, now),
        words=_words(sightings, warmer, found.schedules, now),
        warmer=warmer,
        janitor=_own(reader, outputs, "JanitorFunctionName"),
        hook=_own(reader, outputs, "DeployHookName") if outputs.get("DeployHookName") else None,
        account=tried(reader.account),
        schedules=found.schedules,
        environments=environments_of(wanted.stack, Path()),
        place=found.place,
        empty_place=found.empty,
        targets=_targets(reader, sightings, found.schedules, now, tell),
    )


def _caller() -> Caller:
    try:
        return who_asks()
    except FleetError as error:
        raise NoStackError(str(error)) from error


def _stack(reader: DeployedReader, name: str, caller: Caller) -> DeployedStack | Unread:
    stack = tried(lambda: reader.stack(name))
    if stack is None:
        raise NoStackError(
            f'account {caller.account or "unknown"} has no stack "{name}" in {caller.region}; '
            "name it with --stack, or set AWS_REGION"
        )
    if isinstance(stack, Unread):
        return stack
    return stack


def _named(outputs: Mapping[str, str], output: str, read: Callable[[str], T | None]) -> Read[T]:
    """What `read` gives for the name that an output holds."""
    name = outputs.get(output)
    if not name:
        return Unread(reason=f"the stack has no output {output}")
    return tried(lambda: read(name))


def _switch(outputs: Mapping[str, str]) -> Reading | Unread:
    name = outputs.get("SwitchName")
    return tried(ParameterSwitch(name).read) if name else Unread(reason="the stack has no output SwitchName")


def _own(reader: DeployedReader, outputs: Mapping[str, str], output: str) -> Own:
    function = _named(outputs, output, lambda name: reader.function(FunctionRef(text=name)))
    if not isinstance(function, DeployedFunction):
        return Own(function=function, role=Unread(reason="its function was not read"))
    return Own(function=function, role=tried(lambda: role_of(function.role.rpartition("/")[2])))


def _rules(
    reader: DeployedReader, outputs: Mapping[str, str], held: tuple[Resource, ...] | Unread
) -> dict[str, Read[DeployedRule]]:
    """The stack's rules; those that the outputs name where its resources could not be listed."""
    rules = {name: outputs[name] for name in ("TickRuleName", "SweepRuleName") if outputs.get(name)}
    if not isinstance(held, Unread):
        rules = {one.logical: _bare(one.physical) for one in held if one.kind == "AWS::Events::Rule"}
    return {logical: tried(partial(reader.rule, name)) for logical, name in rules.items()}


def _bare(rule: str) -> str:
    """A rule's own name; on a bus of its own CloudFormation writes "bus|rule"."""
    return rule.rpartition("|")[2].rpartition("/")[2]


def _alarms(reader: DeployedReader, held: tuple[Resource, ...] | Unread) -> tuple[DeployedAlarm, ...] | Unread:
    if isinstance(held, Unread):
        return held
    return tried(lambda: reader.alarms([one.physical for one in held if one.kind == "AWS::CloudWatch::Alarm"]))


def _metrics(sightings: Sightings, series: Series, now: datetime) -> Metrics | Unread:
    return tried(lambda: sightings.metrics(series, now))


def _words(sightings: Sightings, warmer: Own, schedules: ScheduleSet | Unread, now: datetime) -> WarmerWords | Unread:
    if not isinstance(warmer.function, DeployedFunction):
        return Unread(reason="the warmer's log is not known")
    interval = timedelta(minutes=5) if isinstance(schedules, Unread) else schedules.platform.interval
    group = warmer.function.log_group
    return tried(lambda: sightings.words(group, now - 2 * interval - timedelta(minutes=2)))


def _targets(
    reader: DeployedReader, sightings: Sightings, schedules: ScheduleSet | Unread, now: datetime, tell: Tell
) -> dict[tuple[str, str], Seen]:
    if isinstance(schedules, Unread):
        return {}
    wanted = {
        (one.function.text, one.qualifier): one
        for service in schedules.services
        for one in service.targets
        if service.enabled and one.enabled
    }
    functions = {one.function for one in wanted.values()}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        tell(f"reading {len(functions)} functions")
        whole = dict(zip(functions, pool.map(lambda ref: tried(partial(reader.function, ref)), functions), strict=True))
        found: dict[tuple[str, str], Seen] = {}
        looked = pool.map(lambda one: _seen(reader, sightings, one, whole[one.function], now), wanted.values())
        for number, (key, seen) in enumerate(zip(wanted, looked, strict=True), start=1):
            tell(f"reading targets: {number} of {len(wanted)}")
            found[key] = seen
    return found


def _seen(
    reader: DeployedReader, sightings: Sightings, target: Target, whole: Read[DeployedFunction], now: datetime
) -> Seen:
    if not isinstance(whole, DeployedFunction):
        return Seen(function=whole)
    qualified = tried(lambda: reader.function(target.function, target.qualifier))
    if target.strategy is not Strategy.PING or not isinstance(qualified, DeployedFunction):
        return Seen(function=whole, qualified=qualified)
    since, region = now - _COLD_STARTS_BACK, target.function.region
    init_ms = tried(lambda: sightings.longest_init_ms(qualified, since, region=region))
    return Seen(function=whole, qualified=qualified, init_ms=init_ms)
