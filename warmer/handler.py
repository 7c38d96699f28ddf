"""The warmer Lambda: reads the event, the settings and the schedules, runs the tick, returns its report.

Needs lambda:InvokeFunction on its targets; lambda:GetFunction (or GetFunctionConcurrency) and
lambda:GetAccountSettings to see the limits, without which it pings all the same and limits nothing; ssm:GetParameter
on its kill switch; dynamodb:Query and dynamodb:PutItem on the boosts in the state table. With schedules in S3 also
s3:ListBucket on the bucket and s3:GetObject on the documents. As a deployment's hook codedeploy:GetDeployment and
codedeploy:PutLifecycleEventHookExecutionStatus, for events of stacks cloudformation:ListStackResources.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleet.collecting import kept_for_good

# Searching through what is loaded, again and again, is a fifth of the start.
with kept_for_good():
    from fleet.aws.invoke import SigningInvoker
    from fleet.aws.limits import ConcurrencyLimits
    from fleet.aws.qualifiers import QualifierReader
    from fleet.aws.usage import PresentUsage
    from fleet.boosts import Boost, Boosts
    from fleet.ports import Documents, FleetError
    from fleet.switch import Asked, Part, ask
    from profiles.errors import ProfilesError
    from profiles.evaluate import tick_instant
    from profiles.loading import load_schedules
    from profiles.location import Store
    from profiles.model import ScheduleSet
    from profiles.shelves import Library, Loaded, Shelves
    from warmer.boosting import BOOST, changed_boosts, known_boosts
    from warmer.boosts import BoostState, concerned
    from warmer.errors import UnusableDeployment, UnusableEvent
    from warmer.memory import Memory
    from warmer.report import DEPLOYMENT, SWITCHED_OFF, TargetReport, TickReport
    from warmer.request import Request, read_event, refusal
    from warmer.settings import SettingsError, WarmerSettings
    from warmer.tick import World, run_tick

if TYPE_CHECKING:
    from warmer.deployments import Change, NoChange
    from warmer.hook import HookAnswer

# Kept back of the time left, for the report: a fifth of it, at most two seconds.
_RESERVE_S = 2.0
# Kept back besides, to tell CodeDeploy, which waits for nothing else: a third of the time, at most this.
_TELLING_S = 15.0
_STACK_PAGES_A_SECOND = 5.0
_UNUSABLE = (UnusableEvent, UnusableDeployment, SettingsError, ProfilesError, FleetError, OSError)


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Serve one event; the report of section 4 of the contract. Never raises for a failing target."""
    left_s: float = context.get_remaining_time_in_millis() / 1000
    deadline = time.monotonic() + left_s - min(_RESERVE_S, left_s / 5)
    now = datetime.now(UTC)
    scheduled = False
    try:
        request = read_event(event, now=now)
        scheduled = request.scheduled
        if request.hook is not None:
            answer = _answer(request, deadline - min(_TELLING_S, left_s / 3), now)
            _publish(answer.report)
            return answer.as_json()
        report = _serve(request, deadline, now)
    except _UNUSABLE as error:
        report = TickReport(tick=None, outcome="refused", reason=str(error), failed=True)
    report = replace(report, scheduled=scheduled)
    _publish(report)
    return report.as_json()


def _publish(report: TickReport) -> None:
    from warmer.telemetry import publish  # noqa: PLC0415 - a quarter of the import time, and needed when all is sent

    publish(report)


def _serve(request: Request, deadline: float, now: datetime) -> TickReport:
    settings = WarmerSettings.from_env(os.environ)
    switch = _switch(settings)
    if switch.stop is not None and not request.asks:
        return TickReport(tick=request.at, outcome=SWITCHED_OFF, reason=switch.stop)
    # A switch that cannot be read stops nothing: users would wait because of a parameter.
    problems = () if switch.problem is None else (switch.problem,)
    report = _served(request, settings, deadline, now, stop=switch.stop)
    return replace(report, problems=(*problems, *report.boosts.problems))


def _switch(settings: WarmerSettings) -> Asked:
    if settings.switch is None:
        return Asked()
    from fleet.aws.switch import ParameterSwitch  # noqa: PLC0415 - only who has a switch pays for it

    return ask(ParameterSwitch(settings.switch), Part.WARMER)


def _served(
    request: Request, settings: WarmerSettings, deadline: float, now: datetime, *, stop: str | None
) -> TickReport:
    loaded = load(settings, now)
    schedules = loaded.schedules
    # What a change left cold is warmed at the level of now: its event may be of the tick before.
    instant = tick_instant(now if request.change else request.at, schedules.platform.interval)
    refused = refusal(request, schedules, now=now)
    if refused is not None:
        outcome, reason, failed = refused
        return TickReport(
            tick=instant, outcome=outcome, reason=reason, failed=failed, mistakes=schedules.mistakes, loaded=loaded
        )
    boosts = _boosts(settings, deadline)
    if request.asks:
        state = changed_boosts(boosts, request.asks, schedules, instant, now=now)
        report = _serve_boosts(state, schedules, instant, deadline, stop)
    elif request.change is not None:
        report = _serve_change(request.change, boosts, schedules, instant, deadline)
    else:
        state = known_boosts(
            boosts, instant, since=instant - schedules.platform.interval if request.scheduled else None
        )
        targets = _warm(schedules, instant, deadline, service=request.service, boosts=state.active)
        report = TickReport(tick=instant, targets=targets, boosts=state)
    return replace(report, mistakes=schedules.mistakes, loaded=loaded)


def _boosts(settings: WarmerSettings, deadline: float) -> Boosts | None:
    if settings.state_table is None:
        return None
    from fleet.aws.boosts import TableBoosts  # noqa: PLC0415 - only who has a table pays for it

    return TableBoosts(settings.state_table, lambda: deadline - time.monotonic())


def _serve_boosts(
    state: BoostState, schedules: ScheduleSet, instant: datetime, deadline: float, stop: str | None
) -> TickReport:
    """Alarms tell of a change once: switched off, what they ask for is kept for later, and no ping is sent."""
    boosted = replace(schedules, services=()) if stop is not None else concerned(schedules, state.changes)
    targets = _warm(boosted, instant, deadline, boosts=state.active)
    outcome = BOOST if stop is None else SWITCHED_OFF
    report = TickReport(tick=instant, outcome=outcome, targets=targets, boosts=state, failed=state.refused > 0)
    done = "; ".join([change.reason for change in state.changes] + ([stop] if stop is not None else []))
    return replace(report, reason=f"{done}: {report.as_json()['reason']}" if targets else done)


def _serve_change(
    change: "Change | NoChange", boosts: Boosts | None, schedules: ScheduleSet, instant: datetime, deadline: float
) -> TickReport:
    from warmer.deployments import NoChange, changed_targets  # noqa: PLC0415 - only word of a deployment pays for it

    if isinstance(change, NoChange):
        return TickReport(tick=instant, outcome=DEPLOYMENT, reason=change.reason)
    in_stack = _functions_of(change.stack, deadline) if change.stack else ()
    changed = changed_targets(schedules, change, in_stack=in_stack)
    if not changed.services:
        return TickReport(tick=instant, outcome=DEPLOYMENT, reason=f"{change.words}: no schedule warms what it changed")
    state = known_boosts(boosts, instant)
    targets = _warm(changed, instant, deadline, boosts=state.active)
    report = TickReport(tick=instant, outcome=DEPLOYMENT, targets=targets, boosts=state)
    return replace(report, reason=f"{change.words}: {report.as_json()['reason']}")


def _answer(request: Request, deadline: float, now: datetime) -> "HookAnswer":
    from fleet.aws.hooks import CodeDeployHooks  # noqa: PLC0415 - only a deployment's hook pays for it
    from warmer.hook import answer_hook  # noqa: PLC0415

    assert request.hook is not None  # noqa: S101 - asked only for a hook
    return answer_hook(
        request.hook,
        CodeDeployHooks(),
        lambda: load(WarmerSettings.from_env(os.environ), now),
        lambda schedules, instant: _warm_at_present_level(schedules, instant, deadline),
        now=now,
        stop=_switch_of_a_hook().stop,
    )


def _switch_of_a_hook() -> Asked:
    try:
        return _switch(WarmerSettings.from_env(os.environ))
    except SettingsError:
        # What is wrong with the settings is said where they are needed, in an answer to CodeDeploy.
        return Asked()


def _functions_of(stack: str, deadline: float) -> frozenset[str]:
    from fleet.aws.asking import Asking  # noqa: PLC0415 - only a stack's event pays for it
    from fleet.aws.clients import client  # noqa: PLC0415
    from fleet.aws.rate import Pace, TimeBox  # noqa: PLC0415
    from fleet.aws.stacks import AwsStacks  # noqa: PLC0415

    box = TimeBox(lambda: deadline - time.monotonic())
    asking = Asking(client=client("cloudformation"), service="cloudformation", pace=Pace(_STACK_PAGES_A_SECOND, box))
    return AwsStacks(asking).contents(stack).functions


def _warm_at_present_level(schedules: ScheduleSet, instant: datetime, deadline: float) -> tuple[TargetReport, ...]:
    boosts = _boosts(WarmerSettings.from_env(os.environ), deadline)
    return _warm(schedules, instant, deadline, boosts=known_boosts(boosts, instant).active)


def _warm(
    schedules: ScheduleSet,
    instant: datetime,
    deadline: float,
    *,
    service: str | None = None,
    boosts: Sequence[Boost] = (),
) -> tuple[TargetReport, ...]:
    world = world_of(WarmerSettings.from_env(os.environ), deadline)
    return run_tick(schedules, instant, world, service=service, boosts=boosts)


def world_of(settings: WarmerSettings, deadline: float) -> World:
    """The doors to AWS that `settings` open, for a tick that must end by the monotonic second `deadline`."""
    return World(
        invoker=SigningInvoker(),
        limits=ConcurrencyLimits(),
        qualifiers=QualifierReader(),
        usage=PresentUsage() if settings.present_users else None,
        deadline=deadline,
        users_share=settings.users_share,
        memory=_memory(),
    )


def load(settings: WarmerSettings, now: datetime) -> Loaded:
    """The schedules that `settings` name, with where they came from. Raises: ProfilesError."""
    shelves = Shelves(
        documents=_documents,
        scratch=Path(tempfile.gettempdir()),
        bundled=settings.bundled,
    )
    return load_schedules(settings.schedules, shelves, _library(), now=now)


def _documents(store: Store) -> Documents:
    from fleet.aws.documents import S3Documents  # noqa: PLC0415 - only schedules in S3 pay for it

    return S3Documents(store.bucket, store.prefix)


@cache
def _library() -> Library:
    """The schedules that ticks of this environment have read: what is unchanged is not read again."""
    return Library()


@cache
def _memory() -> Memory:
    """What ticks of this environment remember of their targets; nothing that a tick depends on."""
    return Memory()
