"""The stack as the stock `sam` command deploys it into the emulator, twice, and both functions as they then answer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator.stack import RunningEmulator, running_emulator
from tests.template.checkout import SAM, run
from tests.template.reading import read_template

# The rules stay still, so that no tick comes between; the emulator has no metric math.
OVERRIDES = ["RulesState=DISABLED", "MetricMathAlarms=false", 'TickSchedule="cron(0/1 * * * ? *)"']
ACCOUNT = "123456789012"
ALARM = "AWS::CloudWatch::Alarm"

pytestmark = pytest.mark.stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The emulator with the stack in it; the stack's outputs, and what the second deploy printed."""

    emulator: RunningEmulator
    outputs: dict[str, str]
    again: str

    def client(self, service: str) -> Any:
        variables = self.emulator.environment
        url = variables["AWS_ENDPOINT_URL_LAMBDA" if service == "lambda" else "AWS_ENDPOINT_URL"]
        session = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=self.emulator.account.region
        )
        return session.client(service, endpoint_url=url)

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        reply = self.client("lambda").invoke(FunctionName=self.outputs[function], Payload=json.dumps(event))
        body: dict[str, Any] = json.loads(reply["Payload"].read())
        assert "FunctionError" not in reply, body
        return body


@pytest.fixture(scope="module")
def deployed(built_checkout: Path) -> Iterator[Deployed]:
    with running_emulator() as emulator:
        variables = dict(emulator.environment)
        deploy = [SAM, "deploy", "--no-confirm-changeset", "--parameter-overrides", *OVERRIDES]
        run(deploy, folder=built_checkout, variables=variables)
        (built_checkout / "README.md").write_text("Another first line.\n", encoding="utf-8")
        run([SAM, "build"], folder=built_checkout)
        again = run(deploy, folder=built_checkout, variables=variables)
        yield Deployed(emulator=emulator, outputs=_outputs(emulator), again=again)


def _outputs(emulator: RunningEmulator) -> dict[str, str]:
    (stack,) = (
        Deployed(emulator=emulator, outputs={}, again="")
        .client("cloudformation")
        .describe_stacks(StackName="caretaker")["Stacks"]
    )
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_a_deploy_after_an_edit_of_the_readme_finds_no_changes(deployed: Deployed) -> None:
    assert "No changes to deploy. Stack caretaker is up to date" in deployed.again


def test_the_outputs_name_what_an_operator_needs(deployed: Deployed) -> None:
    assert deployed.outputs["WarmerFunctionArn"].endswith(
        f":{ACCOUNT}:function:{deployed.outputs['WarmerFunctionName']}"
    )
    assert deployed.outputs["JanitorFunctionName"].startswith("caretaker-JanitorFunction-")
    assert set(deployed.outputs) >= {"StateTableName", "DeadLettersUrl", "TickRuleName", "SweepRuleName"}


def test_the_deployed_warmer_serves_a_tick_from_its_bundled_schedules(deployed: Deployed) -> None:
    report = deployed.invoke("WarmerFunctionName", {"time": datetime.now(UTC).isoformat()})
    (target,) = report["targets"]
    assert (target["service"], target["function"], target["qualifier"]) == ("shop", "shop-checkout", "live")
    assert (report["ok"], target["wanted"], target["covered"]) == (False, 2, 0)
    assert target["reason"]


def test_the_deployed_janitor_plans_and_deletes_nothing(deployed: Deployed) -> None:
    report = deployed.invoke("JanitorFunctionName", {"caretaker": {"run": "plan"}})
    assert (report["ok"], report["run"]) == (True, "plan")
    assert [item["deleted"] for item in report["functions"] if item["deleted"]] == []


def test_the_deployed_functions_share_the_state_table(deployed: Deployed) -> None:
    functions = deployed.client("lambda")
    tables = [
        functions.get_function_configuration(FunctionName=deployed.outputs[name])["Environment"]["Variables"]
        for name in ("WarmerFunctionName", "JanitorFunctionName")
    ]
    assert [variables["CARETAKER_STATE_TABLE"] for variables in tables] == [deployed.outputs["StateTableName"]] * 2
    table = deployed.client("dynamodb").describe_table(TableName=deployed.outputs["StateTableName"])["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]


def test_the_deployed_log_groups_forget_after_thirty_days(deployed: Deployed) -> None:
    groups = deployed.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/caretaker-")["logGroups"]
    kept = {group["logGroupName"]: group.get("retentionInDays") for group in groups}
    functions = [deployed.outputs["WarmerFunctionName"], deployed.outputs["JanitorFunctionName"]]
    assert kept == {f"/aws/lambda/{name}": 30 for name in functions}


def test_the_deployed_rules_reach_their_functions_and_give_up_into_the_queue(deployed: Deployed) -> None:
    events = deployed.client("events")
    rule = events.describe_rule(Name=deployed.outputs["TickRuleName"])
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(0/1 * * * ? *)", "DISABLED")
    (target,) = events.list_targets_by_rule(Rule=deployed.outputs["TickRuleName"])["Targets"]
    assert target["Arn"] == deployed.outputs["WarmerFunctionArn"]
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 120}
    assert ":caretaker-DeadLetters-" in target["DeadLetterConfig"]["Arn"]


def test_the_deployed_alarms_are_those_of_the_template_but_for_metric_math(deployed: Deployed) -> None:
    alarms = deployed.client("cloudwatch").describe_alarms()["MetricAlarms"]
    names = {alarm["AlarmName"].split("-")[1] for alarm in alarms}
    declared = {name: one for name, one in read_template()["Resources"].items() if one["Type"] == ALARM}
    assert names == {name for name, one in declared.items() if "Condition" not in one}
