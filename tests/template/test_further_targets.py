"""`TargetFunctions`: what an operator may open to the warmer beside the schedules' targets, and what no slip opens."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.stack import RunningEmulator, running_emulator
from tests.emulator.controlled import client_of
from tests.template.reading import LAMBDA, Stack, may, read_template, statements

ACCEPTED = [
    "",
    f"{LAMBDA}shop",
    f"{LAMBDA}shop,{LAMBDA}shop:*",
    f"{LAMBDA}shop:live, {LAMBDA}shop:$LATEST, {LAMBDA}shop:7",
    f"{LAMBDA}shop-*",
    f"{LAMBDA}shop-*-prod:*",
    "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:shop",
    "arn:aws-cn:lambda:cn-north-1:123456789012:function:shop",
    "arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:shop:*",
]
REFUSED = [
    "*",
    "shop",
    "arn:*",
    f"{LAMBDA}*",
    f"{LAMBDA}*:*",
    f"{LAMBDA}*-prod",
    f"{LAMBDA}",
    f"{LAMBDA}shop:live:more",
    f"{LAMBDA}shop,*",
    f"{LAMBDA}shop,{LAMBDA}*",
    "arn:aws:lambda:*:123456789012:function:shop",
    "arn:aws:lambda:eu-*:123456789012:function:shop",
    "arn:aws:lambda:eu-west-1:*:function:shop",
    "arn:aws:lambda:eu-west-1::function:shop",
    "arn:*:lambda:eu-west-1:123456789012:function:shop",
    "arn:aws:lambda:eu-west-1:123456789012:layer:shop",
    "arn:aws:iam::123456789012:role/shop",
    "arn:aws:lambda:eu-west-1:123456789012:*:shop",
]


@pytest.fixture(scope="module")
def declared() -> dict[str, Any]:
    found: dict[str, Any] = read_template()["Parameters"]["TargetFunctions"]
    return found


def taken(pattern: str, value: str) -> bool:
    """Whether CloudFormation takes the list. Source: its user guide, "Parameters", AllowedPattern: it must match each
    value of a CommaDelimitedList; spaces around them are cut off, and an empty list is one empty value."""
    return all(re.fullmatch(pattern, each.strip()) for each in value.split(","))


@pytest.mark.parametrize("value", ACCEPTED)
def test_functions_and_their_qualifiers_are_taken(declared: dict[str, Any], value: str) -> None:
    assert taken(declared["AllowedPattern"], value)


@pytest.mark.parametrize("value", REFUSED)
def test_what_would_open_more_than_functions_that_somebody_named_is_refused(
    declared: dict[str, Any], value: str
) -> None:
    assert not taken(declared["AllowedPattern"], value)


@pytest.mark.parametrize("value", [value for value in ACCEPTED if value])
def test_nothing_that_is_taken_opens_another_function(value: str) -> None:
    granted = statements(Stack(read_template(), TargetFunctions=value.replace(" ", "")), "WarmerRole")
    assert not may(granted, "lambda:InvokeFunction", f"{LAMBDA}billing")
    assert not may(granted, "lambda:InvokeFunction", f"{LAMBDA}billing:shop")


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator() as running:
        yield running


def plan(emulator: RunningEmulator, declared: dict[str, Any], value: str) -> None:
    """A change set of a stack that has this parameter and little else. Raises: ClientError."""
    template = {"Parameters": {"TargetFunctions": declared}, "Resources": {"Any": {"Type": "AWS::SNS::Topic"}}}
    client_of(emulator, "cloudformation").create_change_set(
        StackName="targets",
        ChangeSetName="plan",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "TargetFunctions", "ParameterValue": value}],
    )


@pytest.mark.stack
def test_a_deployment_with_such_a_value_ends_before_anything_changes(
    emulator: RunningEmulator, declared: dict[str, Any]
) -> None:
    for value in REFUSED:
        with pytest.raises(ClientError, match="must be empty, or ARNs of Lambda functions"):
            plan(emulator, declared, value)
    plan(emulator, declared, ACCEPTED[2])
