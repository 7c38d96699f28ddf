"""What whoever steals a role can do with it: little, and nothing that stays. Over `template.yaml` itself.

With every option of the template switched on, since that is when the roles are largest.
"""

from typing import Any

import pytest

from tests.template.reading import LAMBDA, Stack, listed, may, read_template, statements

OPTIONS = {"DeployHook": "true", "SchedulesBucketCreate": "true", "JanitorLayers": "true", "JanitorMode": "delete"}
TARGET = "auth-token-verifier"
ROLES = ("WarmerRole", "JanitorRole")
# All that changes anything, by role; what is not here only reads.
CHANGES = {
    "WarmerRole": {
        "lambda:InvokeFunction": "the schedules' targets",
        "dynamodb:PutItem": "boosts only",
        "codedeploy:PutLifecycleEventHookExecutionStatus": "answers of the hook",
        "sqs:SendMessage": "the dead letters",
        "logs:CreateLogStream": "its own log group",
        "logs:PutLogEvents": "its own log group",
    },
    "JanitorRole": {
        "lambda:DeleteFunction": "numbered versions of others",
        "lambda:DeleteLayerVersion": "versions of layers",
        "dynamodb:PutItem": "the state table",
        "dynamodb:DeleteItem": "the state table",
        "sqs:SendMessage": "the dead letters",
        "logs:CreateLogStream": "its own log group",
        "logs:PutLogEvents": "its own log group",
    },
}
READS = ("Get", "List", "Describe", "Query")


@pytest.fixture
def stack() -> Stack:
    return Stack(read_template(), **OPTIONS)


def actions(granted: list[dict[str, Any]]) -> set[str]:
    return {action for one in granted if one["Effect"] == "Allow" for action in listed(one["Action"])}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_changes_nothing_but_what_is_written_here(stack: Stack, role: str) -> None:
    changing = {action for action in actions(statements(stack, role)) if not action.split(":")[1].startswith(READS)}

    assert changing == set(CHANGES[role])


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3"),
        ("ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db/password"),
        ("ssm:GetParametersByPath", "arn:aws:ssm:eu-west-1:123456789012:parameter/caretaker"),
        ("ssm:PutParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/caretaker/switch"),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/0a1b"),
        ("s3:GetObject", "arn:aws:s3:::another-bucket/schedules/shop.yaml"),
        ("s3:GetObject", "SchedulesBucket.Arn/private/shop.yaml"),
        ("s3:PutObject", "SchedulesBucket.Arn/schedules/compiled.json"),
        ("s3:DeleteObject", "SchedulesBucket.Arn/schedules/compiled.json"),
        ("s3:PutBucketPolicy", "SchedulesBucket.Arn"),
        ("dynamodb:Query", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"),
        ("dynamodb:Scan", "StateTable.Arn"),
        ("dynamodb:DeleteTable", "StateTable.Arn"),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/admin"),
        ("iam:CreateUser", "arn:aws:iam::123456789012:user/me"),
        ("sts:AssumeRole", "arn:aws:iam::123456789012:role/admin"),
        ("lambda:UpdateFunctionCode", f"{LAMBDA}{TARGET}"),
        ("lambda:UpdateFunctionConfiguration", f"{LAMBDA}{TARGET}"),
        ("lambda:AddPermission", f"{LAMBDA}{TARGET}"),
        ("lambda:CreateFunction", f"{LAMBDA}new"),
        ("lambda:UpdateAlias", f"{LAMBDA}{TARGET}:live"),
        ("lambda:DeleteAlias", f"{LAMBDA}{TARGET}:live"),
        ("lambda:PutFunctionConcurrency", f"{LAMBDA}{TARGET}"),
        ("lambda:PublishLayerVersion", "arn:aws:lambda:eu-west-1:123456789012:layer:shared"),
        ("events:PutRule", "arn:aws:events:eu-west-1:123456789012:rule/tick"),
        ("events:DisableRule", "arn:aws:events:eu-west-1:123456789012:rule/tick"),
        ("logs:DeleteLogGroup", "WarmerLogs.Arn"),
        ("logs:GetLogEvents", "WarmerLogs.Arn"),
        ("logs:CreateLogGroup", "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/other"),
        ("sqs:ReceiveMessage", "DeadLetters.Arn"),
        ("sns:Publish", "arn:aws:sns:eu-west-1:123456789012:boosts"),
        ("cloudformation:UpdateStack", "arn:aws:cloudformation:eu-west-1:123456789012:stack/caretaker/0a1b"),
        ("ec2:RunInstances", "*"),
        ("codedeploy:CreateDeployment", "*"),
    ],
)
def test_a_stolen_role_opens_no_other_door(stack: Stack, role: str, action: str, resource: str) -> None:
    assert not may(statements(stack, role), action, resource)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ["lambda:DeleteFunction", "lambda:InvokeFunction"])
@pytest.mark.parametrize("name", ["WarmerFunction", "JanitorFunction", "DeployHookFunction"])
@pytest.mark.parametrize("qualifier", ["", ":1", ":live", ":$LATEST"])
def test_a_stolen_role_neither_deletes_nor_calls_caretaker_itself(
    stack: Stack, role: str, action: str, name: str, qualifier: str
) -> None:
    assert not may(statements(stack, role), action, f"{LAMBDA}{name}{qualifier}")


@pytest.mark.parametrize("name", ["", TARGET, "shop", "a" * 64])
def test_a_stolen_janitor_deletes_no_function_as_a_whole(stack: Stack, name: str) -> None:
    granted = statements(stack, "JanitorRole")

    assert not may(granted, "lambda:DeleteFunction", f"{LAMBDA}{name}")
    assert may(granted, "lambda:DeleteFunction", f"{LAMBDA}shop:12")


@pytest.mark.parametrize(("function", "allowed"), [(TARGET, True), ("payments", False), (f"{TARGET}-2", False)])
def test_a_stolen_warmer_calls_the_schedules_targets_and_deletes_nothing(
    stack: Stack, function: str, allowed: bool
) -> None:
    granted = statements(stack, "WarmerRole")

    assert may(granted, "lambda:InvokeFunction", f"{LAMBDA}{function}:live") is allowed
    assert not may(granted, "lambda:DeleteFunction", f"{LAMBDA}{function}:12")
    assert not may(granted, "lambda:InvokeFunction", f"{LAMBDA}{function}")


def test_a_stolen_janitor_calls_nothing(stack: Stack) -> None:
    assert not may(statements(stack, "JanitorRole"), "lambda:InvokeFunction", f"{LAMBDA}{TARGET}:live")


@pytest.mark.parametrize("role", ROLES)
def test_only_lambda_takes_on_the_roles(stack: Stack, role: str) -> None:
    trusting = stack.resources("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]

    assert [(one["Effect"], one["Principal"]) for one in trusting] == [("Allow", {"Service": "lambda.amazonaws.com"})]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_has_a_policy_from_elsewhere(stack: Stack, role: str) -> None:
    assert "ManagedPolicyArns" not in stack.resources("AWS::IAM::Role")[role]


def test_only_aws_may_call_the_functions_and_only_for_this_account_s_rules_and_topics(stack: Stack) -> None:
    calling = stack.resources("AWS::Lambda::Permission")

    assert calling
    for name, one in calling.items():
        assert one["Principal"].endswith(".amazonaws.com"), name
        assert one.get("SourceArn"), f"{name} would let any account's {one['Principal']} call"
    assert "AWS::Lambda::Url" not in {resource["Type"] for resource in stack.template["Resources"].values()}
    assert "FunctionUrlConfig" not in str(stack.template)
