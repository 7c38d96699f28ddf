"""The stock `sam` command deploys into the emulator, and what it deployed runs on our own execution environments."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.dataplane.history import InvocationFacts
from emulator.stack import RunningEmulator, running_emulator
from tests.emulator.controlled import client_of

APP = Path(__file__).parent / "control_app"
SAM = Path(__file__).parents[2] / ".tools" / "sam" / "bin" / "sam"
PATIENCE_S = 90.0

pytestmark = pytest.mark.stack


def deploy(emulator: RunningEmulator, home: Path, *, release: str) -> None:
    shutil.copytree(APP, home, dirs_exist_ok=True)
    code = home / "src" / "app.py"
    code.write_text(code.read_text().replace('"first"', f'"{release}"'))
    done = subprocess.run(
        [SAM, "deploy", "--stack-name", "control", "--resolve-s3", "--capabilities", "CAPABILITY_IAM"],
        env={"PATH": os.environ["PATH"], "HOME": str(home), **emulator.environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator() as started:
        yield started


@pytest.fixture(scope="module")
def aws(emulator: RunningEmulator) -> Iterator[Any]:
    client = client_of(emulator, "lambda")
    yield client
    client.close()


@pytest.fixture(scope="module")
def function(emulator: RunningEmulator, aws: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    deploy(emulator, tmp_path_factory.mktemp("home"), release="first")
    return str(aws.list_functions()["Functions"][0]["FunctionName"])


def invoked(aws: Any, function: str) -> Any:
    reply = aws.invoke(FunctionName=function, Qualifier="live", Payload=b'{"n": 1}')
    return json.loads(reply["Payload"].read())


def ran(emulator: RunningEmulator, *, more_than: int) -> tuple[InvocationFacts, ...]:
    """The invocations, as soon as there are more than so many."""
    deadline = time.monotonic() + PATIENCE_S
    while len(found := emulator.snapshot().invocations) <= more_than:
        assert time.monotonic() < deadline, f"only {len(found)} invocations after {PATIENCE_S} s"
        time.sleep(0.1)
    return found


def test_what_sam_deployed_is_invoked_by_its_alias(emulator: RunningEmulator, aws: Any, function: str) -> None:
    reply = invoked(aws, function)
    assert reply["event"] == {"n": 1}
    assert reply["version"] == "1"
    assert reply["greeting"] == "hello"
    assert reply["arn"] == f"arn:aws:lambda:eu-west-1:123456789012:function:{function}:live"
    assert {facts.function for facts in emulator.snapshot().environments} == {function}


def test_the_stack_keeps_the_reservation_and_the_dead_letters(aws: Any, function: str) -> None:
    assert aws.get_function_concurrency(FunctionName=function)["ReservedConcurrentExecutions"] == 7
    letters = aws.get_function_configuration(FunctionName=function)["DeadLetterConfig"]["TargetArn"]
    assert letters.startswith("arn:aws:sqs:eu-west-1:123456789012:control-Letters")


def test_an_event_rule_runs_the_function_asynchronously(emulator: RunningEmulator, function: str) -> None:
    before = len(emulator.snapshot().invocations)
    events = client_of(emulator, "events")
    events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": json.dumps({"id": "order-41"})}])
    events.close()
    arrived = ran(emulator, more_than=before)[-1]
    assert (arrived.function, arrived.version, arrived.status) == (function, "1", "success")
    assert any("order-41" in line for facts in emulator.snapshot().environments for line in facts.log)


def test_a_second_deployment_is_seen_at_once(
    emulator: RunningEmulator, aws: Any, function: str, tmp_path: Path
) -> None:
    deploy(emulator, tmp_path, release="second")
    reply = invoked(aws, function)
    assert (reply["version"], reply["release"]) == ("2", "second")


@pytest.mark.parametrize(("value", "made"), [("", False), (",", False), ("a", True), (",a", True)])
def test_a_condition_sees_what_a_list_joins_to(emulator: RunningEmulator, value: str, made: bool) -> None:
    empty = {"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Items"}]}, ""]}
    topic = {"Type": "AWS::SNS::Topic"}
    template = {
        "Parameters": {"Items": {"Type": "CommaDelimitedList", "Default": ""}},
        "Conditions": {"Any": {"Fn::Not": [empty]}},
        "Resources": {"Always": topic, "OfItems": {**topic, "Condition": "Any"}},
    }
    client = client_of(emulator, "cloudformation")
    name = f"joined-{len(value)}-{made}"
    items = [{"ParameterKey": "Items", "ParameterValue": value}]
    client.create_stack(StackName=name, TemplateBody=json.dumps(template), Parameters=items)
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    found = {one["LogicalResourceId"] for one in client.describe_stack_resources(StackName=name)["StackResources"]}
    client.close()
    assert found == ({"Always", "OfItems"} if made else {"Always"})
