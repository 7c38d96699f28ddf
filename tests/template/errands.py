"""All the work that the two deployed functions have, each kind once, and whether it went well.

What lives here asks, and judges a reply by the product's own words. Which grant is behind it is the test's.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.controlplane.codedeploy import Deployment
from tests.template.stage import ACCOUNT, REGION, Stage, change_schedules, restock

PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an errand brought back, and whether all of it went well."""

    report: Mapping[str, Any]
    well: bool

    def names(self, action: str) -> bool:
        """Whether the report says to allow this action."""
        return f"allow {action} in the role's policy" in json.dumps(self.report)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A kind of work: the output that names the function, and how to ask for it."""

    function: str
    run: Callable[[Stage], Reply]


def _tick(stage: Stage) -> Reply:
    """The warmer's tick after a change of its schedules. Times are far enough apart for it to read everything anew."""
    change = change_schedules(stage)
    at = datetime.now(UTC) + timedelta(minutes=9 * (change % 2))
    report = stage.ask("WarmerFunctionName", {"source": "aws.events", "time": at.isoformat()})
    proven = [target["outcome"] for target in report["targets"]] == ["warm", "warm"]
    return Reply(report=report, well=report["ok"] and proven and not report["problems"])


def _boost(stage: Stage) -> Reply:
    """A message on the boost topic, as SNS brings it."""
    message = {"caretaker": {"boost": "shop", "atLeast": 2, "for": "5m"}}
    notification = {"Message": json.dumps(message), "Timestamp": datetime.now(UTC).isoformat()}
    report = stage.ask("WarmerFunctionName", {"Records": [{"EventSource": "aws:sns", "Sns": notification}]})
    return Reply(report=report, well=report["ok"] and {target["wanted"] for target in report["targets"]} == {2})


def _deployed(stage: Stage) -> Reply:
    """Word of a stack that was updated."""
    report = stage.ask("WarmerFunctionName", _stack_event(stage, "UPDATE_COMPLETE"))
    return Reply(report=report, well=[target["outcome"] for target in report["targets"]] == ["warm"])


def _hook(stage: Stage) -> Reply:
    """CodeDeploy's question before it moves an alias."""
    begun = Deployment(id="d-1", function="shop-extra", alias="live", current="1", target="2")
    stage.emulator.codedeploy.begin(begun)
    report = stage.ask("DeployHookName", {"DeploymentId": begun.id, "LifecycleEventHookExecutionId": "e-1"})
    return Reply(report=report, well=stage.emulator.codedeploy.end(begun.id).told == "Succeeded")


def _sweep(stage: Stage) -> Reply:
    """The janitor's run on the clock, during a deployment."""
    change_schedules(stage)
    restock(stage)
    begun = Deployment(id="d-2", function="shop-extra", alias="live", current="1", target="2")
    stage.emulator.codedeploy.begin(begun)
    report = stage.ask("JanitorFunctionName", {"source": "aws.events", "time": datetime.now(UTC).isoformat()})
    stage.emulator.codedeploy.end(begun.id)
    deleted = {item["function"] for item in report["functions"] if item["deleted"]}
    layers = [layer for layer in report.get("layers", ()) if layer["verdict"] == "deleted"]
    well = report["ok"] and deleted == {"shop-checkout", "shop-orders"} and layers
    return Reply(report=report, well=bool(well))


def _drain(stage: Stage) -> Reply:
    """Word of a stack whose deletion begins."""
    report = stage.ask("JanitorFunctionName", _stack_event(stage, "DELETE_IN_PROGRESS"))
    return Reply(report=report, well=report["ok"] and report["run"] == "sweep")


def _logging(output: str) -> Errand:
    """An errand that asks for nothing, well when it leaves a line in the function's log."""

    def errand(stage: Stage) -> Reply:
        group, before = f"/aws/lambda/{stage.outputs[output]}", len(stage.emulator.judged())
        lines = _lines(stage, group)
        stage.ask(output, {"caretaker": {"run": "nothing"}})
        return _awaited(stage, before, lambda: _lines(stage, group) > lines, "logs:", stage.outputs[output])

    return Errand(function=output, run=errand)


def _losing(output: str) -> Errand:
    """An event that the function breaks on, well when it arrives among the dead letters."""

    def errand(stage: Stage) -> Reply:
        aws, before = stage.client("lambda"), len(stage.emulator.judged())
        name = stage.outputs[output]
        handler = aws.get_function_configuration(FunctionName=name)["Handler"]
        aws.update_function_configuration(FunctionName=name, Handler="nothing.there")
        try:
            aws.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
            return _awaited(stage, before, lambda: name in _letters(stage), "sqs:", name)
        finally:
            aws.update_function_configuration(FunctionName=name, Handler=handler)

    return Errand(function=output, run=errand)


def _awaited(stage: Stage, before: int, arrived: Callable[[], bool], action: str, function: str) -> Reply:
    """How work ended that Lambda does later for a function; no report of ours tells, so the emulator is asked."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        judged = [one for one in stage.emulator.judged()[before:] if one.action.startswith(action)]
        denied = [
            f"allow {one.action} in the role's policy" for one in judged if one.function == function and not one.allowed
        ]
        if denied or arrived():
            return Reply(report={"denied": denied}, well=not denied)
        time.sleep(0.05)
    raise AssertionError(f"neither arrived nor denied within {PATIENCE_S} s: {action} of {function}")


def _letters(stage: Stage) -> str:
    """All that lies among the dead letters, which are taken out."""
    sqs, queue = stage.client("sqs"), stage.outputs["DeadLettersUrl"]
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return " ".join(message["Body"] for message in found)


def _lines(stage: Stage, group: str) -> int:
    return len(stage.client("logs").filter_log_events(logGroupName=group)["events"])


def _stack_event(stage: Stage, status: str) -> dict[str, Any]:
    return {
        "source": "aws.cloudformation",
        "detail-type": "CloudFormation Stack Status Change",
        "account": ACCOUNT,
        "region": REGION,
        "time": datetime.now(UTC).isoformat(),
        "detail": {"stack-id": stage.gone, "status-details": {"status": status}},
    }


# The quick ones first: a grant is missed by the first errand that needs it.
ERRANDS: Mapping[str, Errand] = {
    "tick": Errand(function="WarmerFunctionName", run=_tick),
    "boost": Errand(function="WarmerFunctionName", run=_boost),
    "deployed": Errand(function="WarmerFunctionName", run=_deployed),
    "hook": Errand(function="DeployHookName", run=_hook),
    "drain": Errand(function="JanitorFunctionName", run=_drain),
    "sweep": Errand(function="JanitorFunctionName", run=_sweep),
    "warmer's log": _logging("WarmerFunctionName"),
    "hook's log": _logging("DeployHookName"),
    "janitor's log": _logging("JanitorFunctionName"),
    "warmer's lost event": _losing("WarmerFunctionName"),
    "janitor's lost event": _losing("JanitorFunctionName"),
}
