"""The janitor's memory in DynamoDB: what one run must know of the runs before it.

One table, `CARETAKER_STATE_TABLE`, shared by everything that Caretaker remembers:

| attribute    | type                | use                                                                           |
|--------------|---------------------|-------------------------------------------------------------------------------|
| `pk`         | S, partition key    | `function#<name>`, `janitor`; `audit#<name>`, `audit-open` (`fleet.aws.audit`) |
| `sk`         | S, sort key         | `history`, `mark#<number, 12 digits>`; `cursor`, `baseline` under `janitor`   |
| `schema`     | N                   | the shape of the item, 1; an item of any other is refused, never guessed at   |
| `revision`   | N                   | of a `history`: counts the writes of that function, each on condition of it   |
| `expires_at` | N, epoch seconds    | the table's TTL attribute; only on items that may be forgotten                |

Billing is per request, there are no indexes. The janitor's role needs dynamodb:Query, dynamodb:GetItem,
dynamodb:PutItem and dynamodb:DeleteItem on the table (what a transaction may do is allowed by those).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from fleet.aws.rate import TimeBox
from fleet.aws.table import TRANSACTION, ConditionFailed, Item, StateTable, checked, instant
from fleet.model import VersionNumber
from fleet.ports import AliasHistory, Baseline, FunctionMemory, Mark, Quarantine, RecordMoved, Refused

# A mark this old is forgotten and the version marked anew: it then waits for one more grace.
_MARK_LIFE = timedelta(days=180)
_JANITOR = "janitor"


class DynamoRecord:
    """The Record port over one DynamoDB table."""

    def __init__(self, table: StateTable) -> None:
        self._table = table

    @classmethod
    def connect(cls, table: str, box: TimeBox) -> Self:
        """The port over the SDK's own endpoint, region and credentials. Raises: FleetError."""
        return cls(StateTable.connect(table, box))

    def recall(self, function: str) -> FunctionMemory:
        """What is known of `function`. Raises: FleetError."""
        return self._understood(_pk(function), list(self._table.query(_pk(function))))

    def remember(self, function: str, memory: FunctionMemory, *, before: FunctionMemory) -> None:
        """Write what differs between `before` and `memory`, unless another run wrote since `before` was read.

        Up to 99 marks go in one transaction with the revision. A run that ends between two transactions leaves the
        history as it was and a part of the marks, which is as good as none. Raises: RecordMoved, FleetError.
        """
        writes = [self._table.deleting(_pk(function), _sk(mark.version)) for mark in _forgotten(before, memory)]
        known = set(before.marks)
        writes += [self._table.putting(_mark_item(function, mark)) for mark in memory.marks if mark not in known]
        room = TRANSACTION - 1
        for turn, start in enumerate(range(0, max(1, len(writes)), room)):
            history = memory if start + room >= len(writes) else before
            self._write(function, history, before.revision + turn, writes[start : start + room])

    def cursor(self) -> str | None:
        """The function at which the last run stopped, or None. Raises: FleetError."""
        value = (self._table.get(_JANITOR, "cursor") or {}).get("function", {}).get("S")
        return str(value) if value else None

    def save_cursor(self, function: str) -> None:
        """Remember where this run stopped. Raises: FleetError."""
        item = {"pk": {"S": _JANITOR}, "sk": {"S": "cursor"}, "function": {"S": function}}
        self._table.put(item, last=True)

    def baseline(self) -> Baseline | None:
        """The size of the plans before, or None. Raises: FleetError."""
        item = self._table.get(_JANITOR, "baseline")
        if item is None:
            return None
        try:
            since = checked(item).get("tripped_at", {}).get("S")
            return Baseline(size=int(item["size"]["N"]), tripped_at=instant(since) if since else None)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._broken(_JANITOR, error) from error

    def save_baseline(self, baseline: Baseline) -> None:
        """Remember the size of this run's plan. Raises: FleetError."""
        item: dict[str, Any] = {"pk": {"S": _JANITOR}, "sk": {"S": "baseline"}, "size": {"N": str(baseline.size)}}
        if baseline.tripped_at is not None:
            item["tripped_at"] = {"S": _text(baseline.tripped_at)}
        self._table.put(item)

    def _write(self, function: str, memory: FunctionMemory, revision: int, marks: Sequence[Mapping[str, Any]]) -> None:
        first = revision == 0
        history = self._table.putting(
            _history_item(function, memory, revision + 1),
            condition="attribute_not_exists(pk)" if first else "revision = :revision",
            values=None if first else {":revision": {"N": str(revision)}},
        )
        try:
            self._table.together([history, *marks])
        except ConditionFailed as moved:
            raise RecordMoved(f"another run has written what it found of {function}: {moved}") from moved

    def _understood(self, pk: str, items: Sequence[Item]) -> FunctionMemory:
        try:
            return _memory(items)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._broken(pk, error) from error

    def _broken(self, pk: str, error: Exception) -> Refused:
        return Refused(
            f"dynamodb:Query: what table {self._table.name} holds cannot be understood "
            f"({type(error).__name__}: {error}); delete the items of pk {pk}"
        )


def _forgotten(before: FunctionMemory, after: FunctionMemory) -> list[Mark]:
    kept = {mark.version for mark in after.marks}
    return [mark for mark in before.marks if mark.version not in kept]


def _pk(function: str) -> str:
    return f"function#{function}"


def _sk(version: VersionNumber) -> str:
    return f"mark#{version.value:012d}"


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _mark_item(function: str, mark: Mark) -> dict[str, Any]:
    return {
        "pk": {"S": _pk(function)},
        "sk": {"S": _sk(mark.version)},
        "code_sha256": {"S": mark.code_sha256},
        "marked_at": {"S": _text(mark.marked_at)},
        "expires_at": {"N": str(int((mark.marked_at + _MARK_LIFE).timestamp()))},
    }


def _history_item(function: str, memory: FunctionMemory, revision: int) -> dict[str, Any]:
    return {
        "pk": {"S": _pk(function)},
        "sk": {"S": "history"},
        "revision": {"N": str(revision)},
        "live": {"L": [{"S": str(version)} for version in sorted(memory.live)]},
        "superseded": {"M": {str(version): {"S": _text(at)} for version, at in memory.superseded}},
        "aliases": {"M": {past.alias: {"L": [_seen(*seen) for seen in past.versions]} for past in memory.history}},
        "quarantine": {"L": [_left_alone(one) for one in memory.quarantine]},
    }


def _seen(version: VersionNumber, at: datetime) -> dict[str, Any]:
    return {"M": {"version": {"S": str(version)}, "at": {"S": _text(at)}}}


def _left_alone(one: Quarantine) -> dict[str, Any]:
    said: dict[str, Any] = {
        "until": {"S": _text(one.until)},
        "reason": {"S": one.reason},
        "edge": {"BOOL": one.edge},
    }
    return {"M": said | ({"version": {"S": str(one.version)}} if one.version is not None else {})}


def _memory(items: Iterable[Item]) -> FunctionMemory:
    marks: list[Mark] = []
    history: Item | None = None
    for item in items:
        kind, _, number = item["sk"]["S"].partition("#")
        if kind == "mark":
            marks.append(_mark(checked(item), number))
        elif kind == "history":
            history = checked(item)
    if history is None:
        return FunctionMemory(marks=tuple(marks))
    return FunctionMemory(
        marks=tuple(marks),
        live=frozenset(VersionNumber.parse(version["S"]) for version in history["live"]["L"]),
        superseded=tuple(
            sorted((VersionNumber.parse(v), instant(at["S"])) for v, at in history["superseded"]["M"].items())
        ),
        history=tuple(_past(alias, seen["L"]) for alias, seen in sorted(history["aliases"]["M"].items())),
        quarantine=tuple(_quarantine(one["M"]) for one in history["quarantine"]["L"]),
        revision=int(history["revision"]["N"]),
    )


def _mark(item: Item, number: str) -> Mark:
    return Mark(
        version=VersionNumber(int(number)),
        code_sha256=item["code_sha256"]["S"],
        marked_at=instant(item["marked_at"]["S"]),
    )


def _past(alias: str, seen: Iterable[Item]) -> AliasHistory:
    versions = ((VersionNumber.parse(one["M"]["version"]["S"]), instant(one["M"]["at"]["S"])) for one in seen)
    return AliasHistory(alias=alias, versions=tuple(versions))


def _quarantine(one: Item) -> Quarantine:
    version = one.get("version", {}).get("S")
    return Quarantine(
        until=instant(one["until"]["S"]),
        reason=one["reason"]["S"],
        version=VersionNumber.parse(version) if version else None,
        edge=bool(one["edge"]["BOOL"]),
    )
