"""Deployments of Lambda functions, as who is not CodeDeploy sees them."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from emulator.controlplane.codedeploy import Deployment
from emulator.stack import RunningEmulator
from tests.emulator.controlled import controlled, refusal


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with controlled() as (running, _):
        yield running


@pytest.fixture
def client(emulator: RunningEmulator) -> Any:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
    return session.client("codedeploy", endpoint_url=emulator.environment["AWS_ENDPOINT_URL_CODEDEPLOY"])


def test_no_deployment_is_in_flight_until_one_begins(client: Any) -> None:
    assert client.list_deployments()["deployments"] == []
    status, code, _ = refusal(client.get_deployment, deploymentId="d-1")
    assert (status, code) == (400, "DeploymentDoesNotExistException")


def test_a_deployment_says_what_it_moves_and_remembers_what_its_hook_told(
    emulator: RunningEmulator, client: Any
) -> None:
    begun = Deployment(id="d-1", function="shop", alias="live", current="1", target="2")
    emulator.codedeploy.begin(begun)
    assert client.list_deployments()["deployments"] == ["d-1"]
    info = client.get_deployment(deploymentId="d-1")["deploymentInfo"]
    assert (info["status"], info["computePlatform"]) == ("InProgress", "Lambda")
    (resource,) = json.loads(info["revision"]["appSpecContent"]["content"])["Resources"]
    moved = {"Name": "shop", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}
    assert resource == {"shop": {"Type": "AWS::Lambda::Function", "Properties": moved}}
    (target_id,) = client.list_deployment_targets(deploymentId="d-1")["targetIds"]
    target = client.get_deployment_target(deploymentId="d-1", targetId=target_id)["deploymentTarget"]
    assert target["lambdaTarget"]["lambdaFunctionInfo"]["functionName"] == "shop"
    client.put_lifecycle_event_hook_execution_status(
        deploymentId="d-1", lifecycleEventHookExecutionId="e-1", status="Succeeded"
    )
    assert emulator.codedeploy.end("d-1").told == "Succeeded"
    assert client.list_deployments()["deployments"] == []
