"""One DynamoDB table as its adapters ask it: calls inside the time box, failures in this project's words.

Source: DynamoDB developer guide, "Working with items: condition expressions" and "Managing complex workflows".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Self

from botocore.exceptions import ClientError

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.aws.rate import TimeBox
from fleet.ports import FleetError

Item = Mapping[str, Any]
# Each item says which shape it has; one that says anything else was written by another release.
SCHEMA = "1"
# Source: DynamoDB API reference, TransactWriteItems: 100 actions at most.
TRANSACTION = 100
_CONFLICTS = ("ConditionalCheckFailed", "TransactionConflict")


class ConditionFailed(FleetError):  # noqa: N818 - names what was found
    """What was to be written no longer fits what is there."""


class StateTable:
    """The calls that the record, the audit and the boosts make, all on one table."""

    def __init__(self, client: Any, name: str, box: TimeBox) -> None:
        self._client = client
        self._box = box
        self.name = name

    @classmethod
    def connect(cls, name: str, box: TimeBox) -> Self:
        """The table over the SDK's own endpoint, region and credentials. Raises: FleetError."""
        try:
            return cls(client("dynamodb", timeout_s=box.call_timeout_s), name, box)
        except Exception as error:
            raise translated(error, service="dynamodb", operation="Query") from error

    def get(self, pk: str, sk: str) -> Item | None:
        """The item under that key, as it is now."""
        call = partial(self._client.get_item, TableName=self.name, Key=key(pk, sk), ConsistentRead=True)
        found: Item | None = self._said("GetItem", call).get("Item")
        return found

    def query(self, pk: str) -> Iterator[Item]:
        """Every item under the partition key, in the order of the sort key, as they are now."""
        asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}}}
        return self._pages("Query", self._client.query, {**asked, "ConsistentRead": True})

    def scan(self, prefix: str) -> Iterator[Item]:
        """Every item whose partition key begins with `prefix`. Reads the whole table: for people, not for runs."""
        asked = {
            "FilterExpression": "begins_with(pk, :prefix)",
            "ExpressionAttributeValues": {":prefix": {"S": prefix}},
        }
        return self._pages("Scan", self._client.scan, asked)

    def put(self, item: Item, *, last: bool = False, condition: str | None = None, values: Item | None = None) -> None:
        """Write the item; whatever was there, unless it must fit the condition. Raises: ConditionFailed, FleetError."""
        asked = self.putting(item, condition=condition, values=values)["Put"]
        self._said("PutItem", partial(self._client.put_item, **asked), last=last)

    def delete(self, pk: str, sk: str) -> None:
        """Remove the item, if it is there."""
        self._said("DeleteItem", partial(self._client.delete_item, TableName=self.name, Key=key(pk, sk)))

    def together(self, writes: Sequence[Mapping[str, Any]]) -> None:
        """All of the writes or none. Raises: ConditionFailed, FleetError."""
        self._said("TransactWriteItems", partial(self._client.transact_write_items, TransactItems=list(writes)))

    def putting(self, item: Item, *, condition: str | None = None, values: Item | None = None) -> dict[str, Any]:
        """The write of an item, for `together`."""
        asked: dict[str, Any] = {"TableName": self.name, "Item": _with_schema(item)}
        if condition is not None:
            asked["ConditionExpression"] = condition
        if values:
            asked["ExpressionAttributeValues"] = dict(values)
        return {"Put": asked}

    def deleting(self, pk: str, sk: str) -> dict[str, Any]:
        """The removal of an item, for `together`."""
        return {"Delete": {"TableName": self.name, "Key": key(pk, sk)}}

    def _pages(self, operation: str, method: Any, asked: Mapping[str, Any]) -> Iterator[Item]:
        request: dict[str, Any] = {"TableName": self.name, **asked}
        while True:
            page = self._said(operation, partial(method, **request))
            yield from page.get("Items", [])
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _said(self, operation: str, call: Callable[[], Any], *, last: bool = False) -> Any:
        self._box.check(last=last)
        try:
            return self._box.measured(call)
        except ClientError as error:
            if _in_the_way(error):
                raise ConditionFailed(f"dynamodb:{operation}: another run wrote to {self.name} meanwhile") from error
            raise translated(error, service="dynamodb", operation=operation) from error
        except Exception as error:
            raise translated(error, service="dynamodb", operation=operation) from error


def key(pk: str, sk: str) -> dict[str, Any]:
    """An item's key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def checked(item: Item) -> Item:
    """The item, if this release can read its shape. Raises: ValueError."""
    if (found := item.get("schema", {}).get("N")) != SCHEMA:
        raise ValueError(f"an item of schema {found or 'unknown'}, this release reads {SCHEMA}")
    return item


def instant(text: str) -> datetime:
    """An instant as it was written. Raises: ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at


def _with_schema(item: Item) -> dict[str, Any]:
    return {**item, "schema": {"N": SCHEMA}}


def _in_the_way(error: ClientError) -> bool:
    """Whether another's write made this one fail; a transaction says so in its reasons, not in its code."""
    reasons = error.response.get("CancellationReasons") or ()
    said = [error.response.get("Error", {}).get("Code", ""), *(str(one.get("Code", "")) for one in reasons)]
    return any(code.startswith(_CONFLICTS) for code in said)
