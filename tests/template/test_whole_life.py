"""A stack's whole life in the emulator with the stock `sam`: deploy, ticks by the rule, a schedule edited in S3, a new
version, a deployment that fails and is rolled back, and the end.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator.stack import Options, RunningEmulator, running_emulator
from tests.emulator.controlled import answered, client_of, create
from tests.template.checkout import PYTHON, ROOT, SAM, run

STACK = "caretaker"
OVERRIDES = [
    'TickSchedule="cron(0/1 * * * ? *)"',
    "SchedulesBucketCreate=true",
    "MetricMathAlarms=false",
    "JanitorMode=delete",
    "JanitorGrace=1s",
]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = """
import time
from caretaker_kit import warmable

@warmable
def handler(event, context):
    return {"statusCode": 200, "body": "ok"}
"""
# A condition that nobody ever fulfils, so that the update fails after the function has changed.
BROKEN = """
  Nobody: {Type: AWS::CloudFormation::WaitConditionHandle}
  Impossible:
    Type: AWS::CloudFormation::WaitCondition
    DependsOn: WarmerFunction
    Properties: {Handle: !Ref Nobody, Timeout: "5", Count: 1}

Outputs:
"""

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]


@dataclass(slots=True, kw_only=True)
class Life:
    """The emulator, a checkout of one's own, and what one does with both."""

    emulator: RunningEmulator
    checkout: Path

    def client(self, service: str) -> Any:
        return client_of(self.emulator, service)

    def deploy(self, **more: str) -> str:
        run([SAM, "build"], folder=self.checkout)
        overrides = [*OVERRIDES, *(f"{name}={value}" for name, value in more.items())]
        command = [SAM, "deploy", "--no-confirm-changeset", "--parameter-overrides", *overrides]
        return run(command, folder=self.checkout, variables=self.emulator.environment)

    def caretaker(self, *arguments: str) -> str:
        return run([PYTHON, "-m", "cli", *arguments], folder=self.checkout, variables=self.emulator.environment)

    def outputs(self) -> dict[str, str]:
        (stack,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def resources(self) -> dict[str, str]:
        listed = self.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}

    def code(self, function: str) -> str:
        name = self.outputs()[function]
        return str(self.client("lambda").get_function_configuration(FunctionName=name)["CodeSha256"])

    def remembered(self) -> set[str]:
        """The keys of what the state table holds."""
        items = self.client("dynamodb").scan(TableName=self.outputs()["StateTableName"])["Items"]
        return {f"{item['pk']['S']} {item['sk']['S']}" for item in items}

    def edit_warmer(self) -> None:
        source = self.checkout / "warmer" / "tick.py"
        source.write_text(source.read_text(encoding="utf-8") + "\n# Edited.\n", encoding="utf-8")

    def tick(self) -> int:
        """A tick as the rule would send it; how many environments it proved."""
        event = {"time": datetime.now(UTC).isoformat()}
        (target,) = answered(self.client("lambda"), self.outputs()["WarmerFunctionName"], event)["targets"]
        return int(target["covered"])

    def last_tick(self) -> dict[str, Any]:
        """The last line "tick" of the warmer's log, with the lines "target" before it; {} before there is one."""
        found = self.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{self.outputs()['WarmerFunctionName']}"
        )
        lines = [
            {**json.loads(one["message"]), "at": one["timestamp"]}
            for one in found["events"]
            if one["message"][0] == "{"
        ]
        ticks = [line for line in lines if line.get("message") == "tick"]
        targets = [line for line in lines if line.get("message") == "target"]
        return {**ticks[-1], "targets": targets[-len(targets) // len(ticks) :]} if ticks else {}

    def ticked_since(self, instant: datetime, covered: int) -> Callable[[], bool]:
        """Whether a tick after `instant` has proved so many environments."""

        def seen() -> bool:
            tick = self.last_tick()
            late = bool(tick) and tick["at"] >= instant.timestamp() * 1000
            return late and [target["covered"] for target in tick["targets"]][-1:] == [covered]

        return seen

    def metric(self, name: str) -> float:
        now = datetime.now(UTC)
        found = self.client("cloudwatch").get_metric_statistics(
            Namespace="Caretaker",
            MetricName=name,
            Dimensions=[{"Name": "service", "Value": "warmer"}],
            StartTime=now - timedelta(minutes=30),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Maximum"],
        )
        return max((point["Maximum"] for point in found["Datapoints"]), default=-1.0)


def until(met: Callable[[], bool], life: Life, *, seconds: float = 300) -> None:
    """Wait for what the rule must bring about."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, f"the rule brought nothing about in time; the last tick was {life.last_tick()}"
        time.sleep(0.5)


@pytest.fixture
def life(built_checkout: Path, tmp_path: Path) -> Iterator[Life]:
    checkout = tmp_path / "checkout"
    shutil.copytree(built_checkout, checkout, symlinks=True, ignore=shutil.ignore_patterns(".aws-sam"))
    # Under their own roles, which may not make log groups: a late line would else bring a deleted one back.
    with running_emulator(Options(iam=True)) as emulator:
        yield Life(emulator=emulator, checkout=checkout)


def a_target(life: Life) -> None:
    """The function that the schedule names, with the kit in it, and its alias."""
    lambdas = life.client("lambda")
    create(lambdas, "shop-checkout", versions=1, source=TARGET, timeout_s=20, folder=ROOT / "kits/python/caretaker_kit")
    lambdas.create_alias(FunctionName="shop-checkout", Name="live", FunctionVersion="1")


def test_a_stack_is_deployed_ticks_follows_its_bucket_is_updated_rolled_back_and_deleted(life: Life) -> None:
    a_target(life)
    life.deploy()
    made = life.resources()
    it_ticks_and_is_seen(life)
    it_follows_a_schedule_edited_in_the_bucket(life)
    state_outlives_new_code(life, made)
    a_failed_deployment_is_rolled_back(life)
    the_end_leaves_state_and_schedules_and_nothing_else(life, made)


def it_ticks_and_is_seen(life: Life) -> None:
    """The rule ticks, both environments of the bundled schedule are proved, and CloudWatch knows."""
    until(life.ticked_since(LONG_AGO, covered=2), life)
    assert life.last_tick()["ok"] is True
    assert life.last_tick()["targets"][0]["evidence"] == "counted"
    seen = {"TickCompleted": 1.0, "Wanted": 2.0, "Covered": 2.0, "TargetsShort": 0.0}
    until(lambda: {name: life.metric(name) for name in seen} == seen, life)
    alarms = life.client("cloudwatch").describe_alarms(AlarmNamePrefix=STACK)["MetricAlarms"]
    watched = {alarm["MetricName"] for alarm in alarms}
    assert watched >= {"TargetsShort", "PingsThrottled", "ConfigRejected", "Throttles", "JanitorBreaker"}
    dashboards = life.client("cloudwatch").list_dashboards()["DashboardEntries"]
    assert [one["DashboardName"] for one in dashboards] == [life.outputs()["DashboardName"]]


def it_follows_a_schedule_edited_in_the_bucket(life: Life) -> None:
    """No deployment is needed: the next tick asks for what was pushed."""
    schedule = life.checkout / "schedules" / "shop.yaml"
    bundled = schedule.read_text(encoding="utf-8")
    schedule.write_text(bundled.replace("baseline: 2", "baseline: 5"), encoding="utf-8")
    pushed = datetime.now(UTC)
    life.caretaker("push", "schedules", "--stack", STACK, "--yes")
    until(life.ticked_since(pushed, covered=5), life)
    assert life.last_tick()["schedules_source"]["from"] == "live"
    schedule.write_text(bundled, encoding="utf-8")


def state_outlives_new_code(life: Life, made: dict[str, str]) -> None:
    """What the janitor remembers and a switch that somebody turned stay; only the function whose code changed does."""
    outputs = life.outputs()
    answered(life.client("lambda"), outputs["JanitorFunctionName"], {"time": "now"})
    remembered = life.remembered()
    assert remembered
    life.client("ssm").put_parameter(Name=outputs["SwitchName"], Value="janitor-off", Type="String", Overwrite=True)
    warmer, janitor = life.code("WarmerFunctionName"), life.code("JanitorFunctionName")
    life.edit_warmer()
    life.deploy()
    assert life.code("WarmerFunctionName") != warmer
    assert life.code("JanitorFunctionName") == janitor
    assert life.resources() == made
    assert life.remembered() >= remembered
    assert life.client("ssm").get_parameter(Name=outputs["SwitchName"])["Parameter"]["Value"] == "janitor-off"
    assert life.tick() == 5


def a_failed_deployment_is_rolled_back(life: Life) -> None:
    """The code of before is back, nothing that was remembered is lost, and ticks go on."""
    code, remembered = life.code("WarmerFunctionName"), life.remembered()
    template = life.checkout / "template.yaml"
    whole = template.read_text(encoding="utf-8")
    template.write_text(whole.replace("\nOutputs:\n", BROKEN), encoding="utf-8")
    life.edit_warmer()
    with pytest.raises(AssertionError, match="UPDATE_ROLLBACK_COMPLETE"):
        life.deploy()
    assert life.code("WarmerFunctionName") == code
    assert life.remembered() >= remembered
    assert life.tick() == 5


def the_end_leaves_state_and_schedules_and_nothing_else(life: Life, made: dict[str, str]) -> None:
    """As docs/operate.md says."""
    run([SAM, "delete", "--no-prompts"], folder=life.checkout, variables=life.emulator.environment)
    assert STACK not in {one["StackName"] for one in life.client("cloudformation").describe_stacks()["Stacks"]}
    assert life.client("dynamodb").list_tables()["TableNames"] == [made["StateTable"]]
    assert made["SchedulesBucket"] in {one["Name"] for one in life.client("s3").list_buckets()["Buckets"]}
    functions = life.client("lambda").list_functions()["Functions"]
    assert [one["FunctionName"] for one in functions] == ["shop-checkout"]
    groups = life.client("logs").describe_log_groups()["logGroups"]
    assert [one["logGroupName"] for one in groups if STACK in one["logGroupName"]] == []
    assert life.client("events").list_rules()["Rules"] == []
