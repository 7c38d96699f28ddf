"""An emulator with IAM: functions do what their roles allow, and hear in AWS's own words what they may not."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator.stack import Options, RunningEmulator
from tests.emulator.asker import ACCOUNT, ASKED, ASKER, PREFIX, allow, ask, document_of, until
from tests.emulator.controlled import client_of, controlled, create


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    """An emulator with IAM, and in it `other`, a table, a bucket, a parameter, and `asker` with a role of no policy."""
    with controlled(Options(iam=True)) as (running, aws):
        client_of(running, "iam").create_role(RoleName="asker", AssumeRolePolicyDocument="{}")
        create(aws, "other", versions=1)
        aws.create_alias(FunctionName="other", Name="live", FunctionVersion="1")
        arn = create(aws, "asker", source=ASKER, timeout_s=60)
        aws.update_function_configuration(FunctionName=arn, Role=f"arn:aws:iam::{ACCOUNT}:role/asker")
        client_of(running, "dynamodb").create_table(
            TableName="marks",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        s3 = client_of(running, "s3")
        s3.create_bucket(Bucket="plans", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="plans", Key="prod/shop.yaml", Body=b"version: 1")
        client_of(running, "ssm").put_parameter(Name="/caretaker/switch", Value="on", Type="String")
        yield running


@pytest.mark.parametrize("what", ASKED)
def test_a_function_may_do_what_its_role_allows_and_is_told_what_it_may_not(
    emulator: RunningEmulator, what: str
) -> None:
    service, operation, arguments, action, resource = ASKED[what]
    allow(
        emulator, {"Action": "logs:*", "Resource": "*"}, {"Sid": "Other", "Action": action, "Resource": f"{resource}x"}
    )
    refused = ask(emulator, service, operation, **arguments)
    assert refused["Code"] in {"AccessDenied", "AccessDeniedException"}, refused
    shown = f'"{resource}"' if service == "s3" else resource
    assert refused["Message"] == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/asker/asker is not authorized to perform: {action} "
        f"on resource: {shown} because no identity-based policy allows the {action} action"
    )
    allow(emulator, {"Sid": "This", "Action": action, "Resource": resource})
    assert "AccessDenied" not in ask(emulator, service, operation, **arguments)["Code"]
    judged = [one for one in emulator.judged() if one.action == action]
    assert [(one.function, one.allowed, one.sid) for one in judged[-2:]] == [
        ("asker", False, None),
        ("asker", True, "This"),
    ]


def test_a_deny_wins_over_an_allow(emulator: RunningEmulator) -> None:
    invoke = {"Action": "lambda:InvokeFunction", "Resource": "*"}
    allow(emulator, invoke, {"Sid": "NotThatOne", "Effect": "Deny", **invoke, "Resource": f"{PREFIX}other:*"})
    assert ask(emulator, "lambda", "invoke", FunctionName="other")["Code"] == "done"
    refused = ask(emulator, "lambda", "invoke", FunctionName="other", Qualifier="live")
    assert refused["Message"].endswith(f"on resource: {PREFIX}other:live with an explicit deny by statement NotThatOne")


def test_a_permissions_boundary_takes_away_what_it_does_not_allow(emulator: RunningEmulator) -> None:
    iam = client_of(emulator, "iam")
    document = document_of({"Action": ["logs:*", "lambda:GetAlias"], "Resource": "*"})
    edge = iam.create_policy(PolicyName="edge", PolicyDocument=document)["Policy"]["Arn"]
    allow(emulator, {"Action": ["lambda:GetAlias", "lambda:ListFunctions"], "Resource": "*"})
    iam.put_role_permissions_boundary(RoleName="asker", PermissionsBoundary=edge)
    emulator.look_again()
    try:
        refused = ask(emulator, "lambda", "list_functions")
        assert refused["Message"].endswith("because no permissions boundary allows the lambda:ListFunctions action")
        assert ask(emulator, "lambda", "get_alias", FunctionName="other", Name="live")["Code"] == "done"
        assert ask(emulator, "lambda", "invoke", FunctionName="other")["Message"].endswith(
            "because no identity-based policy allows the lambda:InvokeFunction action"
        )
    finally:
        iam.delete_role_permissions_boundary(RoleName="asker")
        emulator.look_again()
    assert ask(emulator, "lambda", "list_functions")["Code"] == "done"


def test_whoever_takes_a_role_may_do_what_it_allows_and_hands_on_no_other_role(emulator: RunningEmulator) -> None:
    handed, other = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("handed", "other"))
    stack = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/orders/*"
    only = {"ArnEquals": {"cloudformation:RoleArn": handed}}
    to_cloudformation = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
    plans = {"Action": "cloudformation:CreateStack", "Resource": stack, "Condition": only}
    hands = {"Action": "iam:PassRole", "Resource": handed, "Condition": to_cloudformation}

    def refusal(**given: str) -> str:
        variables = emulator.environment_as(f"arn:aws:iam::{ACCOUNT}:role/asker", "pipeline")
        aws = boto3.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=variables["AWS_SESSION_TOKEN"],
            region_name=variables["AWS_REGION"],
        ).client("cloudformation", endpoint_url=variables["AWS_ENDPOINT_URL"])
        template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
        try:
            aws.create_stack(StackName="orders", TemplateBody=template, **given)
        except ClientError as error:
            return str(error.response["Error"]["Message"])
        return ""

    allow(emulator, plans)
    assert "assumed-role/asker/pipeline is not authorized to perform: cloudformation:CreateStack" in refusal()
    assert "perform: cloudformation:CreateStack" in refusal(RoleARN=other)
    assert f"perform: iam:PassRole on resource: {handed} " in refusal(RoleARN=handed)
    allow(emulator, plans, hands)
    assert refusal(RoleARN=handed) == ""


def test_nobody_takes_a_role_where_none_is_looked_at() -> None:
    with controlled() as (running, _), pytest.raises(ValueError, match="judges nobody"):
        running.environment_as(f"arn:aws:iam::{ACCOUNT}:role/asker", "pipeline")


def test_a_managed_policy_counts_while_it_is_attached(emulator: RunningEmulator) -> None:
    iam = client_of(emulator, "iam")
    allow(emulator)
    document = document_of({"Action": "lambda:ListFunctions", "Resource": "*"})
    policy = iam.create_policy(PolicyName="lists", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="asker", PolicyArn=policy)
    emulator.look_again()
    assert ask(emulator, "lambda", "list_functions")["Code"] == "done"
    iam.detach_role_policy(RoleName="asker", PolicyArn=policy)
    emulator.look_again()
    assert ask(emulator, "lambda", "list_functions")["Code"] == "AccessDeniedException"


def test_aws_s_own_policy_for_functions_that_write_logs_is_known(emulator: RunningEmulator) -> None:
    iam = client_of(emulator, "iam")
    allow(emulator)
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName="asker", PolicyArn=policy)
    emulator.look_again()
    start = len(emulator.judged())
    ask(emulator, "lambda", "list_functions")
    until(lambda: any(one.action == "logs:PutLogEvents" and one.allowed for one in emulator.judged()[start:]))
    iam.detach_role_policy(RoleName="asker", PolicyArn=policy)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_item", {"Key": {"pk": {"S": "KEY"}}}),
        ("put_item", {"Item": {"pk": {"S": "KEY"}}}),
        (
            "query",
            {
                "KeyConditionExpression": "#key = :key",
                "ExpressionAttributeNames": {"#key": "pk"},
                "ExpressionAttributeValues": {":key": {"S": "KEY"}},
            },
        ),
    ],
)
def test_a_condition_on_leading_keys_lets_a_role_see_a_part_of_a_table(
    emulator: RunningEmulator, operation: str, arguments: dict[str, Any]
) -> None:
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["boost#*"]}}
    allow(emulator, {"Action": "dynamodb:*", "Resource": "*", "Condition": condition})

    def code(value: str) -> str:
        given = json.loads(json.dumps(arguments).replace("KEY", value))
        return ask(emulator, "dynamodb", operation, TableName="marks", **given)["Code"]

    assert (code("boost#shop"), code("mark#shop")) == ("done", "AccessDeniedException")


def test_an_operation_that_the_emulator_cannot_judge_is_refused_and_said_so(emulator: RunningEmulator) -> None:
    allow(emulator, {"Action": "*", "Resource": "*"})
    refused = ask(emulator, "s3", "get_bucket_acl", Bucket="plans")
    assert refused["Code"] == "AccessDenied"
    assert refused["Message"].startswith("the emulator does not know which IAM action GET /plans needs")


def test_a_service_without_a_table_of_resources_is_judged_on_the_star(emulator: RunningEmulator) -> None:
    allow(emulator, {"Action": "events:*", "Resource": "arn:aws:events:*"})
    assert ask(emulator, "events", "list_rules")["Code"] == "AccessDeniedException"
    allow(emulator, {"Action": "events:ListRules", "Resource": "*"})
    assert ask(emulator, "events", "list_rules")["Code"] == "done"


def test_people_and_tests_with_other_keys_may_do_everything(emulator: RunningEmulator) -> None:
    allow(emulator)

    def asked() -> int:
        return sum(not one.action.startswith("logs:") for one in emulator.judged())

    before = asked()
    client_of(emulator, "lambda").list_functions()
    client_of(emulator, "dynamodb").list_tables()
    assert asked() == before


def test_a_role_that_may_not_write_logs_leaves_none(emulator: RunningEmulator) -> None:
    logs = client_of(emulator, "logs")
    group = "/aws/lambda/asker"
    allow(emulator, {"Action": ["lambda:ListFunctions", "logs:CreateLogStream"], "Resource": "*"})
    for name in [found["logGroupName"] for found in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]]:
        logs.delete_log_group(logGroupName=name)

    def judged_since(start: int, action: str) -> list[bool]:
        return [one.allowed for one in emulator.judged()[start:] if one.action == action]

    start = len(emulator.judged())
    ask(emulator, "lambda", "list_functions")
    until(lambda: judged_since(start, "logs:PutLogEvents"))
    assert set(judged_since(start, "logs:PutLogEvents")) == {False}
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []
    own = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:{group}:*"
    allow(emulator, {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": own})
    ask(emulator, "lambda", "list_functions")
    until(lambda: logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])


def test_a_failed_event_goes_to_its_queue_only_if_the_role_may_send_there(emulator: RunningEmulator) -> None:
    aws, sqs = client_of(emulator, "lambda"), client_of(emulator, "sqs")
    url = sqs.create_queue(QueueName="lost")["QueueUrl"]
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:lost"
    aws.put_function_event_invoke_config(
        FunctionName="asker", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue}}
    )

    def arrived() -> list[Any]:
        found: list[Any] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0).get("Messages", [])
        return found

    def judged() -> list[bool]:
        return [one.allowed for one in emulator.judged() if one.action == "sqs:SendMessage"]

    allow(emulator)
    aws.invoke(FunctionName="asker", InvocationType="Event", Payload=b'{"fail": true}')
    until(judged)
    assert (judged(), arrived()) == ([False], [])
    allow(emulator, {"Action": "sqs:SendMessage", "Resource": queue})
    aws.invoke(FunctionName="asker", InvocationType="Event", Payload=b'{"fail": true}')
    until(arrived)
    assert judged() == [False, True]


def test_without_the_option_roles_are_not_looked_at() -> None:
    with controlled() as (running, aws):
        create(aws, "other")
        create(aws, "asker", source=ASKER, timeout_s=60)
        assert ask(running, "lambda", "invoke", FunctionName="other")["Code"] == "done"
        assert running.judged() == []


def test_without_permission_to_list_tags_getfunction_answers_without_them_and_says_so(
    emulator: RunningEmulator,
) -> None:
    source = """
import boto3

def handler(event, context):
    found = boto3.client("lambda").get_function(FunctionName="other")
    return {"tags": found.get("Tags"), "error": found.get("TagsError")}
"""
    aws = client_of(emulator, "lambda")
    aws.tag_resource(Resource=f"{PREFIX}other", Tags={"team": "shop"})
    create(aws, "reader", source=source, timeout_s=60)
    aws.update_function_configuration(FunctionName="reader", Role=f"arn:aws:iam::{ACCOUNT}:role/asker")

    def read() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(aws.invoke(FunctionName="reader")["Payload"].read())
        return found

    allow(emulator, {"Action": "lambda:GetFunction", "Resource": "*"})
    assert read() == {
        "tags": None,
        "error": {
            "ErrorCode": "AccessDeniedException",
            "Message": f"User: arn:aws:sts::{ACCOUNT}:assumed-role/asker/reader is not authorized to perform: "
            f"lambda:ListTags on resource: {PREFIX}other "
            "because no identity-based policy allows the lambda:ListTags action",
        },
    }
    allow(emulator, {"Action": ["lambda:GetFunction", "lambda:ListTags"], "Resource": "*"})
    assert read() == {"tags": {"team": "shop"}, "error": None}
