"""Deployments as the warmer hears of them, and which targets they concern. Pure.

Two ways lead here. CodeDeploy asks before it moves an alias: the new version is warmed while the old one still serves.
EventBridge tells after a function changed: what the change left cold is warmed at once, not at the next tick.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fleet.model import LATEST, FunctionRef, VersionNumber
from profiles.model import ScheduleSet, Target
from warmer.errors import UnusableDeployment
from warmer.plan import Outcome
from warmer.report import TargetReport

CLOUDTRAIL = "AWS API Call via CloudTrail"
STACK_STATUS = "CloudFormation Stack Status Change"
# Source: CloudFormation user guide, stack status codes: these end an operation that may have replaced code.
STACK_CHANGED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """CodeDeploy's question before it moves traffic; it waits for an answer, an hour at most."""

    deployment: str
    execution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What a deployment will make of an alias: `version` is the one that it will point to."""

    function: str
    alias: str
    version: VersionNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where something happened, as far as an event says."""

    region: str | None
    account: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that EventBridge told of.

    One of a function and qualifier, or of all that the stack `stack` holds. `words` names it in a report.
    """

    words: str
    place: _Place
    function: str = ""
    qualifier: str = ""
    stack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoChange:
    """Word of something that left nothing cold; `reason` says why."""

    reason: str


# The calls that leave environments cold, and the qualifier whose they are, from what was asked and what was answered. A
# new configuration, of one variable too, replaces every environment of $LATEST as new code does.
# Source: Lambda developer guide, "Lambda execution environment lifecycle".
LEFT_COLD: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]] = {
    "UpdateFunctionCode": lambda _asked, _made: LATEST,
    "UpdateFunctionConfiguration": lambda _asked, _made: LATEST,
    "PublishVersion": lambda _asked, made: _text(made, "version"),
    "UpdateAlias": lambda asked, made: _text(asked, "name") or _text(made, "name"),
}


def read_hook(event: Mapping[str, Any]) -> Hook | None:
    """The question in a CodeDeploy hook's event; None when it is another event.

    Source: CodeDeploy user guide, AppSpec "hooks" section for an AWS Lambda deployment.
    """
    deployment, execution = event.get("DeploymentId"), event.get("LifecycleEventHookExecutionId")
    if not isinstance(deployment, str) or not isinstance(execution, str):
        return None
    return Hook(deployment=deployment, execution=execution)


def read_change(event: Mapping[str, Any]) -> Change | NoChange | None:
    """What an EventBridge event says was changed; None when it is no event of a deployment.

    Raises: UnusableDeployment when it should say and does not.
    """
    detail = event.get("detail")
    if event.get("detail-type") not in (CLOUDTRAIL, STACK_STATUS):
        return None
    if not isinstance(detail, dict):
        raise UnusableDeployment(f'the "{event["detail-type"]}" event has no detail')
    place = _Place(region=_text(event, "region"), account=_text(event, "account"))
    if event["detail-type"] == STACK_STATUS:
        return _stack_change(detail, place)
    return _call(detail, place)


def _stack_change(detail: Mapping[str, Any], place: _Place) -> Change | NoChange:
    stack, details = _text(detail, "stack-id"), detail.get("status-details")
    status = _text(details, "status") if isinstance(details, dict) else None
    if not stack or not status:
        raise UnusableDeployment('the stack\'s event lacks "stack-id" or "status-details.status"')
    if status not in STACK_CHANGED:
        return NoChange(reason=f"the stack {_stack_name(stack)} is {status}: nothing of it is done yet")
    return Change(words=f"{status} of the stack {_stack_name(stack)}", stack=stack, place=place)


def _stack_name(stack_id: str) -> str:
    return stack_id.split("/")[1] if stack_id.count("/") == 2 else stack_id


def _call(detail: Mapping[str, Any], place: _Place) -> Change | NoChange:
    """A Lambda API call as CloudTrail records it: its event name carries the API's date."""
    name = _text(detail, "eventName") or ""
    call = name.split("2015", maxsplit=1)[0]
    asked, made = _mapping(detail, "requestParameters"), _mapping(detail, "responseElements")
    if detail.get("errorCode") or asked.get("dryRun") is True:
        return NoChange(reason=f"{call} changed nothing: {_text(detail, 'errorCode') or 'a dry run'}")
    if call not in LEFT_COLD:
        return NoChange(reason=f"{name or 'a call without a name'} makes no environment cold")
    function, qualifier = _text(asked, "functionName") or _text(made, "functionName"), LEFT_COLD[call](asked, made)
    if not function or not qualifier:
        raise UnusableDeployment(f"the {call} event does not say which function and version it is about")
    bare = _bare(function)
    return Change(words=f"{call} of {bare}:{qualifier}", function=bare, qualifier=qualifier, place=place)


def _bare(function: str) -> str:
    """The name in a name, a partial or a full ARN, any of them with a qualifier."""
    name = function.rsplit("function:", 1)[-1]
    return name.split(":", maxsplit=1)[0]


def changed_targets(schedules: ScheduleSet, change: Change, *, in_stack: Collection[str] = ()) -> ScheduleSet:
    """The schedules with those targets only that the change left cold; `in_stack` are a stack's functions by name.

    A target warms one qualifier: new code in $LATEST leaves an alias as warm as it was, until the alias moves.
    """

    def concerned(target: Target) -> Target | None:
        if not _there(target.function, change.place):
            return None
        if change.stack:
            return target if target.function.name in in_stack else None
        same = (target.function.name, target.qualifier) == (change.function, change.qualifier)
        return target if same else None

    return _only(schedules, concerned)


def deployed_targets(schedules: ScheduleSet, deployed: Collection[Deployed]) -> ScheduleSet:
    """The schedules with the deployed aliases' targets only, each at the version that its alias will point to."""

    def concerned(target: Target) -> Target | None:
        for one in deployed:
            if (target.function.name, target.qualifier) == (one.function, one.alias):
                return replace(target, qualifier=str(one.version))
        return None

    return _only(schedules, concerned)


def _there(function: FunctionRef, place: _Place) -> bool:
    """Whether a target may be in the change's region and account; a bare name is wherever the warmer is."""
    parts = function.text.split(":")
    account = parts[-3] if len(parts) >= 3 else None
    return function.region in (None, place.region) and account in (None, place.account)


def _only(schedules: ScheduleSet, concerned: Callable[[Target], Target | None]) -> ScheduleSet:
    services = (
        replace(service, targets=tuple(one for target in service.targets if (one := concerned(target)) is not None))
        for service in schedules.services
    )
    return replace(schedules, services=tuple(service for service in services if service.targets))


def deployed_by(app_spec: str) -> tuple[Deployed, ...]:
    """What an AppSpec of a Lambda deployment deploys, in YAML or JSON. Raises: UnusableDeployment.

    Source: CodeDeploy user guide, AppSpec "resources" section for Lambda deployments.
    """
    import yaml  # noqa: PLC0415 - only a deployment's hook pays for a YAML parser

    try:
        resources = [body for entry in yaml.safe_load(app_spec)["Resources"] for body in entry.values()]
        properties = [body["Properties"] for body in resources if body["Type"] == "AWS::Lambda::Function"]
        found = tuple(
            Deployed(
                function=_bare(str(one["Name"])),
                alias=str(one["Alias"]),
                version=VersionNumber.parse(str(one["TargetVersion"])),
            )
            for one in properties
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        said = " ".join(str(error).split())[:120]
        raise UnusableDeployment(f"the deployment's AppSpec does not say which version it deploys ({said})") from error
    if not found:
        raise UnusableDeployment("the deployment's AppSpec deploys no Lambda function")
    return found


def unfit(targets: Collection[TargetReport]) -> str | None:
    """Why traffic must not move to what was warmed; None when it may.

    It must not where the new version did not answer, or not as expected: that is the deployment's own fault. A target
    that is short for a limit, or because its pings did not all overlap, is no reason to break off: every tick goes on.
    """
    for target in targets:
        if target.outcome in {Outcome.NOTHING_DUE, Outcome.WOULD_PING, Outcome.LEFT_TO_PROVISIONED}:
            continue
        broken = target.errors > 0 and not _recovered(target)
        if target.outcome is Outcome.FAILED or broken or target.healthy < target.covered:
            return f"{target.function}:{target.qualifier} is not healthy: {target.reason}"
        if target.sent and not target.covered and not target.throttled:
            return f"{target.function}:{target.qualifier} did not answer: {target.reason}"
    return None


def _recovered(target: TargetReport) -> bool:
    """A later round reached everything, as healthy as wanted, whatever the first one met."""
    return target.covered >= target.wanted and target.healthy == target.covered


def _mapping(event: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = event.get(key)
    return found if isinstance(found, dict) else {}


def _text(event: Mapping[str, Any], key: str) -> str | None:
    found = event.get(key)
    if isinstance(found, int) and not isinstance(found, bool):
        return json.dumps(found)
    return found if isinstance(found, str) and found else None
