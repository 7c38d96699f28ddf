"""The stage of the doctor's tests: a stack, its targets, roles to ask with, and ways to break things."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from emulator.stack import RunningEmulator
from tests.emulator.controlled import answered, client_of, zipped
from tests.template.checkout import ROOT

T = TypeVar("T")
SOURCE = """
from caretaker_kit import warmable

@warmable
def handler(event, context):
    return {"statusCode": 200, "body": "ok"}
"""
# Schedules of what break_everything breaks, and of a function that is not there.
SICK = """\
version: 1
service: shop
owner: team-shop
timezone: UTC
profiles:
  day: {baseline: 2}
targets:
  - {function: shop-checkout, alias: live, profile: day}
  - {function: shop-search, alias: live, profile: day}
  - {function: shop-till, alias: live, profile: day}
  - {function: shop-gone, alias: live, profile: day}
"""
KEYS = """
import os

def handler(event, context):
    return {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The emulator with the stack in it, and its outputs."""

    emulator: RunningEmulator
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return client_of(self.emulator, service)

    def invoke(self, output: str, event: dict[str, Any]) -> Any:
        return answered(self.client("lambda"), self.outputs[output], event)

    def role(self) -> str:
        found = self.client("lambda").get_function(FunctionName=self.outputs["WarmerFunctionName"])
        return str(found["Configuration"]["Role"]).rpartition("/")[2]


def create_role(emulator: RunningEmulator, name: str, actions: list[str]) -> str:
    """The ARN of a role that allows these actions on everything."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    roles = client_of(emulator, "iam")
    role = roles.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": []}))["Role"]
    roles.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document)
    return str(role["Arn"])


def create_target(emulator: RunningEmulator, name: str, role: str) -> None:
    code = zipped(SOURCE, folder=ROOT / "kits" / "python" / "caretaker_kit")
    functions = client_of(emulator, "lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": code},
        Timeout=20,
        Publish=True,
    )
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


def break_everything(deployed: Deployed) -> None:
    deployed.client("events").disable_rule(Name=deployed.outputs["TickRuleName"])
    deployed.client("ssm").put_parameter(Name=deployed.outputs["SwitchName"], Value="off", Overwrite=True)
    functions = deployed.client("lambda")
    functions.put_function_concurrency(FunctionName="shop-search", ReservedConcurrentExecutions=0)
    functions.delete_alias(FunctionName="shop-till", Name="live")
    functions.put_function_concurrency(
        FunctionName=deployed.outputs["JanitorFunctionName"], ReservedConcurrentExecutions=0
    )
    take_away_targets(deployed)
    deployed.client("sqs").send_message(QueueUrl=deployed.outputs["DeadLettersUrl"], MessageBody="{}")


def while_in_alarm(deployed: Deployed, logical: str, look: Callable[[], T]) -> T:
    """What `look` finds while this alarm is in ALARM: each metric that arrives makes CloudWatch judge it anew."""
    alarms, name = deployed.client("cloudwatch"), alarm_named(deployed, logical)
    for _ in range(5):
        alarms.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test says so")
        found = look()
        if alarms.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"] == "ALARM":
            return found
    raise AssertionError(f"{name} did not stay in ALARM for as long as a look takes")


def take_away_targets(deployed: Deployed) -> None:
    """The permission to invoke, wherever the template has put it."""
    policies, role = deployed.client("iam"), deployed.role()
    for name in policies.list_role_policies(RoleName=role)["PolicyNames"]:
        document = policies.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        if "lambda:InvokeFunction" in json.dumps(document):
            policies.delete_role_policy(RoleName=role, PolicyName=name)
    for policy in policies.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        policies.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])


def alarm_named(deployed: Deployed, logical: str) -> str:
    found = deployed.client("cloudformation").describe_stack_resource(StackName="caretaker", LogicalResourceId=logical)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])
