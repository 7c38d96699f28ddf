"""The janitor's Lambda function: reads the event, the environment and the clock, opens the doors, gives the report.

Deletes only when CARETAKER_MODE is `delete` and the run was asked for by the schedule or as `sweep`. Every run, a plan
too, marks what it finds unused (when CARETAKER_STATE_TABLE is set): a version goes in a run at least CARETAKER_GRACE
after the one that marked it, so the first run deletes nothing.

The role needs lambda:ListFunctions, lambda:ListAliases, lambda:GetAccountSettings, lambda:DeleteFunction on qualified
ARNs (`function:*:*`), what `fleet.aws.uses` reads, and on the state table dynamodb:Query, dynamodb:GetItem,
dynamodb:PutItem and dynamodb:DeleteItem; ssm:GetParameter on its kill switch; with schedules in S3 also s3:ListBucket
on the bucket and s3:GetObject on the documents.
"""

import math
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fleet.aws.asking import Asking
from fleet.aws.audit import DynamoAudit
from fleet.aws.clients import client
from fleet.aws.paces import Bucket, Paces
from fleet.aws.rate import TimeBox
from fleet.aws.record import DynamoRecord
from fleet.aws.storage import code_storage
from fleet.aws.switch import ParameterSwitch
from fleet.aws.uses import AwsUses
from fleet.aws.versions import LambdaVersions
from fleet.layers import Layers
from fleet.model import FunctionRef
from fleet.ports import Documents, FleetError
from fleet.switch import Part, Watch, ask
from fleet.words import said
from janitor.drain import TAG, asked_for
from janitor.report import Report
from janitor.run import EVERYTHING, Doors, Selection, run_janitor
from janitor.settings import BUNDLED_SCHEDULES, JanitorSettings, Mode, SettingsError
from janitor.telemetry import publish
from profiles.location import Store
from profiles.shelves import Shelves

_SCHEDULERS = {"aws.events", "aws.scheduler"}


class RequestError(ValueError):
    """The event asks for something that cannot be done. The message says what was found and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the event asks for: whether it may delete, of which functions, and why in words for the report.

    `if_tagged`: only if the stack has the tag that asks for a drain.
    """

    may_delete: bool
    why: str
    select: Selection = EVERYTHING
    if_tagged: bool = False


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """The run's report as the contract's section 4 has it; never raises for what AWS or a setting did."""
    now = datetime.now(UTC)
    try:
        settings = JanitorSettings.from_env(os.environ)
        request = request_of(event)
        box = TimeBox(lambda: _left_s(context))
        report = _with_storage(_unless_stopped(request, settings, box, now), settings, box)
    except (SettingsError, RequestError) as error:
        report = Report(run="none", at=now, reason=str(error), problems=(str(error),))
    except FleetError as error:
        reason = f"the versions could not be read, so nothing was planned or deleted: {error}"
        report = Report(run="none", at=now, reason=reason, problems=(str(error),))
    publish(report)
    return report.as_reply()


def _with_storage(report: Report, settings: JanitorSettings, box: TimeBox) -> Report:
    """The report with the code storage after it, or why it was not read: no trouble, since nothing depends on it."""
    if report.run == "none":
        return report
    control_plane = Paces(settings.rate, box).of(Bucket.CONTROL_PLANE)
    try:
        asking = Asking(client=client("lambda", timeout_s=box.call_timeout_s), service="lambda", pace=control_plane)
        return replace(report, storage=code_storage(asking))
    except FleetError as error:
        return replace(report, storage_unread=str(error))


def _unless_stopped(request: Request, settings: JanitorSettings, box: TimeBox, now: datetime) -> Report:
    door = None if settings.switch is None else ParameterSwitch(settings.switch)
    switch = ask(door, Part.JANITOR)
    if switch.stop is not None:
        return Report(run="none", at=now, reason=switch.stop)
    if switch.problem is None:
        stop = Watch(switch=door, part=Part.JANITOR, clock=time.monotonic, asked_at=time.monotonic())
        return _run(request, settings, replace(doors(settings, box), stop=stop), now)
    # Who turned it may have meant this run: what cannot be read is kept.
    planned = replace(request, may_delete=False, why=f"{request.why}, but nothing is deleted: {switch.problem}")
    report = _run(planned, settings, doors(settings, box), now)
    return replace(report, problems=(*report.problems, switch.problem))


def _run(request: Request, settings: JanitorSettings, open_doors: Doors, now: datetime) -> Report:
    if request.if_tagged and not asked_for(open_doors.uses, request.select.stack or ""):
        tag = "=".join(TAG)
        return Report(run="none", at=now, reason=f"{request.why}: it has no tag {tag}, so it was left alone")
    delete = request.may_delete and settings.mode is Mode.DELETE
    why = _why(request, settings.mode)
    return run_janitor(open_doors, settings, now, delete=delete, why=why, select=request.select)


def doors(settings: JanitorSettings, box: TimeBox) -> Doors:
    """The AWS adapters, as the SDK's own variables point them. Raises: FleetError."""
    paces = Paces(settings.rate, box)
    versions = LambdaVersions.connect(paces.of(Bucket.CONTROL_PLANE), timeout_s=box.call_timeout_s)
    uses = AwsUses.connect(paces, timeout_s=box.call_timeout_s)
    table = settings.state_table
    return Doors(
        versions=versions,
        uses=uses,
        record=DynamoRecord.connect(table, box) if table else None,
        audit=DynamoAudit.connect(table, box) if table else None,
        layers=_layers(paces, box) if settings.layers else None,
        shelves=_shelves(),
        time_to_act=box.half_over,
    )


def _layers(paces: Paces, box: TimeBox) -> Layers:
    from fleet.aws.layers import AwsLayers  # noqa: PLC0415 - only who asks for layers pays for them

    lambda_client = client("lambda", timeout_s=box.call_timeout_s)
    return AwsLayers(Asking(client=lambda_client, service="lambda", pace=paces.of(Bucket.CONTROL_PLANE)))


def _documents(store: Store) -> Documents:
    from fleet.aws.documents import S3Documents  # noqa: PLC0415 - only schedules in S3 pay for it

    return S3Documents(store.bucket, store.prefix)


def _shelves() -> Shelves:
    return Shelves(
        documents=_documents,
        scratch=Path(tempfile.gettempdir()),
        bundled=BUNDLED_SCHEDULES,
    )


def request_of(event: Any) -> Request:
    """What the event asks for. Raises: RequestError."""
    if not isinstance(event, Mapping):
        raise RequestError(f"the event is {type(event).__name__}, not a JSON object")
    if "caretaker" in event:
        return _on_demand(event["caretaker"])
    if event.get("source") == "aws.cloudformation":
        return _stack_event(event)
    if event.get("source") in _SCHEDULERS or event.get("detail-type") == "Scheduled Event" or "time" in event:
        return Request(may_delete=True, why="scheduled run")
    return Request(may_delete=False, why='neither a scheduled event nor one with "caretaker", so only planned')


def _stack_event(event: Mapping[str, Any]) -> Request:
    """A stack's change of status. Source: CloudFormation user guide, "Event structure", stack status changes."""
    detail = event.get("detail")
    details = detail.get("status-details") if isinstance(detail, Mapping) else None
    status = details.get("status") if isinstance(details, Mapping) else None
    stack = detail.get("stack-id") if isinstance(detail, Mapping) else None
    if status != "DELETE_IN_PROGRESS" or not isinstance(stack, str) or not stack:
        raise RequestError(
            "a stack's event is served when its deletion begins; this one is "
            f"{said(repr(status))} of {said(repr(stack))}"
        )
    why = f"the deletion of stack {stack} has begun"
    return Request(may_delete=True, why=why, select=Selection(stack=stack, drain=True), if_tagged=True)


def _on_demand(asked: Any) -> Request:
    if not isinstance(asked, Mapping) or asked.get("run") not in ("plan", "sweep", "drain"):
        raise RequestError(
            f'caretaker.run must be "plan" or "sweep", or "drain" with a stack; the event has {said(repr(asked))}'
        )
    unknown = sorted(set(asked) - {"run", "functions", "stack"})
    if unknown:
        raise RequestError(f"caretaker.{said(unknown[0])} is unknown; known are run, functions and stack")
    run, stack = str(asked["run"]), asked.get("stack")
    if stack is not None and not (isinstance(stack, str) and stack.strip()):
        raise RequestError(f"caretaker.stack must be the name or id of a stack; it is {said(repr(stack))}")
    drain = run == "drain"
    if drain and stack is None:
        raise RequestError('caretaker.run "drain" needs a "stack"')
    why = f'drain of stack "{stack}" on demand' if drain else f"{run} on demand"
    select = Selection(functions=_functions(asked.get("functions")), stack=stack, drain=drain)
    return Request(may_delete=run in ("sweep", "drain"), why=why, select=select)


def _functions(names: Any) -> frozenset[str]:
    if names is None:
        return frozenset()
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise RequestError(
            f"caretaker.functions must be a list of function names, at least one; it is {said(repr(names))}"
        )
    try:
        functions = [FunctionRef(text=name) for name in names]
    except ValueError as error:
        raise RequestError(f"caretaker.functions: {said(error)}") from error
    here = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    for function in functions:
        if function.region is not None and here is not None and function.region != here:
            raise RequestError(f"caretaker.functions: {function} is in another region; this janitor works in {here}")
    return frozenset(function.name for function in functions)


def _why(request: Request, mode: Mode) -> str:
    if request.may_delete and mode is Mode.PLAN:
        return f"{request.why}, but CARETAKER_MODE is plan, so nothing is deleted"
    return request.why


def _left_s(context: Any) -> float:
    ask = getattr(context, "get_remaining_time_in_millis", None)
    return float(ask()) / 1000 if ask is not None else math.inf
