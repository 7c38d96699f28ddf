"""What whoever takes over the pipeline can do with its roles: change the one stack, and come no further.

Over `.github/deploy-role.yaml`, for the repository acme/caretaker and the stack "caretaker".
"""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from fleet.policy import decide, statements_of
from tests.template.deploying import BOUNDARY, CLOUDFORMATION_ROLE, ROLE_TEMPLATE, arn, pipeline_stack
from tests.template.reading import TEMPLATE, Stack, listed, may, read_template

ROLES = ("PipelineRole", "CloudFormationRole")
IAM = "arn:aws:iam::123456789012:"
WARMER, ADMIN = f"{IAM}role/caretaker-WarmerRole-1A2B", f"{IAM}role/admin"
TARGETS, ADMINISTRATOR = f"{IAM}policy/caretaker-WarmerTargets1-1A2B", "arn:aws:iam::aws:policy/AdministratorAccess"
# As CloudFormation names them where the pipeline's own stack is "caretaker-pipeline".
OWN_ROLE, OWN_BOUNDARY = (
    f"{IAM}role/caretaker-pipeline-CloudFormationRole-1A2B",
    f"{IAM}policy/caretaker-pipeline-RolesBoundary-1A2B",
)
FUNCTION = arn("lambda", "function:caretaker-WarmerFunction-1A2B")
TABLE, TOPIC = arn("dynamodb", "table/caretaker-StateTable-1A2B"), arn("sns", "caretaker-BoostTopic-1A2B")
STACK = arn("cloudformation", "stack/caretaker/0a1b")
BOUNDED, UNBOUNDED = {"iam:PermissionsBoundary": (BOUNDARY,)}, {"iam:PermissionsBoundary": (ADMINISTRATOR,)}
TO_LAMBDA = {"iam:PassedToService": ("lambda.amazonaws.com",)}

# What it takes to become more than the stack: action, resource, and the facts of the request.
CLIMBS: list[tuple[str, str, Mapping[str, tuple[str, ...]]]] = [
    ("iam:CreateRole", WARMER, {}),
    ("iam:CreateRole", WARMER, UNBOUNDED),
    ("iam:CreateRole", ADMIN, BOUNDED),
    ("iam:CreateRole", OWN_ROLE, BOUNDED),
    ("iam:PutRolePolicy", WARMER, {}),
    ("iam:PutRolePolicy", WARMER, UNBOUNDED),
    ("iam:PutRolePolicy", OWN_ROLE, BOUNDED),
    ("iam:PutRolePermissionsBoundary", WARMER, UNBOUNDED),
    ("iam:DeleteRolePermissionsBoundary", WARMER, BOUNDED),
    ("iam:AttachRolePolicy", WARMER, {**BOUNDED, "iam:PolicyARN": (ADMINISTRATOR,)}),
    ("iam:AttachRolePolicy", WARMER, {**UNBOUNDED, "iam:PolicyARN": (TARGETS,)}),
    ("iam:AttachRolePolicy", OWN_ROLE, {**BOUNDED, "iam:PolicyARN": (TARGETS,)}),
    ("iam:UpdateAssumeRolePolicy", ADMIN, {}),
    ("iam:UpdateAssumeRolePolicy", OWN_ROLE, {}),
    ("iam:CreatePolicyVersion", OWN_BOUNDARY, {}),
    ("iam:SetDefaultPolicyVersion", OWN_BOUNDARY, {}),
    ("iam:DeletePolicy", OWN_BOUNDARY, {}),
    ("iam:PassRole", ADMIN, TO_LAMBDA),
    ("iam:PassRole", ADMIN, {"iam:PassedToService": ("cloudformation.amazonaws.com",)}),
    ("iam:PassRole", OWN_ROLE, TO_LAMBDA),
    ("iam:PassRole", WARMER, {"iam:PassedToService": ("ec2.amazonaws.com",)}),
    ("iam:CreateUser", f"{IAM}user/me", {}),
    ("iam:CreateAccessKey", f"{IAM}user/admin", {}),
    ("iam:CreateServiceLinkedRole", f"{IAM}role/aws-service-role/any", {}),
    ("iam:UpdateOpenIDConnectProviderThumbprint", f"{IAM}oidc-provider/token.actions.githubusercontent.com", {}),
    ("sts:AssumeRole", ADMIN, {}),
    ("cloudformation:CreateStack", STACK, {"cloudformation:RoleArn": (CLOUDFORMATION_ROLE,)}),
    ("cloudformation:CreateChangeSet", STACK, {}),
    ("cloudformation:CreateChangeSet", STACK, {"cloudformation:RoleArn": (ADMIN,)}),
    ("cloudformation:CreateChangeSet", arn("cloudformation", "stack/caretaker-pipeline/0a1b"), {}),
    ("cloudformation:ExecuteChangeSet", arn("cloudformation", "stack/caretaker-pipeline/0a1b"), {}),
    ("cloudformation:DeleteStack", arn("cloudformation", "stack/caretaker-dev/0a1b"), {}),
    ("cloudformation:RegisterType", "*", {}),
    ("cloudformation:ActivateType", "*", {}),
    ("cloudformation:UpdateTerminationProtection", STACK, {}),
    ("cloudformation:SetStackPolicy", STACK, {}),
    ("lambda:UpdateFunctionCode", arn("lambda", "function:shop"), {}),
    ("lambda:UpdateFunctionCode", arn("lambda", "function:caretaker-dev-WarmerFunction-1A2B"), {}),
    ("lambda:UpdateFunctionCode", arn("lambda", "function:CodeDeployHook_caretaker-dev"), {}),
    ("lambda:DeleteFunction", arn("lambda", "function:shop:7"), {}),
    ("lambda:CreateFunctionUrlConfig", FUNCTION, {}),
    ("lambda:InvokeFunction", FUNCTION, {}),
    ("lambda:AddPermission", FUNCTION, {"lambda:Principal": ("*",)}),
    ("lambda:AddPermission", FUNCTION, {"lambda:Principal": ("999999999999",)}),
    ("events:PutTargets", arn("events", "rule/caretaker-dev-WarmerFunctionTick-1A2B"), {}),
    ("events:PutRule", arn("events", "rule/caretaker-dev-DeployedRule-1A2B"), {}),
    ("events:DeleteRule", arn("events", "rule/orders"), {}),
    ("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:caretaker-dev-NoTick-1A2B"), {}),
    ("cloudwatch:DeleteAlarms", arn("cloudwatch", "alarm:caretaker-dev-NoTick-1A2B"), {}),
    ("dynamodb:DeleteTable", TABLE, {}),
    ("dynamodb:Query", TABLE, {}),
    ("dynamodb:PutItem", TABLE, {}),
    ("dynamodb:PutResourcePolicy", TABLE, {}),
    ("s3:DeleteBucket", "arn:aws:s3:::caretaker-schedulesbucket-1a2b", {}),
    ("s3:GetObject", "arn:aws:s3:::another-bucket/caretaker/0a1b", {}),
    ("s3:PutObject", "arn:aws:s3:::caretaker-schedulesbucket-1a2b/schedules/compiled.json", {}),
    ("s3:PutObject", "Artifacts.Arn/orders/0a1b", {}),
    ("s3:PutBucketPolicy", "Artifacts.Arn", {}),
    ("sns:Subscribe", TOPIC, {"sns:Protocol": ("email",)}),
    ("sns:Publish", TOPIC, {}),
    ("sqs:ReceiveMessage", arn("sqs", "caretaker-DeadLetters-1A2B"), {}),
    ("ssm:GetParameters", arn("ssm", "parameter/prod/db/password"), {}),
    ("logs:GetLogEvents", arn("logs", "log-group:/aws/lambda/caretaker-WarmerFunction-1A2B:*"), {}),
    ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:db-a1b2c3"), {}),
    ("kms:Decrypt", arn("kms", "key/0a1b"), {}),
    ("ec2:RunInstances", "*", {}),
]
# The roles that it can make, whatever it gives them.
BEYOND = [
    ("iam:CreateRole", WARMER),
    ("iam:PassRole", WARMER),
    ("sts:AssumeRole", ADMIN),
    ("cloudformation:ExecuteChangeSet", STACK),
    ("lambda:CreateFunction", FUNCTION),
    ("lambda:UpdateFunctionCode", arn("lambda", "function:shop")),
    ("lambda:DeleteFunction", arn("lambda", "function:shop")),
    ("lambda:AddPermission", arn("lambda", "function:shop")),
    ("dynamodb:Query", arn("dynamodb", "table/orders")),
    ("dynamodb:DeleteTable", TABLE),
    ("s3:GetObject", "arn:aws:s3:::another-bucket/schedules/shop.yaml"),
    ("s3:PutObject", "arn:aws:s3:::caretaker-schedulesbucket-1a2b/schedules/compiled.json"),
    ("ssm:GetParameter", arn("ssm", "parameter/prod/db/password")),
    ("ssm:PutParameter", arn("ssm", "parameter/caretaker/switch")),
    ("logs:GetLogEvents", arn("logs", "log-group:/aws/lambda/shop:*")),
    ("logs:PutLogEvents", arn("logs", "log-group:/aws/lambda/caretaker-dev-WarmerFunction-1A2B:log-stream:any")),
    ("sqs:SendMessage", arn("sqs", "orders")),
    ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:db-a1b2c3")),
    ("kms:Decrypt", arn("kms", "key/0a1b")),
    ("ec2:RunInstances", "*"),
]


def granted(role: str) -> list[dict[str, Any]]:
    found = pipeline_stack().resources("AWS::IAM::Role")[role]["Policies"]
    return [statement for policy in found for statement in policy["PolicyDocument"]["Statement"]]


def trusted(role: str) -> dict[str, Any]:
    (only,) = pipeline_stack().resources("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]
    assert only["Effect"] == "Allow"
    found: dict[str, Any] = only
    return found


@pytest.mark.parametrize(
    ("subject", "audience", "taken"),
    [
        ("repo:acme/caretaker:environment:prod", "sts.amazonaws.com", True),
        ("repo:acme/caretaker:environment:prod", "https://github.com/acme", False),
        ("repo:acme/caretaker:environment:production", "sts.amazonaws.com", False),
        ("repo:acme/caretaker:environment:dev", "sts.amazonaws.com", False),
        ("repo:acme/caretaker:ref:refs/heads/main", "sts.amazonaws.com", False),
        ("repo:acme/caretaker:pull_request", "sts.amazonaws.com", False),
        ("repo:acme/caretaker-fork:environment:prod", "sts.amazonaws.com", False),
        ("repo:mallory/caretaker:environment:prod", "sts.amazonaws.com", False),
        ("", "sts.amazonaws.com", False),
        ("repo:acme/caretaker:environment:prod", "", False),
    ],
)
def test_only_the_jobs_of_one_environment_of_one_repository_take_the_role(
    subject: str, audience: str, taken: bool
) -> None:
    statement = trusted("PipelineRole")
    claims = {"sub": subject, "aud": audience}
    said = {f"token.actions.githubusercontent.com:{name}": (value,) for name, value in claims.items() if value}
    trust = statements_of({"Statement": {**statement, "Resource": "*"}})
    assert statement["Principal"] == {"Federated": "Provider"}
    assert decide(trust, "sts:AssumeRoleWithWebIdentity", "*", said).allowed is taken
    assert not decide(trust, "sts:AssumeRole", "*", said).allowed


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("Repository", "acme/*"),
        ("Repository", "*/caretaker"),
        ("Repository", "acme"),
        ("Repository", "acme@*/caretaker@*"),
        ("Repository", "acme@1234/caretaker@5678:environment:prod"),
        ("Repository", "acme/caretaker:environment:prod"),
        ("Subject", "*"),
        ("Subject", "environment:*"),
        ("Subject", "ref:refs/heads/*"),
        ("Subject", "pull_request"),
        ("ProviderArn", "arn:aws:iam::123456789012:oidc-provider/mallory.example"),
        ("StackName", "*"),
        ("StackName", "caretaker-*"),
        ("SchedulesBucket", "*"),
        ("SchedulesKeyArn", "*"),
        ("SchedulesKeyArn", arn("kms", "key/*")),
        ("SchedulesKeyArn", arn("kms", "alias/plans")),
    ],
)
def test_nobody_opens_the_role_wider_by_a_parameter(parameter: str, value: str) -> None:
    assert not re.fullmatch(read_template(ROLE_TEMPLATE)["Parameters"][parameter]["AllowedPattern"], value)


def test_a_repository_is_named_with_its_numbers_where_its_tokens_have_them() -> None:
    name = "acme@1234/caretaker@5678"
    assert re.fullmatch(read_template(ROLE_TEMPLATE)["Parameters"]["Repository"]["AllowedPattern"], name)
    role = Stack(read_template(ROLE_TEMPLATE), Repository=name).resources("AWS::IAM::Role")["PipelineRole"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    # Source: GitHub's documentation, "OpenID Connect reference", immutable subject claims.
    assert trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"] == (
        "repo:acme@1234/caretaker@5678:environment:prod"
    )


def test_only_cloudformation_takes_what_can_change_the_stack() -> None:
    assert trusted("CloudFormationRole")["Principal"] == {"Service": "cloudformation.amazonaws.com"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("action", "resource", "facts"), CLIMBS)
def test_a_stolen_pipeline_climbs_no_higher_than_its_stack(
    role: str, action: str, resource: str, facts: Mapping[str, tuple[str, ...]]
) -> None:
    assert not decide(statements_of({"Statement": granted(role)}), action, resource, facts).allowed


def test_a_stolen_pipeline_changes_nothing_by_itself_but_its_bundles_and_the_stack() -> None:
    changing = {
        action
        for statement in granted("PipelineRole")
        for action in listed(statement["Action"])
        if not action.split(":")[1].startswith(("Get", "List", "Describe"))
    }
    assert changing == {
        "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:DeleteStack",
        "iam:PassRole",
        "s3:PutObject",
        "s3:DeleteObject",
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_pipeline_s_role_names_what_it_changes(role: str) -> None:
    statements = [one for one in granted(role) if one["Effect"] == "Allow"]
    actions = [action for one in statements for action in listed(one["Action"])]
    assert [action for action in actions if "*" in action] == []
    everywhere = {action for one in statements if "*" in listed(one["Resource"]) for action in listed(one["Action"])}
    changing = {action for action in everywhere if not action.split(":")[1].startswith(("Get", "List", "Describe"))}
    # SNS knows no resource for these two.
    assert changing <= {"sns:SetSubscriptionAttributes", "sns:Unsubscribe"}


@pytest.mark.parametrize(("action", "resource"), BEYOND)
def test_a_role_that_a_stolen_pipeline_makes_stays_within_the_boundary(action: str, resource: str) -> None:
    document = pipeline_stack().resources("AWS::IAM::ManagedPolicy")[BOUNDARY]["PolicyDocument"]
    assert not may(document["Statement"], action, resource)


def boundary(**parameters: str) -> list[dict[str, Any]]:
    policies = pipeline_stack(**parameters).resources("AWS::IAM::ManagedPolicy")
    found: list[dict[str, Any]] = policies[BOUNDARY]["PolicyDocument"]["Statement"]
    return found


def test_the_boundary_can_name_the_functions_that_are_ever_invoked() -> None:
    shop = arn("lambda", "function:shop-*")
    granted = boundary(Targets=f"{shop},{shop}:*")
    assert may(granted, "lambda:InvokeFunction", arn("lambda", "function:shop-checkout:live"))
    assert not may(granted, "lambda:InvokeFunction", arn("lambda", "function:payments:live"))


def test_an_empty_first_target_does_not_open_the_boundary_to_every_function() -> None:
    shop = arn("lambda", "function:shop")
    granted = boundary(Targets=f",{shop}")
    assert may(granted, "lambda:InvokeFunction", shop)
    assert not may(granted, "lambda:InvokeFunction", arn("lambda", "function:payments"))


def test_targets_of_the_boundary_are_held_to_what_those_of_the_template_are() -> None:
    ours, theirs = (
        read_template(path)["Parameters"][name]
        for path, name in ((ROLE_TEMPLATE, "Targets"), (TEMPLATE, "TargetFunctions"))
    )
    for name in ("AllowedPattern", "ConstraintDescription"):
        assert ours[name] == theirs[name]
    assert not re.fullmatch(ours["AllowedPattern"], "*")


def test_the_boundary_lets_one_key_of_the_schedules_be_used_through_s3_and_no_other_way() -> None:
    key, other = arn("kms", "key/0a1b"), arn("kms", "key/2c3d")
    granted = statements_of({"Statement": boundary(SchedulesKeyArn=key)})
    by_s3, by_lambda = ({"kms:ViaService": (f"{one}.eu-west-1.amazonaws.com",)} for one in ("s3", "lambda"))
    assert decide(granted, "kms:Decrypt", key, by_s3).allowed
    refused = [("kms:Decrypt", other, by_s3), ("kms:Decrypt", key, by_lambda), ("kms:Decrypt", key, {})]
    refused.append(("kms:GenerateDataKey", key, by_s3))
    assert [one for one in refused if decide(granted, *one).allowed] == []
