"""`python -m bench.janitor`: what a plan of a very large account costs in memory and processor time.

2,000 functions with 50 versions each, read through the product's own adapters and the SDK, the state table included;
without the network: each request is answered with the bytes that AWS would send. Half of the functions have versions
that only the dear checks can judge, the other half's are too young. The process that plans is measured as a whole,
imports and SDK included. Beside it, in a process of its own, plain clients of the SDK send as many requests of the same
kinds and look at nothing: a machine that is slow or busy is so for both.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FUNCTIONS, VERSIONS = 2_000, 50
MOST_MB, MOST_CPU_S = 256, 10
_NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
_PAGE = 50
_LINES = VERSIONS + 1


def _configuration(function: int, version: int) -> dict[str, Any]:
    """One entry of ListFunctions, with as much in it as a usual function has."""
    name = f"team-{function % 40:02}-service-{function:04}-prod"
    old = function % 2 == 0
    at = _NOW - timedelta(days=90 if old else 3, minutes=VERSIONS - version)
    arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"
    number = "$LATEST" if version == 0 else str(version)
    return {
        "FunctionName": name,
        "FunctionArn": f"{arn}:{number}",
        "Runtime": "python3.13",
        "Role": f"arn:aws:iam::123456789012:role/{name}-role",
        "Handler": "app.handler.lambda_handler",
        "CodeSize": 41_234_567,
        "Description": "",
        "Timeout": 30,
        "MemorySize": 1024,
        "LastModified": at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "CodeSha256": f"{function:04}{version:02}".ljust(43, "a") + "=",
        "Version": number,
        "VpcConfig": {"SubnetIds": ["subnet-0a", "subnet-0b"], "SecurityGroupIds": ["sg-0c"], "VpcId": "vpc-0d"},
        "Environment": {"Variables": {f"SETTING_{n}": "a value of some length" for n in range(8)}},
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": "0f0f0f0f-1111-2222-3333-444444444444",
        "PackageType": "Zip",
        "Architectures": ["arm64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": f"/aws/lambda/{name}"},
    }


class _Answers:
    """The account as the bytes that AWS would send; counts what was asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.preparing_s = 0.0

    def __call__(self, request: Any, event_name: str, **_: Any) -> Any:
        """The answer to one request, in place of the network. What it takes to make it up does not count."""
        from botocore.awsrequest import AWSResponse  # noqa: PLC0415

        started = time.process_time()
        operation = event_name.rsplit(".", 1)[1]
        self.asked[operation] += 1
        status, body = (200, _page(request.url)) if operation == "ListFunctions" else _OTHERS[operation]
        raw = _Raw(json.dumps(body).encode())
        headers = {"content-type": "application/json"}
        if status == 404:
            headers["x-amzn-errortype"] = "ResourceNotFoundException"
        self.preparing_s += time.process_time() - started
        return AWSResponse(request.url, status, headers, raw)


_HISTORY = {
    "pk": {"S": "function#one"},
    "sk": {"S": "history"},
    "schema": {"N": "1"},
    "revision": {"N": "3"},
    "live": {"L": [{"S": str(VERSIONS)}]},
    "superseded": {"M": {}},
    "aliases": {
        "M": {"live": {"L": [{"M": {"version": {"S": str(VERSIONS)}, "at": {"S": "2026-11-24T06:00:00+00:00"}}}]}}
    },
    "quarantine": {"L": []},
}
_OTHERS: dict[str, tuple[int, Any]] = {
    "GetItem": (200, {}),
    "Query": (200, {"Items": [_HISTORY], "Count": 1}),
    "ListFunctionEventInvokeConfigs": (200, {"FunctionEventInvokeConfigs": []}),
    "ListAliases": (200, {"Aliases": [{"Name": "live", "FunctionVersion": str(VERSIONS)}]}),
    "GetFunction": (200, {"Configuration": {"State": "Active", "LastUpdateStatus": "Successful"}, "Tags": {"a": "b"}}),
    "GetPolicy": (404, {"Type": "User", "Message": "The resource you requested does not exist."}),
    "ListMetrics": (200, {"Metrics": []}),
    "ListDeployments": (200, {"deployments": []}),
    "ListEventSourceMappings": (200, {"EventSourceMappings": []}),
    "ListProvisionedConcurrencyConfigs": (200, {"ProvisionedConcurrencyConfigs": []}),
}


def _page(url: str) -> dict[str, Any]:
    found = re.search(r"Marker=(\d+)", url)
    start = int(found[1]) if found else 0
    ends = min(start + _PAGE, FUNCTIONS * _LINES)
    more = {"NextMarker": str(ends)} if ends < FUNCTIONS * _LINES else {}
    return {"Functions": [_configuration(*divmod(n, _LINES)) for n in range(start, ends)], **more}


class _Raw:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, **_: Any) -> Any:
        yield self._data

    def read(self, *_: Any) -> bytes:
        return self._data


_SERVICES = ("lambda", "cloudformation", "codedeploy", "cloudfront", "cloudwatch", "dynamodb")


def _plan() -> None:
    """Plan, and print what it cost; runs in a process of its own."""
    from fleet.aws.clients import client  # noqa: PLC0415 - what imports cost is measured, too
    from fleet.aws.rate import TimeBox  # noqa: PLC0415
    from janitor import handler  # noqa: PLC0415
    from janitor.run import make_plan  # noqa: PLC0415
    from janitor.settings import JanitorSettings  # noqa: PLC0415

    answers = _Answers()
    for service in _SERVICES:
        client(service, timeout_s=10.0).meta.events.register("before-send.*", answers)
    settings = replace(JanitorSettings.from_env(os.environ), rate=1e9)
    planned = make_plan(handler.doors(settings, TimeBox()), settings, _NOW)
    versions = sum(len(function.verdicts) for function in planned.plan.functions)
    clear = sum(len(function.to_delete) for function in planned.plan.functions)
    unread = [words for function in planned.plan.functions for words in function.unread]
    assert not unread, unread[0]
    _tell(answers, versions=versions, clear=clear)


def _plain(asked: dict[str, int]) -> None:
    """The same requests through the SDK as it comes, and print what that cost; runs in a process of its own."""
    import boto3  # noqa: PLC0415

    answers = _Answers()
    clients = {service: boto3.client(service) for service in _SERVICES}
    for one in clients.values():
        one.meta.events.register("before-send.*", answers)
    for operation, times in asked.items():
        service, method, parameters = _CALLS[operation]
        for number in range(times):
            more = {"Marker": str(number * _PAGE)} if operation == "ListFunctions" else {}
            with suppress(clients["lambda"].exceptions.ResourceNotFoundException):
                getattr(clients[service], method)(**parameters, **more)
    _tell(answers)


def _tell(answers: _Answers, **more: Any) -> None:
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu_s = time.process_time() - answers.preparing_s
    print(json.dumps({"asked": answers.asked, "peak_mb": peak_mb, "cpu_s": cpu_s, **more}))


_ONE = {"FunctionName": "team-01-service-0001-prod"}
_SEVENTH = {**_ONE, "Qualifier": "7"}
_NAMED = [{"Name": "FunctionName", "Value": _ONE["FunctionName"]}]
_CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ListFunctions": ("lambda", "list_functions", {"FunctionVersion": "ALL"}),
    "ListAliases": ("lambda", "list_aliases", _ONE),
    "GetFunction": ("lambda", "get_function", _SEVENTH),
    "GetPolicy": ("lambda", "get_policy", _SEVENTH),
    "ListEventSourceMappings": ("lambda", "list_event_source_mappings", {}),
    "ListProvisionedConcurrencyConfigs": ("lambda", "list_provisioned_concurrency_configs", _ONE),
    "ListFunctionEventInvokeConfigs": ("lambda", "list_function_event_invoke_configs", _ONE),
    "ListDeployments": ("codedeploy", "list_deployments", {"includeOnlyStatuses": ["Created", "InProgress"]}),
    "ListMetrics": (
        "cloudwatch",
        "list_metrics",
        {"Namespace": "AWS/Lambda", "MetricName": "Invocations", "Dimensions": _NAMED},
    ),
    "GetItem": ("dynamodb", "get_item", {"TableName": "state", "Key": {"pk": {"S": "janitor"}, "sk": {"S": "cursor"}}}),
    "Query": (
        "dynamodb",
        "query",
        {
            "TableName": "state",
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "function#one"}},
            "ConsistentRead": True,
        },
    ),
}


def _measured(*arguments: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as schedules:
        environment = {
            **os.environ,
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "CARETAKER_SCHEDULES": schedules,
            "CARETAKER_STATE_TABLE": "state",
        }
        command = [sys.executable, "-m", "bench.janitor", *arguments]
        done = subprocess.run(
            command, env=environment, cwd=Path(__file__).parent.parent, check=True, stdout=subprocess.PIPE, text=True
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Measure both, each in a process of its own, and compare ours with the goal."""
    ours = _measured("--plan")
    plain = _measured("--plain", json.dumps(ours["asked"]))
    requests = sum(ours["asked"].values())
    print(f"{FUNCTIONS:,} functions with {ours['versions']:,} versions planned in {requests:,} requests")
    print(f"  memory at most  {ours['peak_mb']:6.0f} MB   goal {MOST_MB} MB")
    print(f"  processor time  {ours['cpu_s']:6.1f} s    goal {MOST_CPU_S} s, network and waiting apart")
    print(f"  plain clients   {plain['cpu_s']:6.1f} s    for the requests alone; ours is {_ratio(ours, plain)} of that")
    return 0 if ours["peak_mb"] <= MOST_MB and ours["cpu_s"] <= MOST_CPU_S else 1


def _ratio(ours: dict[str, Any], plain: dict[str, Any]) -> str:
    return f"{ours['cpu_s'] / plain['cpu_s']:.0%}"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--plan"]:
            _plan()
        case ["--plain", asked]:
            _plain(json.loads(asked))
        case _:
            sys.exit(main())
