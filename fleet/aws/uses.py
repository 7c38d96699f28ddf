"""Everything that may use a version, read from AWS: the adapter of `fleet.uses.Uses`.

Reads only. The caller needs lambda:GetFunction, lambda:ListTags, lambda:GetPolicy, lambda:ListEventSourceMappings,
lambda:ListProvisionedConcurrencyConfigs, lambda:ListFunctionEventInvokeConfigs, lambda:ListDurableExecutionsByFunction,
cloudformation:DescribeStacks, cloudformation:ListStackResources, codedeploy:ListDeployments,
codedeploy:GetDeployment, codedeploy:ListDeploymentTargets, codedeploy:GetDeploymentTarget,
cloudwatch:ListMetrics and, in us-east-1, cloudfront:ListDistributions.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from fleet.aws.asking import Asking, not_found, said_not_found
from fleet.aws.clients import client
from fleet.aws.deployments import deployments_in_flight
from fleet.aws.edge import EDGE_REGION, edge_uses
from fleet.aws.errors import translated
from fleet.aws.paces import Bucket, Paces
from fleet.aws.stacks import AwsStacks
from fleet.model import VersionNumber
from fleet.ports import AccessDenied, Refused
from fleet.uses import Deployment, Stack, StackContents, VersionState, VersionUse

_MARKER = ("Marker", "NextMarker")
_SERVICES = ("lambda", "cloudformation", "codedeploy", "cloudfront", "cloudwatch")
# Source: Lambda API reference, Execution, Status; the others are final.
_OPEN = ("RUNNING", "PAUSING", "PAUSED", "DELETING")
_Item = Mapping[str, Any]
_VERSION_ARN = re.compile(r"(?:.*:function:)?(?P<name>[^:]+):(?P<number>[1-9][0-9]*)", re.ASCII)


class AwsUses:
    """The Uses port over the SDK's clients; every request waits its turn in its own bucket."""

    def __init__(self, clients: Mapping[str, Any], paces: Paces) -> None:
        self._clients = clients
        self._shared = self._asking("lambda", paces, Bucket.CONTROL_PLANE)
        self._functions = self._asking("lambda", paces, Bucket.GET_FUNCTION)
        self._policies = self._asking("lambda", paces, Bucket.GET_POLICY)
        self._codedeploy = self._asking("codedeploy", paces, Bucket.CODEDEPLOY)
        self._cloudfront = self._asking("cloudfront", paces, Bucket.CLOUDFRONT)
        self._metrics = self._asking("cloudwatch", paces, Bucket.CLOUDWATCH)
        self._stacks = AwsStacks(self._asking("cloudformation", paces, Bucket.CLOUDFORMATION))

    @classmethod
    def connect(cls, paces: Paces, *, timeout_s: float) -> Self:
        """The port over the SDK's own endpoints, region and credentials. Raises: FleetError (no region)."""
        try:
            return cls({service: client(service, timeout_s=timeout_s) for service in _SERVICES}, paces)
        except Exception as error:
            raise translated(error, service="lambda", operation="GetFunction") from error

    def event_sources(self) -> tuple[VersionUse, ...]:
        """Every event source mapping of the region that names a version by number, enabled or not."""
        pages = self._shared.pages("ListEventSourceMappings", {}, token=_MARKER)
        return self._named("ListEventSourceMappings", pages, "EventSourceMappings", _mapping)

    def deployments(self) -> tuple[Deployment, ...]:
        """Every CodeDeploy deployment of Lambda functions that has not ended."""
        return deployments_in_flight(self._codedeploy)

    def edge(self) -> tuple[VersionUse, ...]:
        """Every version that a CloudFront distribution runs.

        Source: CloudFront developer guide, "Restrictions on Lambda@Edge": the function is in US East (N. Virginia), and
        a distribution names a numbered version, never an alias.
        """
        if self._clients["lambda"].meta.region_name != EDGE_REGION:
            return ()
        return edge_uses(self._cloudfront)

    def tags(self, function: str) -> Mapping[str, str]:
        """The function's tags.

        Source: Lambda API reference, GetFunction: tags come only to callers that may call lambda:ListTags; TagsError
        says so otherwise. Raises: FunctionAbsent, FleetError.
        """
        reply = self._functions.one("GetFunction", {"FunctionName": function}) or {}
        if (error := reply.get("TagsError")) is not None:
            said = f"lambda:ListTags: the tags of {function} were not given: {error.get('Message') or error}"
            raise AccessDenied(f"{said}; allow lambda:ListTags in the role's policy", action="lambda:ListTags")
        # A function without tags has no Tags in its reply; what has no Configuration is no reply of Lambda's at all.
        self._functions.understood("GetFunction", lambda: reply["Configuration"])
        return {str(key): str(value) for key, value in (reply.get("Tags") or {}).items()}

    def provisioned(self, function: str) -> tuple[VersionUse, ...]:
        """Versions with provisioned concurrency of their own. Raises: FunctionAbsent, FleetError."""
        operation = "ListProvisionedConcurrencyConfigs"
        pages = self._shared.pages(operation, {"FunctionName": function}, token=_MARKER)
        return self._named(operation, pages, "ProvisionedConcurrencyConfigs", _provisioned)

    def invoke_configs(self, function: str) -> tuple[VersionUse, ...]:
        """Versions with an asynchronous invoke configuration of their own. Raises: FunctionAbsent, FleetError."""
        operation = "ListFunctionEventInvokeConfigs"
        pages = self._shared.pages(operation, {"FunctionName": function}, token=_MARKER)
        return self._named(operation, pages, "FunctionEventInvokeConfigs", _invoke_config)

    def traffic(self, function: str) -> tuple[VersionUse, ...]:
        """Versions that were invoked under their number in the last 14 days.

        Source: Lambda developer guide, "Viewing metrics": the dimension Resource is `name:number` for such invocations.
        CloudWatch API reference, ListMetrics: a metric without data for two weeks is not listed.
        """
        wanted = {
            "Namespace": "AWS/Lambda",
            "MetricName": "Invocations",
            "Dimensions": [{"Name": "FunctionName", "Value": function}],
        }
        pages = self._metrics.pages("ListMetrics", wanted, token=("NextToken", "NextToken"))
        names = self._metrics.understood("ListMetrics", lambda: [text for page in pages for text in _resources(page)])
        uses = (_use(text, "it was invoked under its number in the last 14 days") for text in names)
        return tuple(use for use in uses if use is not None and use.function == function)

    def state(self, function: str, version: VersionNumber) -> VersionState | None:
        """The version's state now; None when it is gone.

        ListFunctions leaves the state out. GetFunction has a rate of its own, which GetFunctionConfiguration has not.
        """
        if not self._knows_durable_functions():
            raise Refused(
                "lambda:GetFunction: this SDK cannot see durable functions; ship a newer boto3 with the janitor"
            )
        asked = {"FunctionName": function, "Qualifier": str(version)}
        reply = self._functions.one("GetFunction", asked, absent=not_found)
        if reply is None:
            return None
        return self._functions.understood("GetFunction", lambda: _state(reply["Configuration"]))

    def policy(self, function: str, version: VersionNumber) -> str | None:
        """Whom a resource policy on the version lets in; None when it has no policy.

        Source: Lambda API reference, GetPolicy: a policy stands on the exact qualifier; a version without one is a 404.
        """
        asked = {"FunctionName": function, "Qualifier": str(version)}
        reply = self._policies.one("GetPolicy", asked, absent=said_not_found)
        return None if reply is None else _let_in(str(reply.get("Policy", "")))

    def open_executions(self, function: str, version: VersionNumber) -> int:
        """How many open durable executions are pinned to the version, as far as the first page with one tells.

        Source: Lambda API reference, ListDurableExecutionsByFunction: without a qualifier it speaks of $LATEST.
        """
        operation = "ListDurableExecutionsByFunction"
        asked = {"FunctionName": function, "Qualifier": str(version), "Statuses": list(_OPEN)}
        for page in self._shared.pages(operation, asked, token=_MARKER):
            if executions := page.get("DurableExecutions"):
                return len(executions)
        return 0

    def stack(self, stack_id: str) -> Stack | None:
        """The stack as it is now; None when CloudFormation does not know it."""
        return self._stacks.stack(stack_id)

    def contents(self, stack_id: str) -> StackContents:
        """What the stack holds now, all pages."""
        return self._stacks.contents(stack_id)

    def _asking(self, service: str, paces: Paces, bucket: Bucket) -> Asking:
        return Asking(client=self._clients[service], service=service, pace=paces.of(bucket))

    def _knows_durable_functions(self) -> bool:
        model = self._clients["lambda"].meta.service_model
        return "DurableConfig" in model.shape_for("FunctionConfiguration").members

    def _named(
        self, operation: str, pages: Iterable[_Item], key: str, say: Callable[[_Item], str]
    ) -> tuple[VersionUse, ...]:
        def read() -> tuple[VersionUse, ...]:
            found = [_use(str(item["FunctionArn"]), say(item)) for page in pages for item in page[key]]
            return tuple(use for use in found if use is not None)

        return self._shared.understood(operation, read)


def _use(arn: str, by: str) -> VersionUse | None:
    match = _VERSION_ARN.fullmatch(arn)
    if match is None:
        return None
    return VersionUse(function=match["name"], version=VersionNumber.parse(match["number"]), by=by)


def _mapping(item: _Item) -> str:
    source = str(item.get("EventSourceArn") or item.get("UUID") or "a source").rsplit(":", 1)[-1]
    return f"the event source mapping of {source} invokes it"


def _provisioned(item: _Item) -> str:
    return f"it has provisioned concurrency of {item.get('RequestedProvisionedConcurrentExecutions', '?')}"


def _invoke_config(_: _Item) -> str:
    return "it has an asynchronous invoke configuration of its own"


def _resources(page: _Item) -> list[str]:
    dimensions = (one for metric in page["Metrics"] for one in metric.get("Dimensions") or ())
    return [str(one["Value"]) for one in dimensions if one["Name"] == "Resource"]


def _state(configuration: _Item) -> VersionState:
    return VersionState(
        state=str(configuration["State"]),
        last_update=str(configuration.get("LastUpdateStatus") or ""),
        durable=configuration.get("DurableConfig") is not None,
    )


def _let_in(document: str) -> str:
    try:
        statements = json.loads(document)["Statement"]
        principals = {_principal(statement.get("Principal")) for statement in statements}
    except (ValueError, KeyError, TypeError, AttributeError):
        return "somebody"
    return ", ".join(sorted(principals)) or "nobody"


def _principal(principal: Any) -> str:
    if not isinstance(principal, Mapping):
        return str(principal)
    named = next(iter(principal.values()), "somebody")
    return ", ".join(named) if isinstance(named, list) else str(named)
