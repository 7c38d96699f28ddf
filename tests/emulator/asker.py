"""A function that asks AWS for whatever its event says, and the role that lets it or does not."""

import json
import time
from collections.abc import Mapping
from typing import Any

from emulator.stack import RunningEmulator
from tests.emulator.controlled import client_of

ACCOUNT = "123456789012"
PREFIX = "arn:aws:lambda:eu-west-1:123456789012:function:"
PATIENCE_S = 60.0
NOTHING = {"Action": "sts:GetCallerIdentity", "Resource": "*"}  # a document without a statement is none
ASKER = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    if event.get("fail"):
        raise ValueError("no stock")
    client = boto3.client(event["service"])
    try:
        getattr(client, event["operation"])(**event["arguments"])
    except ClientError as error:
        return error.response["Error"]
    return {"Code": "done"}
"""
# What is asked for, and the action and resource that it needs.
ASKED: Mapping[str, tuple[str, str, dict[str, Any], str, str]] = {
    "an invocation": ("lambda", "invoke", {"FunctionName": "other"}, "lambda:InvokeFunction", f"{PREFIX}other"),
    "an invocation of an alias": (
        "lambda",
        "invoke",
        {"FunctionName": "other", "Qualifier": "live"},
        "lambda:InvokeFunction",
        f"{PREFIX}other:live",
    ),
    "the deletion of a version": (
        "lambda",
        "delete_function",
        {"FunctionName": "other", "Qualifier": "9"},
        "lambda:DeleteFunction",
        f"{PREFIX}other:9",
    ),
    "an alias": ("lambda", "get_alias", {"FunctionName": "other", "Name": "live"}, "lambda:GetAlias", f"{PREFIX}other"),
    "tags": ("lambda", "list_tags", {"Resource": f"{PREFIX}other"}, "lambda:ListTags", f"{PREFIX}other"),
    "all functions": ("lambda", "list_functions", {}, "lambda:ListFunctions", "*"),
    "layers": ("lambda", "list_layers", {}, "lambda:ListLayers", "*"),
    "an item": (
        "dynamodb",
        "get_item",
        {"TableName": "marks", "Key": {"pk": {"S": "a"}}},
        "dynamodb:GetItem",
        f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/marks",
    ),
    "a transaction": (
        "dynamodb",
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": "marks", "Item": {"pk": {"S": "a"}}}}]},
        "dynamodb:PutItem",
        f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/marks",
    ),
    "an object": (
        "s3",
        "get_object",
        {"Bucket": "plans", "Key": "prod/shop.yaml"},
        "s3:GetObject",
        "arn:aws:s3:::plans/prod/shop.yaml",
    ),
    "a listing": (
        "s3",
        "list_objects_v2",
        {"Bucket": "plans", "Prefix": "prod/"},
        "s3:ListBucket",
        "arn:aws:s3:::plans",
    ),
    "a parameter": (
        "ssm",
        "get_parameter",
        {"Name": "/caretaker/switch"},
        "ssm:GetParameter",
        f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/caretaker/switch",
    ),
    "a stack": (
        "cloudformation",
        "list_stack_resources",
        {"StackName": "shop"},
        "cloudformation:ListStackResources",
        f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/shop/*",
    ),
    "metrics": ("cloudwatch", "list_metrics", {}, "cloudwatch:ListMetrics", "*"),
    "deployments": (
        "codedeploy",
        "list_deployments",
        {},
        "codedeploy:ListDeployments",
        f"arn:aws:codedeploy:eu-west-1:{ACCOUNT}:deploymentgroup:*",
    ),
    "distributions": ("cloudfront", "list_distributions", {}, "cloudfront:ListDistributions", "*"),
}


def ask(emulator: RunningEmulator, service: str, operation: str, **arguments: Any) -> dict[str, str]:
    """What the function `asker` gets for this call."""
    event = {"service": service, "operation": operation, "arguments": arguments}
    reply = client_of(emulator, "lambda").invoke(FunctionName="asker", Payload=json.dumps(event))
    answer: dict[str, str] = json.loads(reply["Payload"].read())
    assert "FunctionError" not in reply, answer
    return answer


def document_of(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


def allow(emulator: RunningEmulator, *statements: Mapping[str, Any]) -> None:
    """Give the role of `asker` these statements and no others."""
    iam = client_of(emulator, "iam")
    document = document_of(*(statements or [NOTHING]))
    iam.put_role_policy(RoleName="asker", PolicyName="own", PolicyDocument=document)
    emulator.look_again()


def until(met: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s"
        time.sleep(0.05)
