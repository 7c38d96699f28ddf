"""A deployment's question answered: warm the new version, then tell CodeDeploy whether traffic may move to it.

CodeDeploy waits for the answer up to an hour and does nothing meanwhile, so one is given whatever happens here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fleet.ports import DeploymentHooks, FleetError
from profiles.evaluate import tick_instant
from profiles.model import ScheduleSet
from profiles.shelves import Loaded
from warmer.deployments import Deployed, Hook, deployed_by, deployed_targets, unfit
from warmer.report import DEPLOYMENT, SWITCHED_OFF, TargetReport, TickReport

Warm = Callable[[ScheduleSet, datetime], tuple[TargetReport, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookAnswer:
    """What was done and what CodeDeploy was told; `told` is False when it could not be told."""

    report: TickReport
    succeeded: bool
    told: bool
    deployment: str
    deployed: tuple[Deployed, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The tick's report with one key more, `deployment`."""
        versions = [
            {"function": one.function, "alias": one.alias, "version": str(one.version)} for one in self.deployed
        ]
        status = "Succeeded" if self.succeeded else "Failed"
        return {
            **self.report.as_json(),
            "deployment": {"id": self.deployment, "versions": versions, "status": status, "told": self.told},
        }


def answer_hook(
    hook: Hook,
    door: DeploymentHooks,
    load: Callable[[], Loaded],
    warm: Warm,
    *,
    now: datetime,
    stop: str | None = None,
) -> HookAnswer:
    """Warm the version that the deployment brings, at the level due for its alias at `now`, and tell CodeDeploy.

    With `stop`, the kill switch's words, nothing is warmed and the deployment goes on: a warmer that is switched off
    must not stop what others do.
    """
    answer = _let_through(hook, stop) if stop is not None else _warmed(hook, door, load, warm, now)
    try:
        door.tell(hook.deployment, hook.execution, succeeded=answer.succeeded)
    except FleetError as error:
        untold = f"CodeDeploy could not be told and will wait: {error}"
        report = replace(answer.report, failed=True, reason=f"{untold}; {answer.report.reason}")
        return replace(answer, report=report, told=False)
    return answer


def _let_through(hook: Hook, stop: str) -> HookAnswer:
    reason = f"deployment {hook.deployment}: Succeeded: {stop}"
    report = TickReport(tick=None, outcome=SWITCHED_OFF, reason=reason)
    return HookAnswer(report=report, succeeded=True, told=True, deployment=hook.deployment)


def _warmed(hook: Hook, door: DeploymentHooks, load: Callable[[], Loaded], warm: Warm, now: datetime) -> HookAnswer:
    deployed: tuple[Deployed, ...] = ()
    try:
        deployed = deployed_by(door.app_spec(hook.deployment))
        loaded = load()
        instant = tick_instant(now, loaded.schedules.platform.interval)
        targets = warm(deployed_targets(loaded.schedules, deployed), instant)
        report = TickReport(tick=instant, targets=targets, outcome=DEPLOYMENT, loaded=loaded)
        why_not = unfit(targets)
        words = _words(hook, deployed, why_not, report)
        report = replace(report, reason=words, failed=why_not is not None)
    except Exception as error:
        # Any trouble must end in an answer: without one, the deployment hangs for an hour.
        known = isinstance(error, FleetError | ValueError | OSError)
        said = str(error) if known else f"unexpected {type(error).__name__}: {error}"
        reason = f"deployment {hook.deployment}: Failed: {said}"
        report = TickReport(tick=None, outcome=DEPLOYMENT, reason=reason, failed=True)
        why_not = said
    return HookAnswer(
        report=report, succeeded=why_not is None, told=True, deployment=hook.deployment, deployed=deployed
    )


def _words(hook: Hook, deployed: tuple[Deployed, ...], why_not: str | None, report: TickReport) -> str:
    names = ", ".join(f"{one.function}:{one.version} for {one.alias}" for one in deployed)
    if why_not is not None:
        return f"deployment {hook.deployment} of {names}: Failed: {why_not}"
    if not report.targets:
        return f"deployment {hook.deployment} of {names}: Succeeded: no schedule warms it"
    return f"deployment {hook.deployment} of {names}: Succeeded: {report.as_json()['reason']}"
