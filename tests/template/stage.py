"""The stage on which both functions show that their roles suffice: the stack, and everything that it works on.

What lives here deploys with everything switched on, and makes targets with versions, layers, schedules in the stack's
own bucket, and a stack that is to go. What is asked of the functions there is in `errands`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from emulator.stack import RunningEmulator
from tests.emulator.controlled import client_of, zipped
from tests.template.checkout import SAM, run

REGION = "us-east-1"  # where CloudFront's distributions are asked for
ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
# Versions of each thing that is pruned: two stay, the others are marked and go.
STOCK = 5
SOURCE = "def handler(event, context): return {'statusCode': 200}"
# Everything that can be switched on; the emulator has no metric math, and ticks come when the test says so.
OVERRIDES = {
    "RulesState": "DISABLED",
    "MetricMathAlarms": "false",
    "SchedulesBucketCreate": "true",
    "TargetFunctions": f"{FUNCTION}:shop-extra,{FUNCTION}:shop-extra:*",
    "DeployEvents": "true",
    "DeployHook": "true",
    "PresentUsers": "true",
    "JanitorMode": "delete",
    "JanitorKeep": "2",
    "JanitorMinSuperseded": "1s",
    "JanitorGrace": "1s",
    "JanitorRate": "15",
    "JanitorLayers": "true",
    "JanitorFunctions": "shop-*",
    "JanitorTags": '"team=shop"',
}
SCHEDULE = """\
version: 1
service: shop
owner: team-shop
timezone: UTC
profiles:
  day: {baseline: 1}
targets:
  - {function: shop-checkout, alias: live, profile: day}
  - {function: shop-extra, alias: live, profile: day}
"""
STACK = {
    "Resources": {
        "Extra": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "shop-extra",
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": f"arn:aws:iam::{ACCOUNT}:role/any",
                "LoggingConfig": {"LogFormat": "JSON"},
                "Code": {"ZipFile": SOURCE},
            },
        }
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The emulator with the stack and everything that it works on. `gone` is the id of a stack that is to go."""

    emulator: RunningEmulator
    outputs: Mapping[str, str]
    gone: str
    changes: Iterator[int] = field(default_factory=count)

    def client(self, service: str) -> Any:
        return client_of(self.emulator, service)

    def ask(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """The report with which the function of that output answers."""
        reply = self.client("lambda").invoke(FunctionName=self.outputs[function], Payload=json.dumps(event))
        body: dict[str, Any] = json.loads(reply["Payload"].read())
        assert "FunctionError" not in reply, body
        return body

    def role(self, function: str) -> str:
        """The name of the function's role."""
        found = self.client("lambda").get_function_configuration(FunctionName=self.outputs[function])
        return str(found["Role"]).rpartition("/")[2]


def deploy(emulator: RunningEmulator, checkout: Path) -> Mapping[str, str]:
    """Deploy the built checkout with everything switched on; the stack's outputs."""
    given = [f"{name}={value}" for name, value in OVERRIDES.items()]
    command: list[str | Path] = [SAM, "deploy", "--no-confirm-changeset", "--parameter-overrides", *given]
    run(command, folder=checkout, variables=emulator.environment)
    (stack,) = client_of(emulator, "cloudformation").describe_stacks(StackName="caretaker")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def set_up(emulator: RunningEmulator, outputs: Mapping[str, str]) -> Stage:
    """Make what there is to warm, to prune, to read and to drain."""
    formation = client_of(emulator, "cloudformation")
    tags = [{"Key": "caretaker:drain", "Value": "true"}]
    gone = formation.create_stack(StackName="shop", TemplateBody=json.dumps(STACK), Tags=tags)["StackId"]
    formation.get_waiter("stack_create_complete").wait(StackName="shop", WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    stage = Stage(emulator=emulator, outputs=outputs, gone=str(gone))
    _create(stage, "shop-checkout")
    _create(stage, "shop-orders", DurableConfig={"ExecutionTimeout": 60, "RetentionPeriodInDays": 1})
    aws = stage.client("lambda")
    for name, versions in {"shop-checkout": 4, "shop-orders": 4, "shop-extra": 2}.items():
        for _ in range(versions):
            _publish(stage, name)
        aws.tag_resource(Resource=f"{FUNCTION}:{name}", Tags={"team": "shop"})
        _publish_layer(stage)
    aws.create_alias(FunctionName="shop-checkout", Name="live", FunctionVersion="4")
    aws.create_alias(FunctionName="shop-extra", Name="live", FunctionVersion="1")
    return stage


def _create(stage: Stage, name: str, **given: Any) -> None:
    stage.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Code={"ZipFile": zipped(SOURCE)},
        LoggingConfig={"LogFormat": "JSON"},
        **given,
    )


def _publish(stage: Stage, name: str) -> None:
    """A version more of a function, unlike all before."""
    aws = stage.client("lambda")
    aws.update_function_configuration(FunctionName=name, Description=f"change {next(stage.changes)}")
    aws.publish_version(FunctionName=name)


def restock(stage: Stage) -> None:
    """See to it that each sweep finds something to mark or to delete, and never much."""
    aws = stage.client("lambda")
    for name in ("shop-checkout", "shop-orders"):
        if len(aws.list_versions_by_function(FunctionName=name)["Versions"]) <= STOCK:
            _publish(stage, name)
    if len(aws.list_layer_versions(LayerName="tools")["LayerVersions"]) < STOCK:
        _publish_layer(stage)


def _publish_layer(stage: Stage) -> None:
    """A version more of the one layer."""
    stage.client("lambda").publish_layer_version(LayerName="tools", Content={"ZipFile": zipped(SOURCE)})


def change_schedules(stage: Stage) -> int:
    """Put the schedules into the bucket, another document than before; the number of the change."""
    bucket, change = stage.outputs["SchedulesUri"].removeprefix("s3://").partition("/")[0], next(stage.changes)
    text = f"# {change}\n{SCHEDULE}"
    stage.client("s3").put_object(Bucket=bucket, Key="schedules/shop.yaml", Body=text.encode())
    return change
