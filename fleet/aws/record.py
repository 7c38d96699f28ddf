"""The janitor's memory in DynamoDB: what one run must know of the runs before it.

One table, `CARETAKER_STATE_TABLE`, shared by everything that Caretaker remembers:

| attribute    | type                | use                                                              |
|--------------|---------------------|------------------------------------------------------------------|
| `pk`         | S, partition key    | `function#<name>` or `janitor`                                   |
| `sk`         | S, sort key         | `history`, `mark#<number, 12 digits>`; `cursor` under `janitor`  |
| `expires_at` | N, epoch seconds    | the table's TTL attribute; only on items that may be forgotten   |

Billing is per request, there are no indexes. The janitor's role needs dynamodb:Query, dynamodb:GetItem,
dynamodb:PutItem and dynamodb:BatchWriteItem on the table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Self

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.aws.rate import TimeBox
from fleet.model import VersionNumber
from fleet.ports import FunctionMemory, Mark, Refused, Throttled

# A mark this old is forgotten and the version marked anew: it then waits for one more grace.
_MARK_LIFE = timedelta(days=180)
# Source: DynamoDB API reference, BatchWriteItem: 25 put or delete requests at most.
_BATCH = 25
_BATCH_TRIES = 5
_JANITOR = {"pk": {"S": "janitor"}, "sk": {"S": "cursor"}}


class DynamoRecord:
    """The Record port over one DynamoDB table; no call starts that `box` has no time for."""

    def __init__(self, client: Any, table: str, box: TimeBox) -> None:
        self._client = client
        self._table = table
        self._box = box

    @classmethod
    def connect(cls, table: str, box: TimeBox) -> Self:
        """The port over the SDK's own endpoint, region and credentials. Raises: FleetError."""
        try:
            return cls(client("dynamodb", timeout_s=box.call_timeout_s), table, box)
        except Exception as error:
            raise translated(error, service="dynamodb", operation="Query") from error

    def recall(self, function: str) -> FunctionMemory:
        """What is known of `function`. Raises: FleetError."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": _pk(function)}},
            "ConsistentRead": True,
        }
        items: list[Any] = []
        while True:
            page = self._said("Query", partial(self._client.query, **request))
            items += page.get("Items", [])
            if not page.get("LastEvaluatedKey"):
                return _understood(self._table, function, items)
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def remember(self, function: str, memory: FunctionMemory, *, before: FunctionMemory) -> None:
        """Write what differs between `before` and `memory`. Raises: FleetError."""
        known, wanted = set(before.marks), set(memory.marks)
        kept = {mark.version for mark in wanted}
        writes = [_put(_mark_item(function, mark)) for mark in sorted(wanted - known, key=lambda mark: mark.version)]
        writes += [
            _delete(function, mark) for mark in sorted(known, key=lambda m: m.version) if mark.version not in kept
        ]
        if (memory.live, memory.superseded) != (before.live, before.superseded):
            writes.append(_put(_history_item(function, memory)))
        for start in range(0, len(writes), _BATCH):
            self._write(writes[start : start + _BATCH])

    def cursor(self) -> str | None:
        """The function at which the last run stopped, or None. Raises: FleetError."""
        call = partial(self._client.get_item, TableName=self._table, Key=_JANITOR, ConsistentRead=True)
        value = self._said("GetItem", call).get("Item", {}).get("function", {}).get("S")
        return str(value) if value else None

    def save_cursor(self, function: str) -> None:
        """Remember where this run stopped. Raises: FleetError."""
        item = {**_JANITOR, "function": {"S": function}}
        self._said("PutItem", partial(self._client.put_item, TableName=self._table, Item=item), last=True)

    def _write(self, requests: Sequence[Mapping[str, Any]]) -> None:
        left: Any = {self._table: list(requests)}
        for _ in range(_BATCH_TRIES):
            reply = self._said("BatchWriteItem", partial(self._client.batch_write_item, RequestItems=left))
            left = reply.get("UnprocessedItems")
            if not left:
                return
        raise Throttled(f"dynamodb:BatchWriteItem left writes to {self._table} undone {_BATCH_TRIES} times")

    def _said(self, operation: str, call: Callable[[], Any], *, last: bool = False) -> Any:
        self._box.check(last=last)
        try:
            return self._box.measured(call)
        except Exception as error:
            raise translated(error, service="dynamodb", operation=operation) from error


def _pk(function: str) -> str:
    return f"function#{function}"


def _sk(version: VersionNumber) -> str:
    return f"mark#{version.value:012d}"


def _put(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"PutRequest": {"Item": item}}


def _delete(function: str, mark: Mark) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": {"pk": {"S": _pk(function)}, "sk": {"S": _sk(mark.version)}}}}


def _mark_item(function: str, mark: Mark) -> dict[str, Any]:
    return {
        "pk": {"S": _pk(function)},
        "sk": {"S": _sk(mark.version)},
        "code_sha256": {"S": mark.code_sha256},
        "marked_at": {"S": mark.marked_at.astimezone(UTC).isoformat()},
        "expires_at": {"N": str(int((mark.marked_at + _MARK_LIFE).timestamp()))},
    }


def _history_item(function: str, memory: FunctionMemory) -> dict[str, Any]:
    superseded = {str(version): {"S": at.astimezone(UTC).isoformat()} for version, at in memory.superseded}
    return {
        "pk": {"S": _pk(function)},
        "sk": {"S": "history"},
        "live": {"L": [{"S": str(version)} for version in sorted(memory.live)]},
        "superseded": {"M": superseded},
    }


def _understood(table: str, function: str, items: Iterable[Any]) -> FunctionMemory:
    try:
        return _memory(items)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(
            f"dynamodb:Query: what table {table} holds of {function} cannot be understood "
            f"({type(error).__name__}: {error}); delete the items of pk {_pk(function)}"
        ) from error


def _memory(items: Iterable[Any]) -> FunctionMemory:
    marks: list[Mark] = []
    memory = FunctionMemory()
    for item in items:
        kind, _, number = item["sk"]["S"].partition("#")
        if kind == "mark":
            marks.append(
                Mark(
                    version=VersionNumber(int(number)),
                    code_sha256=item["code_sha256"]["S"],
                    marked_at=_instant(item["marked_at"]["S"]),
                )
            )
        elif kind == "history":
            memory = FunctionMemory(
                live=frozenset(VersionNumber.parse(version["S"]) for version in item["live"]["L"]),
                superseded=tuple(
                    sorted((VersionNumber.parse(v), _instant(at["S"])) for v, at in item["superseded"]["M"].items())
                ),
            )
    return FunctionMemory(marks=tuple(marks), live=memory.live, superseded=memory.superseded)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return instant
