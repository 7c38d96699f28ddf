"""What a deployment asks of a role, by template.yaml and by what CloudFormation calls for each type of resource.

What lives here: the template as CloudFormation sees it, with everything switched on, each resource under a name as
CloudFormation makes it, and the calls for it. Whether a role may make them is for the tests.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.template.checkout import ROOT
from tests.template.reading import Stack, listed, read_template

UNNEEDED = Path(__file__).with_name("unneeded.yaml")
SAM_PYTHON = ROOT / ".tools" / "sam" / "bin" / "python"
ROLE_TEMPLATE = ROOT / ".github" / "deploy-role.yaml"
REGION, ACCOUNT, STACK = "eu-west-1", "123456789012", "caretaker"
# What the reader of templates gives for the resources of the pipeline's own stack.
BOUNDARY, CLOUDFORMATION_ROLE, ARTIFACTS = "RolesBoundary", "CloudFormationRole.Arn", "Artifacts.Arn"
# Source: Service Authorization Reference: what cannot be allowed for one resource only.
WITHOUT_RESOURCE = {
    "sns:GetSubscriptionAttributes",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
    "logs:DescribeLogGroups",
    "logs:DescribeIndexPolicies",
    "cloudwatch:DescribeAlarms",
}


_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{name}}"
_TOPIC, _QUEUE = (f"arn:aws:{service}:{REGION}:{ACCOUNT}:{{name}}" for service in ("sns", "sqs"))
_ARNS = {
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{name}}",
    "AWS::CloudWatch::Dashboard": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{STACK}-{REGION}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{name}}",
    "AWS::Events::Rule": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{name}}",
    "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{ACCOUNT}:policy/{{name}}",
    "AWS::Lambda::EventInvokeConfig": _FUNCTION,
    "AWS::Lambda::Function": _FUNCTION,
    "AWS::Lambda::Permission": _FUNCTION,
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{{name}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::S3::BucketPolicy": "arn:aws:s3:::{name}",
    "AWS::SNS::Subscription": _TOPIC,
    "AWS::SNS::Topic": _TOPIC,
    "AWS::SNS::TopicPolicy": _TOPIC,
    "AWS::SQS::Queue": _QUEUE,
    "AWS::SQS::QueuePolicy": _QUEUE,
    "AWS::SSM::Parameter": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{STACK}/switch",
}
# The property that names the resource which these are a part of.
_OWNERS = {
    "AWS::Lambda::EventInvokeConfig": "FunctionName",
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::Subscription": "TopicArn",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that CloudFormation makes for a resource, as IAM sees it."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


# The schemas of CloudFormation's registry, as cfn-lint brings them, name what each handler calls.
# Source: CloudFormation CLI user guide, "Resource type definition schema", handlers and tagging.
_HANDLERS = """
import json, sys
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as registry
found = {}
for kind in json.load(sys.stdin):
    schema = registry.get_resource_schema("us-east-1", kind).schema
    parts = [schema["handlers"].get(verb, {}) for verb in ("create", "read", "update", "delete")]
    parts.append(schema.get("tagging") or {})
    found[kind] = sorted({each for part in parts for each in part.get("permissions", [])})
print(json.dumps(found))
"""


class UnknownTypeError(Exception):
    """A type of resource that nothing is said of here; the message names it."""


def arn(service: str, rest: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{rest}"


def name_of(logical: str) -> str:
    """A name as CloudFormation makes it. Source: its user guide, "Resource type reference", name type."""
    return f"{STACK}-{logical}-1A2B3C4D5E6F"


@cache
def resources() -> Mapping[str, dict[str, Any]]:
    """Logical id → resource, after SAM's transform, none left out by its condition."""
    command = [SAM_PYTHON, ROOT / "checks/translated.py", ROOT / "template.yaml"]
    translated = json.loads(subprocess.check_output(command, text=True, timeout=120))
    found: Mapping[str, dict[str, Any]] = translated["Resources"]
    return found


@cache
def handlers() -> Mapping[str, list[str]]:
    """Type of resource → all that its handlers may call, of those types that the template has."""
    kinds = json.dumps(sorted({one["Type"] for one in resources().values()}))
    printed = subprocess.check_output([SAM_PYTHON, "-c", _HANDLERS], input=kinds, text=True, timeout=120)
    found: Mapping[str, list[str]] = json.loads(printed)
    return found


def unneeded() -> Mapping[str, Mapping[str, list[str]]]:
    """Type of resource → reason → what it does not call for this template."""
    found: Mapping[str, Mapping[str, list[str]]] = yaml.safe_load(UNNEEDED.read_text(encoding="utf-8"))
    return found


def pipeline_stack(**parameters: str) -> Stack:
    """The pipeline's own stack, for acme/caretaker unless said otherwise."""
    return Stack(read_template(ROLE_TEMPLATE), Repository="acme/caretaker", **parameters)


def calls(found: Mapping[str, dict[str, Any]]) -> Iterator[Call]:
    """All that CloudFormation calls to create, update and delete these resources. Raises: UnknownTypeError."""
    transform = arn("cloudformation", "transform/Serverless-2016-10-31", account="aws")
    yield Call(action="cloudformation:CreateChangeSet", resource=transform)
    for logical, resource in found.items():
        kind, given = resource["Type"], resource.get("Properties", {})
        if kind not in handlers():
            raise UnknownTypeError(
                f"{logical} is an {kind}, which is new: renew {ROLE_TEMPLATE.name} and say its ARN here"
            )
        spared = {one for many in unneeded().get(kind, {}).values() for one in many}
        for action in (one for one in handlers()[kind] if one not in spared):
            for place in ["*"] if action in WITHOUT_RESOURCE else _places(kind, logical, given, action):
                yield Call(action=action, resource=place, context=_context(action, given))


def _places(kind: str, logical: str, given: Mapping[str, Any], action: str) -> list[str]:
    """The resources that this call for it is about."""
    if action == "s3:GetObject":
        return [f"{ARTIFACTS}/{STACK}/0a1b2c3d"]
    if action == "iam:PassRole":
        return [_role(given["Role"]["Fn::GetAtt"][0])]
    if kind == "AWS::IAM::Role":
        return [_role(logical)]
    if "Roles" in given and action.endswith("RolePolicy"):
        return [_role(one["Ref"]) for one in given["Roles"]]
    return [_place(kind, logical, given)]


def _place(kind: str, logical: str, given: Mapping[str, Any]) -> str:
    if kind not in _ARNS:
        raise UnknownTypeError(f"{logical} is an {kind}: say in _ARNS what its ARN is")
    (owner,) = listed(given[_OWNERS[kind]]) if kind in _OWNERS else ({"Ref": logical},)
    name = _name(owner["Ref"])
    return _ARNS[kind].format(name=name.lower() if kind.startswith("AWS::S3::") else name)


def _name(logical: str) -> str:
    match logical:
        case "DeployHookFunction":
            return f"CodeDeployHook_{STACK}"
        case "WarmerLogs" | "JanitorLogs" | "DeployHookLogs":
            return _name(logical.replace("Logs", "Function"))
    return name_of(logical)


def _role(logical: str) -> str:
    return arn("iam", f"role/{name_of(logical)}", region="")


def _context(action: str, given: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    match action:
        case "iam:PassRole":
            return {"iam:PassedToService": ("lambda.amazonaws.com",)}
        case "iam:CreateRole" | "iam:PutRolePolicy" | "iam:PutRolePermissionsBoundary":
            return {"iam:PermissionsBoundary": (BOUNDARY,)}
        case "iam:AttachRolePolicy":
            targets = arn("iam", f"policy/{name_of('WarmerTargets1')}", region="")
            return {"iam:PermissionsBoundary": (BOUNDARY,), "iam:PolicyARN": (targets,)}
        case "lambda:AddPermission":
            return {"lambda:Principal": tuple(listed(given["Principal"]))}
        case "sns:Subscribe":
            return {"sns:Protocol": (given["Protocol"],)}
    return {}
