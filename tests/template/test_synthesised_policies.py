"""What the roles may do, read from the template as SAM's transform leaves it: with everything in it that can be."""

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from fleet.policy import decide, statements_of
from tests.template.checkout import ROOT, SAM, run
from tests.template.reading import Stack, listed

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function"
KINDS = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
READS = ("Get", "List", "Describe")
# IAM's names that are not the operation's.
OTHERWISE = {"lambda:InvokeFunction", "s3:ListBucket"}
# Every switch at the side that grants more.
EVERYTHING = {
    "TargetFunctions": f"{FUNCTION}:shop",
    "SchedulesBucketCreate": "true",
    "DeployHook": "true",
    "JanitorLayers": "true",
}


@pytest.fixture(scope="module")
def stack() -> Stack:
    sam_python = SAM.parent / "python"
    return Stack(json.loads(run([sam_python, "checks/translated.py", "template.yaml"], folder=ROOT)), **EVERYTHING)


@pytest.fixture(scope="module")
def granted(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    """Role → all its statements."""
    roles = stack.resources("AWS::IAM::Role")
    found = {name: [*_statements(role.get("Policies", []))] for name, role in roles.items()}
    for kind in KINDS:
        for policy in stack.resources(kind).values():
            for role in policy["Roles"]:
                found[role].extend(_statements([policy]))
    return found


def _statements(policies: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for policy in policies:
        yield from policy["PolicyDocument"]["Statement"]


def test_there_is_no_role_and_no_managed_policy_but_the_template_s_own(
    stack: Stack, granted: dict[str, list[dict[str, Any]]]
) -> None:
    assert set(granted) == {"WarmerRole", "JanitorRole"}
    assert [role for role in stack.resources("AWS::IAM::Role").values() if "ManagedPolicyArns" in role] == []
    roles = {function["Role"] for function in stack.resources("AWS::Lambda::Function").values()}
    assert roles == {"WarmerRole.Arn", "JanitorRole.Arn"}


def test_only_the_janitor_may_delete_and_qualified_functions_only(granted: dict[str, list[dict[str, Any]]]) -> None:
    deleting = {
        (role, action): listed(statement["Resource"])
        for role, statements in granted.items()
        for statement in statements
        for action in listed(statement["Action"])
        if statement["Effect"] == "Allow" and action.split(":")[1].startswith("Delete")
    }
    table = ["StateTable.Arn"]
    assert deleting == {
        ("JanitorRole", "lambda:DeleteFunction"): [f"{FUNCTION}:*:*"],
        ("JanitorRole", "lambda:DeleteLayerVersion"): ["arn:aws:lambda:eu-west-1:123456789012:layer:*:*"],
        ("JanitorRole", "dynamodb:DeleteItem"): table,
    }
    statements = statements_of({"Statement": granted["JanitorRole"]})
    assert decide(statements, "lambda:DeleteFunction", f"{FUNCTION}:shop:7").allowed
    assert not decide(statements, "lambda:DeleteFunction", f"{FUNCTION}:shop").allowed


@pytest.mark.parametrize("qualifier", ["", ":1", ":$LATEST"])
def test_no_function_of_the_stack_may_be_deleted_by_the_janitor(
    stack: Stack, granted: dict[str, list[dict[str, Any]]], qualifier: str
) -> None:
    statements = statements_of({"Statement": granted["JanitorRole"]})
    functions = list(stack.resources("AWS::Lambda::Function"))
    assert len(functions) == 3
    decisions = {
        name: decide(statements, "lambda:DeleteFunction", f"{FUNCTION}:{name}{qualifier}") for name in functions
    }
    assert {name: found.by.sid for name, found in decisions.items() if found.by} == dict.fromkeys(
        functions, "NeverItselfNorTheWarmer"
    )


def test_no_action_that_writes_has_the_star_for_its_resource(granted: dict[str, list[dict[str, Any]]]) -> None:
    everywhere = [
        action
        for statements in granted.values()
        for statement in statements
        for action in listed(statement["Action"])
        if statement["Effect"] == "Allow" and "*" in listed(statement["Resource"])
    ]
    assert everywhere
    assert [action for action in everywhere if not action.split(":")[1].startswith(READS)] == []


def test_every_action_is_an_operation_that_the_service_has(granted: dict[str, list[dict[str, Any]]]) -> None:
    actions = {
        action for statements in granted.values() for statement in statements for action in listed(statement["Action"])
    }
    session = botocore.session.Session()
    unknown = [
        action
        for action in sorted(actions - OTHERWISE)
        if action.split(":")[1] not in session.get_service_model(action.split(":")[0]).operation_names
    ]
    assert unknown == []
    assert len(actions) > 30
