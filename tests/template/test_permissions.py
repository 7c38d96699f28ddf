"""What the two roles may do, and what no edit of the template may give them."""

import re
from typing import Any

import pytest

from cli.iam_policy import needs_of, policies_for
from cli.iam_template import block_lines, find_block
from profiles.reader import read_folder
from tests.template.checkout import ROOT
from tests.template.reading import FUNCTIONS, LAMBDA, TEMPLATE, Stack, inline, listed, may, read_template, statements

STACKS = "arn:aws:cloudformation:eu-west-1:123456789012:stack/"
ROLES = ["WarmerRole", "JanitorRole"]


@pytest.fixture
def janitor(stack: Stack) -> list[dict[str, Any]]:
    return statements(stack, "JanitorRole")


@pytest.fixture
def warmer(stack: Stack) -> list[dict[str, Any]]:
    return statements(stack, "WarmerRole")


def test_the_janitor_may_delete_a_version_of_any_function(janitor: list[dict[str, Any]]) -> None:
    assert may(janitor, "lambda:DeleteFunction", f"{LAMBDA}shop:12")


@pytest.mark.parametrize("name", ["shop", "s", "shop-WarmerFunction-1A2B"])
def test_the_janitor_may_delete_no_function_as_a_whole(janitor: list[dict[str, Any]], name: str) -> None:
    assert not may(janitor, "lambda:DeleteFunction", f"{LAMBDA}{name}")


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("qualifier", ["", ":1", ":$LATEST"])
def test_the_janitor_may_delete_nothing_of_its_own_stack(
    janitor: list[dict[str, Any]], name: str, qualifier: str
) -> None:
    assert not may(janitor, "lambda:DeleteFunction", f"{LAMBDA}{name}{qualifier}")


@pytest.mark.parametrize("action", ["lambda:InvokeFunction", "lambda:UpdateAlias", "lambda:PublishVersion"])
def test_the_janitor_may_neither_invoke_nor_change_functions(janitor: list[dict[str, Any]], action: str) -> None:
    assert not may(janitor, action, f"{LAMBDA}shop:12")


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("lambda:ListFunctions", "*"),
        ("lambda:GetAccountSettings", "*"),
        ("lambda:ListAliases", f"{LAMBDA}shop"),
        ("lambda:GetFunction", f"{LAMBDA}shop"),
        ("lambda:GetFunction", f"{LAMBDA}shop:12"),
        ("lambda:ListTags", f"{LAMBDA}shop"),
        ("lambda:GetPolicy", f"{LAMBDA}shop:12"),
        ("lambda:ListProvisionedConcurrencyConfigs", f"{LAMBDA}shop"),
        ("lambda:ListFunctionEventInvokeConfigs", f"{LAMBDA}shop"),
        ("lambda:ListDurableExecutionsByFunction", f"{LAMBDA}shop:12"),
        ("lambda:ListEventSourceMappings", "*"),
        ("codedeploy:ListDeployments", "*"),
        ("codedeploy:GetDeployment", "*"),
        ("codedeploy:ListDeploymentTargets", "*"),
        ("codedeploy:GetDeploymentTarget", "*"),
        ("cloudfront:ListDistributions", "*"),
        ("cloudwatch:ListMetrics", "*"),
        ("cloudformation:DescribeStacks", f"{STACKS}shop/0a1b"),
        ("cloudformation:ListStackResources", f"{STACKS}shop/0a1b"),
        ("dynamodb:Query", "StateTable.Arn"),
        ("dynamodb:GetItem", "StateTable.Arn"),
        ("dynamodb:PutItem", "StateTable.Arn"),
        ("dynamodb:DeleteItem", "StateTable.Arn"),
        ("sqs:SendMessage", "DeadLetters.Arn"),
        ("logs:PutLogEvents", "JanitorLogs.Arn"),
    ],
)
def test_the_janitor_may_do_what_its_run_asks_for(janitor: list[dict[str, Any]], action: str, resource: str) -> None:
    assert may(janitor, action, resource)


@pytest.mark.parametrize("function", ["auth-token-verifier", "auth-jwks-refresh"])
@pytest.mark.parametrize(
    ("action", "qualifier"),
    [
        ("lambda:InvokeFunction", ":live"),
        ("lambda:InvokeFunction", ":12"),
        ("lambda:GetFunction", ""),
        ("lambda:GetFunction", ":live"),
        ("lambda:GetFunction", ":12"),
        ("lambda:GetFunctionConcurrency", ""),
        ("lambda:GetAlias", ""),
        ("lambda:GetProvisionedConcurrencyConfig", ":live"),
        ("lambda:GetProvisionedConcurrencyConfig", ":12"),
    ],
)
def test_the_warmer_may_ping_a_target_and_read_its_limits(
    warmer: list[dict[str, Any]], action: str, function: str, qualifier: str
) -> None:
    assert may(warmer, action, f"{LAMBDA}{function}{qualifier}")


@pytest.mark.parametrize("action", ["lambda:InvokeFunction", "lambda:GetFunction"])
@pytest.mark.parametrize("target", ["billing", "billing:live", "auth-token-verifier-2:live", "auth:live"])
def test_the_warmer_may_touch_nothing_that_no_schedule_names(
    warmer: list[dict[str, Any]], action: str, target: str
) -> None:
    assert not may(warmer, action, f"{LAMBDA}{target}")


def test_what_the_warmer_may_invoke_always_names_one_function(warmer: list[dict[str, Any]]) -> None:
    invoked = [
        resource
        for statement in warmer
        if "lambda:InvokeFunction" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]
    assert invoked
    assert [one for one in invoked if not re.fullmatch(rf"{LAMBDA}[A-Za-z0-9_-]+:\S+", one)] == []


def test_the_bundled_schedules_targets_are_those_that_the_template_grants() -> None:
    found = find_block(TEMPLATE.read_text(encoding="utf-8"))
    policies = policies_for(needs_of(read_folder(ROOT / "schedules"), found.wishes))
    assert found.inside.split() == " ".join(block_lines(policies, found.wishes)).split()


def test_the_warmer_may_read_the_account_s_limits(warmer: list[dict[str, Any]]) -> None:
    assert may(warmer, "lambda:GetAccountSettings", "*")
    assert may(warmer, "cloudwatch:GetMetricData", "*")


def test_the_warmer_may_delete_nothing(warmer: list[dict[str, Any]]) -> None:
    assert not may(warmer, "lambda:DeleteFunction", f"{LAMBDA}shop:12")


def test_further_targets_are_granted_beside_the_schedules_own() -> None:
    stack = Stack(read_template(), TargetFunctions=f"{LAMBDA}shop,{LAMBDA}shop:*")
    granted = statements(stack, "WarmerRole")
    assert may(granted, "lambda:InvokeFunction", f"{LAMBDA}shop:live")
    assert may(granted, "lambda:InvokeFunction", f"{LAMBDA}auth-token-verifier:live")
    assert not may(granted, "lambda:InvokeFunction", f"{LAMBDA}billing:live")


@pytest.mark.parametrize("role", ROLES)
def test_a_star_resource_stands_with_read_actions_only(stack: Stack, role: str) -> None:
    reads = ("Get", "List", "Describe")
    excused = {"cloudwatch:PutMetricData", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    everywhere = [
        action
        for statement in statements(stack, role)
        if statement["Effect"] == "Allow" and "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    ]
    assert everywhere, "no role is without such a read; the test looks in the wrong place"
    assert [a for a in everywhere if not a.split(":")[1].startswith(reads) and a not in excused] == []


@pytest.mark.parametrize("role", ROLES)
def test_no_statement_grants_actions_by_pattern(stack: Stack, role: str) -> None:
    actions = [action for statement in statements(stack, role) for action in listed(statement["Action"])]
    assert actions
    assert [action for action in actions if "*" in action or "?" in action] == []


@pytest.mark.parametrize("role", ROLES)
def test_the_roles_write_to_their_own_log_group_and_make_none(stack: Stack, role: str) -> None:
    granted = statements(stack, role)
    own, other = (
        ("WarmerLogs.Arn", "JanitorLogs.Arn") if role == "WarmerRole" else ("JanitorLogs.Arn", "WarmerLogs.Arn")
    )
    assert may(granted, "logs:PutLogEvents", own)
    assert not may(granted, "logs:PutLogEvents", other)
    assert not may(granted, "logs:CreateLogGroup", own)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_no_permission_but_those_written_in_the_template(stack: Stack, role: str) -> None:
    properties = stack.resources("AWS::IAM::Role")[role]
    assert "ManagedPolicyArns" not in properties
    trusted = properties["AssumeRolePolicyDocument"]["Statement"]
    assert [statement["Principal"] for statement in trusted] == [{"Service": "lambda.amazonaws.com"}]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_send_to_the_dead_letter_queue_from_its_first_moment(stack: Stack, role: str) -> None:
    # Lambda checks it when the destination for lost events is set, which is before the separate policy exists.
    assert may(inline(stack, role), "sqs:SendMessage", "DeadLetters.Arn")


@pytest.mark.parametrize(("function", "role"), [("WarmerFunction", "WarmerRole"), ("JanitorFunction", "JanitorRole")])
def test_each_function_runs_under_its_own_role(stack: Stack, function: str, role: str) -> None:
    properties = stack.function(function)
    assert properties["Role"] == f"{role}.Arn"
    assert "Policies" not in properties


@pytest.mark.parametrize(("hears", "more"), [("true", ["DeployedRule.Arn", "ChangedRule.Arn"]), ("false", [])])
def test_only_the_rules_and_the_boost_topic_may_send_to_the_dead_letter_queue(hears: str, more: list[str]) -> None:
    (policy,) = Stack(read_template(), DeployEvents=hears).resources("AWS::SQS::QueuePolicy").values()
    statement, topic = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {
        "ArnEquals": {
            "aws:SourceArn": [
                "WarmerFunctionTick.Arn",
                "JanitorFunctionSweep.Arn",
                "JanitorFunctionStackDeletion.Arn",
                *more,
            ]
        }
    }
    assert (topic["Principal"], topic["Action"]) == ({"Service": "sns.amazonaws.com"}, "sqs:SendMessage")
    assert topic["Condition"] == {"ArnEquals": {"aws:SourceArn": "BoostTopic"}}


def test_the_warmer_reads_stacks_only_where_it_hears_of_them() -> None:
    stack = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/5a1b"
    hears, deaf = (statements(Stack(read_template(), DeployEvents=said), "WarmerRole") for said in ("true", "false"))
    assert may(hears, "cloudformation:ListStackResources", stack)
    assert not may(deaf, "cloudformation:ListStackResources", stack)


@pytest.mark.parametrize("action", ["codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus"])
def test_only_a_stack_with_a_hook_may_speak_to_codedeploy(action: str) -> None:
    group = "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:shop/live"
    granted = statements(Stack(read_template(), DeployHook="true"), "WarmerRole")
    assert may(granted, action, group)
    assert may(granted, "logs:PutLogEvents", "DeployHookLogs.Arn")
    assert not may(statements(Stack(read_template()), "WarmerRole"), action, group)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_read_the_kill_switch_and_never_turn_it(stack: Stack, role: str) -> None:
    parameters = "arn:aws:ssm:eu-west-1:123456789012:parameter"
    (switch,) = stack.resources("AWS::SSM::Parameter").values()
    assert (switch["Name"], switch["Value"]) == ("/caretaker/switch", "on")
    granted = statements(stack, role)
    assert may(granted, "ssm:GetParameter", f"{parameters}{switch['Name']}")
    assert not may(granted, "ssm:GetParameter", f"{parameters}/database/password")
    assert not may(granted, "ssm:PutParameter", f"{parameters}{switch['Name']}")
