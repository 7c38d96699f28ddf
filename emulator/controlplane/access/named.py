"""Services whose requests name their operation: which resources such an operation is about. Pure.

Source: Service Authorization Reference, of each service here. An operation of a service that is not here is judged on
the resource "*", which only a statement on "*" allows.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.controlplane.access.asked import Call, Wish, arn
from emulator.controlplane.ministack import Account

# Table name → name of its partition key; for a table that is not in it, no condition on leading keys holds.
Keys = Mapping[str, str]
Reading = Callable[[Account, Call, Keys], Iterable[Wish]]

# Source: Service Authorization Reference: a transaction is authorised as the operations that it is made of.
_OF_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
# `pk = :pk` or `#pk = :pk` at any place of a key condition.
_EQUALS = re.compile(r"(?P<name>#?[A-Za-z0-9_.-]+)\s*=\s*(?P<value>:\w+)")


def wishes(service: str, account: Account, call: Call, keys: Keys) -> list[Wish]:
    """The actions that the operation needs, one at least."""
    reading = _READINGS.get(service)
    found = list(reading(account, call, keys)) if reading is not None else []
    return found or [Wish(action=f"{service}:{call.operation}", resource="*")]


def tables_of(call: Call) -> list[str]:
    """The names of the DynamoDB tables that the operation is about."""
    given = call.parameters
    one = [given["TableName"]] if "TableName" in given else []
    many = [request["TableName"] for _, request in _parts(call)]
    return list(dict.fromkeys(str(name).rpartition("/")[2] for name in (*one, *many, *_batch(call))))


def _dynamodb(account: Account, call: Call, keys: Keys) -> Iterable[Wish]:
    for kind, request in _parts(call):
        yield _on_table(account, _OF_TRANSACTIONS[kind], request, keys)
    if call.operation.startswith("Transact"):
        return
    for name in _batch(call):
        yield Wish(action=f"dynamodb:{call.operation}", resource=_table(account, name))
    if "TableName" in call.parameters:
        yield _on_table(account, call.operation, call.parameters, keys)


def _parts(call: Call) -> list[tuple[str, Mapping[str, Any]]]:
    items = call.parameters.get("TransactItems") or []
    return [(kind, request) for item in items for kind, request in item.items() if kind in _OF_TRANSACTIONS]


def _batch(call: Call) -> list[str]:
    return list(call.parameters.get("RequestItems") or {})


def _on_table(account: Account, operation: str, request: Mapping[str, Any], keys: Keys) -> Wish:
    name = str(request["TableName"]).rpartition("/")[2]
    index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
    leading = _leading(request, keys[name]) if name in keys else ()
    context = {"dynamodb:LeadingKeys": leading} if leading else {}
    return Wish(action=f"dynamodb:{operation}", resource=_table(account, name) + index, context=context)


def _table(account: Account, name: str) -> str:
    return name if name.startswith("arn:") else arn(account, "dynamodb", f"table/{name}")


def _leading(request: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The value of the partition key that the request names."""
    for place in ("Key", "Item"):
        if key in request.get(place, {}):
            return tuple(str(value) for value in request[place][key].values())
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    for found in _EQUALS.finditer(request.get("KeyConditionExpression", "")):
        if names.get(found["name"], found["name"]) == key and found["value"] in values:
            return tuple(str(value) for value in values[found["value"]].values())
    return ()


def _ssm(account: Account, call: Call, _keys: Keys) -> Iterable[Wish]:
    given = call.parameters
    for name in given.get("Names") or [given.get("Name") or given.get("Path")]:
        if name:
            where = arn(account, "ssm", f"parameter/{str(name).lstrip('/')}")
            yield Wish(action=f"ssm:{call.operation}", resource=where)


def _sqs(account: Account, call: Call, _keys: Keys) -> Iterable[Wish]:
    name = str(call.parameters.get("QueueUrl") or call.parameters.get("QueueName") or "*").rpartition("/")[2]
    action = call.operation.removesuffix("Batch")  # Source: SQS developer guide, "Amazon SQS API permissions".
    yield Wish(action=f"sqs:{action}", resource=arn(account, "sqs", name))


def _sns(_account: Account, call: Call, _keys: Keys) -> Iterable[Wish]:
    if topic := call.parameters.get("TopicArn") or call.parameters.get("TargetArn"):
        yield Wish(action=f"sns:{call.operation.removesuffix('Batch')}", resource=str(topic))


def _cloudformation(account: Account, call: Call, _keys: Keys) -> Iterable[Wish]:
    name = str(call.parameters.get("StackName") or "*")
    where = name if name.startswith("arn:") else arn(account, "cloudformation", f"stack/{name}/*")
    role = str(call.parameters.get("RoleARN") or "")
    handed = {"cloudformation:RoleArn": (role,)} if role else {}
    yield Wish(action=f"cloudformation:{call.operation}", resource=where, context=handed)
    if role:
        # Source: CloudFormation user guide, "AWS CloudFormation service role": naming one takes the right to pass it.
        service = {"iam:PassedToService": ("cloudformation.amazonaws.com",)}
        yield Wish(action="iam:PassRole", resource=role, context=service)


def _codedeploy(account: Account, call: Call, _keys: Keys) -> Iterable[Wish]:
    # Of which group a deployment is, only CodeDeploy knows, which is not emulated: any group's pattern allows it.
    yield Wish(action=f"codedeploy:{call.operation}", resource=arn(account, "codedeploy", "deploymentgroup:*"))


def _logs(account: Account, call: Call, _keys: Keys) -> Iterable[Wish]:
    if group := call.parameters.get("logGroupName"):
        stream = call.parameters.get("logStreamName") or call.parameters.get("logStreamNamePrefix") or ""
        rest = f"log-group:{group}:log-stream:{stream}"
        yield Wish(action=f"logs:{call.operation}", resource=arn(account, "logs", rest))


_READINGS: Mapping[str, Reading] = {
    "dynamodb": _dynamodb,
    "ssm": _ssm,
    "sqs": _sqs,
    "sns": _sns,
    "cloudformation": _cloudformation,
    "codedeploy": _codedeploy,
    "logs": _logs,
}
