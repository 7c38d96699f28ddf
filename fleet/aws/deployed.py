"""Reads a deployed stack and what belongs to it: rules, alarms, queue, table, functions. Reads only.

Needs sts:GetCallerIdentity, which everybody may call, cloudformation:DescribeStacks and ListStackResources,
events:DescribeRule and ListTargetsByRule, cloudwatch:DescribeAlarms, sqs:GetQueueAttributes, dynamodb:DescribeTable,
sns:ListSubscriptionsByTopic, lambda:GetFunction and GetAccountSettings.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from fleet.aws.asking import Asking, asking_of, no_such_stack, said_not_found
from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.aws.rate import Pace, TimeBox
from fleet.deployed import (
    AccountConcurrency,
    Caller,
    DeployedAlarm,
    DeployedFunction,
    DeployedRule,
    DeployedStack,
    Resource,
)
from fleet.model import FunctionRef
from fleet.ports import AccessDenied

# Requests a second, of each service: gentle for all of them. GetFunction has a bucket of 100 a second for itself.
_GENTLE, _GET_FUNCTION = 8.0, 20.0
# A clock this far off may be why a request was refused; what it says of the rest is then worth more than the refusal.
_SKEW_NOTED_S = 60
# Source: CloudWatch API reference, DescribeAlarms: 100 names a request.
_ALARMS_A_REQUEST = 100
_NEXT = ("NextToken", "NextToken")
_GONE = {"DELETE_COMPLETE", "DELETE_SKIPPED"}


def who_asks() -> Caller:
    """The caller's identity, by a signed request whose answer also tells AWS's time.

    Account and ARN are empty where the answer does not tell them: a network may keep STS to itself, and a clock that is
    off has everything refused. Raises: FleetError without credentials, without a region or without an answer.
    """
    before = time.time()
    try:
        sts = client("sts")
        region = str(sts.meta.region_name)
        reply = sts.get_caller_identity()
        return Caller(account=reply["Account"], arn=reply["Arn"], region=region, skew_s=_skew_s(reply, before))
    except ClientError as error:
        failure, skew_s = (
            translated(error, service="sts", operation="GetCallerIdentity"),
            _skew_s(error.response, before),
        )
        if isinstance(failure, AccessDenied) or (skew_s is not None and abs(skew_s) > _SKEW_NOTED_S):
            return Caller(account="", arn="", region=region, skew_s=skew_s)
        raise failure from error
    except Exception as error:
        raise translated(error, service="sts", operation="GetCallerIdentity") from error


def _skew_s(reply: Mapping[str, Any], before: float) -> float | None:
    """How far this clock is ahead of the answer's Date, which is in whole seconds and so up to one second early."""
    after = time.time()
    try:
        dated = parsedate_to_datetime(reply["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return None
    # Inside the time that the request took, and the second that the header leaves open, nothing can be told.
    if before - 1 <= dated <= after:
        return 0.0
    return before - 1 - dated if dated < before else after - dated


class DeployedReader:
    """One method a thing to read; each raises FleetError, and gives None for what does not exist."""

    def __init__(self, box: TimeBox | None = None) -> None:
        box = box or TimeBox()
        self._functions = Pace(_GET_FUNCTION, box)
        self._gentle: defaultdict[str, Pace] = defaultdict(lambda: Pace(_GENTLE, box))

    def stack(self, name: str) -> DeployedStack | None:
        """The stack with its outputs; its resources come from `resources`."""
        asking = self._asking("cloudformation")
        reply = asking.one("DescribeStacks", {"StackName": name}, absent=no_such_stack)
        return None if reply is None else asking.understood("DescribeStacks", lambda: _stack(reply["Stacks"][0]))

    def resources(self, name: str) -> tuple[Resource, ...]:
        """What the stack holds, all pages."""
        asking, operation = self._asking("cloudformation"), "ListStackResources"
        pages = asking.pages(operation, {"StackName": name}, token=_NEXT)
        return asking.understood(operation, lambda: tuple(_resource(item) for page in pages for item in _held(page)))

    def rule(self, name: str) -> DeployedRule | None:
        """An EventBridge rule with the ARNs that it calls."""
        asking = self._asking("events")
        rule = asking.one("DescribeRule", {"Name": name}, absent=said_not_found)
        if rule is None:
            return None
        pages = asking.pages("ListTargetsByRule", {"Rule": name}, token=_NEXT)
        targets = [item["Arn"] for page in pages for item in page["Targets"]]
        return DeployedRule(
            name=name,
            state=str(rule["State"]),
            expression=str(rule.get("ScheduleExpression") or ""),
            targets=tuple(targets),
        )

    def alarms(self, names: Sequence[str]) -> tuple[DeployedAlarm, ...]:
        """Those of the named alarms that there are."""
        asking, operation = self._asking("cloudwatch"), "DescribeAlarms"
        found: list[DeployedAlarm] = []
        for first in range(0, len(names), _ALARMS_A_REQUEST):
            asked = {"AlarmNames": list(names[first : first + _ALARMS_A_REQUEST])}
            for page in asking.pages(operation, asked, token=_NEXT):
                found += asking.understood(operation, lambda page=page: [_alarm(it) for it in page["MetricAlarms"]])  # type: ignore[misc]
        return tuple(found)

    def waiting(self, queue_url: str) -> int | None:
        """How many messages lie in the queue, by SQS's own estimate."""
        name = "ApproximateNumberOfMessages"
        arguments = {"QueueUrl": queue_url, "AttributeNames": [name]}
        reply = self._asking("sqs").one("GetQueueAttributes", arguments, absent=_no_such_queue)
        return None if reply is None else int(reply["Attributes"][name])

    def table(self, name: str) -> str | None:
        """The state of a DynamoDB table, such as ACTIVE."""
        reply = self._asking("dynamodb").one("DescribeTable", {"TableName": name}, absent=said_not_found)
        return None if reply is None else str(reply["Table"]["TableStatus"])

    def subscribers(self, topic_arn: str) -> tuple[str, ...] | None:
        """The endpoints that hear an SNS topic, all pages."""
        asking, operation = self._asking("sns"), "ListSubscriptionsByTopic"
        pages = list(asking.pages(operation, {"TopicArn": topic_arn}, token=_NEXT, absent=_no_such_topic))
        return None if not pages else tuple(str(one["Endpoint"]) for page in pages for one in page["Subscriptions"])

    def function(self, function: FunctionRef, qualifier: str | None = None) -> DeployedFunction | None:
        """The function, or what `qualifier` stands for."""
        asking = asking_of("lambda", self._functions, region=function.region)
        arguments = {"FunctionName": function.text} | ({} if qualifier is None else {"Qualifier": qualifier})
        reply = asking.one("GetFunction", arguments, absent=said_not_found)
        return None if reply is None else asking.understood("GetFunction", lambda: _function(reply))

    def account(self) -> AccountConcurrency:
        """The concurrency of the account in this region."""
        asking = self._asking("lambda")
        reply: Any = asking.one("GetAccountSettings", {})
        return asking.understood(
            "GetAccountSettings",
            lambda: AccountConcurrency(
                limit=int(reply["AccountLimit"]["ConcurrentExecutions"]),
                unreserved=int(reply["AccountLimit"]["UnreservedConcurrentExecutions"]),
            ),
        )

    def _asking(self, service: str) -> Asking:
        return asking_of(service, self._gentle[service])


def _no_such_queue(error: ClientError) -> bool:
    """Source: SQS API reference, GetQueueAttributes: the code is spelt otherwise in the older protocol."""
    return "NonExistentQueue" in str(error.response.get("Error", {}).get("Code", ""))


def _no_such_topic(error: ClientError) -> bool:
    """Source: SNS API reference, ListSubscriptionsByTopic: NotFound."""
    return "NotFound" in str(error.response.get("Error", {}).get("Code", ""))


def _stack(item: Mapping[str, Any]) -> DeployedStack:
    return DeployedStack(
        name=str(item["StackName"]),
        status=str(item["StackStatus"]),
        created=item.get("CreationTime"),
        outputs={str(one["OutputKey"]): str(one["OutputValue"]) for one in item.get("Outputs") or ()},
        parameters={
            str(one["ParameterKey"]): str(one.get("ParameterValue") or "") for one in item.get("Parameters") or ()
        },
    )


def _held(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item for item in page["StackResourceSummaries"] if item["ResourceStatus"] not in _GONE]


def _resource(item: Mapping[str, Any]) -> Resource:
    return Resource(
        logical=str(item["LogicalResourceId"]),
        kind=str(item["ResourceType"]),
        physical=str(item.get("PhysicalResourceId") or ""),
    )


def _alarm(item: Mapping[str, Any]) -> DeployedAlarm:
    return DeployedAlarm(
        name=str(item["AlarmName"]),
        state=str(item["StateValue"]),
        description=str(item.get("AlarmDescription") or ""),
        actions=len(item.get("AlarmActions") or ()) if item.get("ActionsEnabled", True) else 0,
    )


def _function(reply: Mapping[str, Any]) -> DeployedFunction:
    found = reply["Configuration"]
    logging = found.get("LoggingConfig") or {}
    reserved = (reply.get("Concurrency") or {}).get("ReservedConcurrentExecutions")
    state, update = found.get("State"), found.get("LastUpdateStatus")
    return DeployedFunction(
        arn=str(found["FunctionArn"]),
        version=str(found["Version"]),
        state=None if state is None else str(state),
        state_reason=str(found.get("StateReason") or ""),
        last_update=None if update is None else str(update),
        timeout_s=int(found["Timeout"]),
        # A function of a container image has none.
        runtime=str(found.get("Runtime") or ""),
        log_format=str(logging.get("LogFormat") or "Text"),
        log_group=str(logging.get("LogGroup") or f"/aws/lambda/{found['FunctionName']}"),
        system_log_level=logging.get("SystemLogLevel"),
        variables=dict((found.get("Environment") or {}).get("Variables") or {}),
        role=str(found.get("Role") or ""),
        reserved=None if reserved is None else int(reserved),
    )
