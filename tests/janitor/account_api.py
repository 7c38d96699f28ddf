"""The simulated account behind the SDK's own interface: `sdk_client(account, "lambda").list_aliases(FunctionName=...)`.

Requests and replies are checked against botocore's models: what AWS does not have is in `Api.complaints`, which every
test must find empty. `Api.before` are called with (service, operation, parameters) ahead of every answer: they may
change the account, or raise what the SDK would raise (`refusal` makes one).
"""

# ruff: noqa: N803 - the parameters have the names that AWS gives them
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from tests.janitor.account import Account, Function, Version

Hook = Callable[[str, str, Mapping[str, Any]], None]
_LONG_AGO = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
_LAMBDA_PAGE = 50


def refusal(operation: str, status: int, code: str, message: str = "no") -> ClientError:
    """What the SDK raises for such an answer."""
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


@dataclass
class Api:
    """The account's doors. `page` is how many things a page has at most, 50 being Lambda's own limit."""

    account: Account
    before: list[Hook] = field(default_factory=list)
    calls: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    page: int = _LAMBDA_PAGE
    complaints: list[str] = field(default_factory=list)

    def client(self, service: str) -> Any:
        """Something that looks like the SDK's client of that service."""
        return _Client(self, service)

    def asked(self, operation: str) -> int:
        """How often that operation was called."""
        return sum(1 for _, name, _ in self.calls if name == operation)

    def answer(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Any:
        """The reply to one request. Raises: ClientError."""
        model = _model(service).operation_model(operation)
        self._check(parameters, model.input_shape, f"{operation} was asked with")
        self.calls.append((service, operation, parameters))
        for hook in self.before:
            hook(service, operation, parameters)
        reply = getattr(self, f"_{xform_name(operation)}")(**parameters)
        self._check(reply, model.output_shape, f"the fake {operation} answers")
        return reply

    def _check(self, value: Any, shape: Any, said: str) -> None:
        # CloudFront's model wants every field of a distribution; the fake gives the ones that are read.
        if shape is None or (isinstance(value, dict) and "DistributionList" in value):
            return
        if (problems := ParamValidator().validate(value, shape)).has_errors():
            self.complaints.append(f"{said} {problems.generate_report()}")

    def _list_functions(self, FunctionVersion: str = "", Marker: str = "0") -> Any:
        items: list[Any] = []
        for name, function in self.account.functions.items():
            items.append({**self._configuration(name, "$LATEST", Version(_LONG_AGO, f"sha-{name}"))})
            if FunctionVersion == "ALL":
                items += [self._configuration(name, number, one) for number, one in function.versions.items()]
                items.append({"FunctionName": name, "Version": "$LATEST.PUBLISHED", "CodeSha256": "x", "CodeSize": 1})
        return self._paged("Functions", items, Marker)

    def _configuration(self, name: str, number: object, version: Version) -> dict[str, Any]:
        durable = {"DurableConfig": {"RetentionPeriodInDays": 14}} if version.durable else {}
        return {
            "FunctionName": name,
            "FunctionArn": self.account.arn(name, number),
            "Version": str(number),
            "CodeSha256": version.code,
            "CodeSize": 1000,
            "LastModified": _written(version.published),
            "SnapStart": {"ApplyOn": "PublishedVersions" if version.snap_start else "None"},
            **durable,
        }

    def _list_aliases(self, FunctionName: str, Marker: str = "0") -> Any:
        function = self._function("ListAliases", FunctionName)
        items = [
            {
                "Name": alias,
                "FunctionVersion": version,
                **({"RoutingConfig": {"AdditionalVersionWeights": weights}} if weights else {}),
            }
            for alias, (version, weights) in function.aliases.items()
        ]
        page = self._paged("Aliases", items, Marker)
        function.looks += Marker == "0"
        self.account.shown(FunctionName, [one["Name"] for one in page["Aliases"]])
        return page

    def _get_function(self, FunctionName: str, Qualifier: str = "") -> Any:
        function = self._function("GetFunction", FunctionName)
        if not Qualifier:
            tags = {"Tags": function.tags} if function.tags else {}
            return {"Configuration": {"FunctionName": FunctionName, "State": "Active"}, **tags}
        version = self._version("GetFunction", FunctionName, Qualifier)
        state = {"State": version.state, "LastUpdateStatus": version.update}
        return {"Configuration": {**self._configuration(FunctionName, Qualifier, version), **state}}

    def _get_policy(self, FunctionName: str, Qualifier: str) -> Any:
        if not self._version("GetPolicy", FunctionName, Qualifier).policy:
            raise refusal("GetPolicy", 404, "ResourceNotFoundException", "The resource you requested does not exist.")
        statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}}
        return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}

    def _list_provisioned_concurrency_configs(self, FunctionName: str, Marker: str = "0") -> Any:
        function = self._function("ListProvisionedConcurrencyConfigs", FunctionName)
        arns = [self.account.arn(FunctionName, qualifier) for qualifier in sorted(function.provisioned)]
        items = [{"FunctionArn": arn, "RequestedProvisionedConcurrentExecutions": 1} for arn in arns]
        return self._paged("ProvisionedConcurrencyConfigs", items, Marker)

    def _list_function_event_invoke_configs(self, FunctionName: str, Marker: str = "0") -> Any:
        function = self._function("ListFunctionEventInvokeConfigs", FunctionName)
        arns = [self.account.arn(FunctionName, qualifier) for qualifier in sorted(function.invoke_configs)]
        return self._paged("FunctionEventInvokeConfigs", [{"FunctionArn": arn} for arn in arns], Marker)

    def _list_event_source_mappings(self, Marker: str = "0") -> Any:
        items = [{"UUID": f"{n:036}", "FunctionArn": arn} for n, arn in enumerate(self.account.mappings)]
        return self._paged("EventSourceMappings", items, Marker)

    def _list_durable_executions_by_function(
        self, FunctionName: str, Qualifier: str = "$LATEST", Statuses: Iterable[str] = (), Marker: str = "0"
    ) -> Any:
        version = self._version("ListDurableExecutionsByFunction", FunctionName, Qualifier)
        items = [
            {
                "DurableExecutionArn": f"{self.account.arn(FunctionName, Qualifier)}/{n}",
                "DurableExecutionName": str(n),
                "FunctionArn": self.account.arn(FunctionName, Qualifier),
                "Status": status,
                "StartTimestamp": _LONG_AGO,
            }
            for n, status in enumerate(version.executions)
            if not Statuses or status in Statuses
        ]
        return self._paged("DurableExecutions", items, Marker)

    def _delete_function(self, FunctionName: str, Qualifier: str = "") -> Any:
        if not Qualifier:
            self.account.whole_function_deletes.append(FunctionName)
            raise refusal("DeleteFunction", 403, "AccessDeniedException", "a whole function")
        function = self._function("DeleteFunction", FunctionName)
        if not Qualifier.isdigit():
            raise refusal("DeleteFunction", 400, "InvalidParameterValueException", f"not a version: {Qualifier}")
        users = sorted(name for name, numbers in function.live().items() if int(Qualifier) in numbers)
        if users:
            raise refusal("DeleteFunction", 409, "ResourceConflictException", f"aliases reference it: {users}")
        if (FunctionName, int(Qualifier)) in self.account.stuck:
            early = self.account.left_alone(FunctionName, int(Qualifier))
            self.complaints += [f"{FunctionName}:{Qualifier} was asked for too early: {why}" for why in early]
            said = self.account.refuse(FunctionName, int(Qualifier))
            raise refusal("DeleteFunction", 400, "InvalidParameterValueException", said)
        if int(Qualifier) in function.versions:
            self.account.delete(FunctionName, int(Qualifier))
        members = _model("lambda").shape_for("DeleteFunctionResponse").members
        return {"StatusCode": 204} if "StatusCode" in members else {}

    # The other services

    def _describe_stacks(self, StackName: str) -> Any:
        stack = self._stack("DescribeStacks", StackName)
        above = {"ParentId": stack.parent, "RootId": stack.root} if stack.parent else {}
        described = {"StackId": stack.stack_id, "StackName": stack.name, "StackStatus": stack.status, **above}
        tags = [{"Key": key, "Value": value} for key, value in stack.tags.items()]
        return {"Stacks": [{**described, "CreationTime": _LONG_AGO, "Tags": tags}]}

    def _list_stack_resources(self, StackName: str, NextToken: str = "0") -> Any:
        items = [
            {
                "LogicalResourceId": f"R{n}",
                "ResourceType": kind,
                "PhysicalResourceId": thing,
                "ResourceStatus": status,
                "LastUpdatedTimestamp": _LONG_AGO,
            }
            for n, (kind, thing, status) in enumerate(self._stack("ListStackResources", StackName).resources)
        ]
        return self._paged("StackResourceSummaries", items, NextToken, "NextToken")

    def _list_deployments(self, includeOnlyStatuses: Iterable[str], nextToken: str = "0") -> Any:
        ids = [one for one, (status, _) in self.account.deployments.items() if status in includeOnlyStatuses]
        return self._paged("deployments", ids, nextToken, "nextToken")

    def _get_deployment(self, deploymentId: str) -> Any:
        status = self.account.deployments[deploymentId][0]
        return {"deploymentInfo": {"deploymentId": deploymentId, "status": status, "computePlatform": "Lambda"}}

    def _list_deployment_targets(self, deploymentId: str) -> Any:
        if self.account.deployments[deploymentId][1] is None:
            raise refusal("ListDeploymentTargets", 400, "DeploymentNotStartedException")
        return {"targetIds": ["target-1"]}

    def _get_deployment_target(self, deploymentId: str, targetId: str) -> Any:
        info = {"functionName": self.account.deployments[deploymentId][1], "functionAlias": "live"}
        target = {"targetId": targetId, "lambdaFunctionInfo": info}
        return {"deploymentTarget": {"deploymentTargetType": "LambdaTarget", "lambdaTarget": target}}

    def _list_distributions(self, Marker: str = "0") -> Any:
        items = [_distribution(n, arns) for n, arns in enumerate(self.account.distributions)]
        page = self._paged("Items", items, Marker)
        whole = {"Marker": Marker, "MaxItems": self.page, "IsTruncated": "NextMarker" in page, "Quantity": len(items)}
        return {"DistributionList": {**whole, **page}}

    def _list_metrics(self, Namespace: str, MetricName: str, Dimensions: list[Any], NextToken: str = "0") -> Any:
        name = next(one["Value"] for one in Dimensions if one["Name"] == "FunctionName")
        function = self.account.functions.get(name, Function())
        recent = [n for n, one in function.versions.items() if one.invoked and self._is_recent(one.invoked)]
        series = [[], *([{"Name": "Resource", "Value": f"{name}:{number}"}] for number in recent)]
        series += [[{"Name": "Resource", "Value": f"{name}:{alias}"}] for alias in function.aliases]
        own = {"Namespace": Namespace, "MetricName": MetricName}
        items = [{**own, "Dimensions": [{"Name": "FunctionName", "Value": name}, *more]} for more in series]
        return self._paged("Metrics", items, NextToken, "NextToken")

    def _is_recent(self, at: datetime) -> bool:
        return self.account.now - at <= timedelta(days=14)

    def _paged(self, key: str, items: list[Any], marker: str, token: str = "NextMarker") -> dict[str, Any]:
        start = int(marker)
        more = {token: str(start + self.page)} if start + self.page < len(items) else {}
        return {key: items[start : start + self.page], **more}

    def _function(self, operation: str, name: str) -> Function:
        if name not in self.account.functions:
            raise refusal(operation, 404, "ResourceNotFoundException", f"Function not found: {name}")
        return self.account.functions[name]

    def _version(self, operation: str, name: str, qualifier: str) -> Version:
        version = self._function(operation, name).versions.get(int(qualifier))
        if version is None:
            raise refusal(operation, 404, "ResourceNotFoundException", f"Function not found: {name}:{qualifier}")
        return version

    def _stack(self, operation: str, name: str) -> Any:
        found = [one for one in self.account.stacks.values() if name in (one.stack_id, one.name)]
        if not found:
            raise refusal(operation, 400, "ValidationError", f"Stack with id {name} does not exist")
        return found[0]


class _Client:
    """The part of the SDK's client that adapters use."""

    def __init__(self, api: Api, service: str) -> None:
        self._api, self._service = api, service
        self.meta = SimpleNamespace(region_name=api.account.region, service_model=_model(service))

    def __getattr__(self, name: str) -> Any:
        operation = _operations(self._service)[name]
        return lambda **parameters: self._api.answer(self._service, operation, parameters)


def _distribution(number: int, arns: list[str]) -> dict[str, Any]:
    """As much of a distribution as the janitor reads: its first function on the default behavior."""
    first, *others = [
        {
            "LambdaFunctionAssociations": {
                "Quantity": 1,
                "Items": [{"LambdaFunctionARN": a, "EventType": "origin-request"}],
            }
        }
        for a in arns
    ] or [{}]
    return {
        "Id": f"E{number}",
        "DefaultCacheBehavior": first,
        "CacheBehaviors": {"Quantity": len(others), "Items": others},
    }


@cache
def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@cache
def _operations(service: str) -> Mapping[str, str]:
    return {xform_name(name): name for name in _model(service).operation_names}
