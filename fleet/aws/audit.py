"""What was deleted, kept for 400 days in the state table: the adapter of `fleet.audit.Audit`.

Items of pk `audit-open` are deletions that were started; closed ones are under `audit#<function>`, one item a version:
Lambda never gives a number twice, and the code's hash in the key keeps them apart where an emulator does. Closing is
one transaction. The caller needs dynamodb:PutItem, dynamodb:DeleteItem and dynamodb:Query, and dynamodb:Scan to read
the deletions of all functions, which no run does.
"""

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any, Self

from fleet.audit import Deletion, DeletionState
from fleet.aws.rate import TimeBox
from fleet.aws.table import Item, StateTable, checked, instant
from fleet.model import VersionNumber
from fleet.ports import Refused

KEPT_FOR = timedelta(days=400)
_OPEN = "audit-open"
_CLOSED = "audit#"


class DynamoAudit:
    """The Audit port over one DynamoDB table."""

    def __init__(self, table: StateTable) -> None:
        self._table = table

    @classmethod
    def connect(cls, table: str, box: TimeBox) -> Self:
        """The port over the SDK's own endpoint, region and credentials. Raises: FleetError."""
        return cls(StateTable.connect(table, box))

    def start(self, deletion: Deletion) -> None:
        """Write it down before the delete. Raises: FleetError."""
        self._table.put(_item(deletion, _OPEN))

    def finish(self, deletion: Deletion) -> None:
        """Close it: one item goes and one comes, both or neither. Raises: FleetError."""
        closed = self._table.putting(_item(deletion, f"{_CLOSED}{deletion.function}"))
        self._table.together([closed, self._table.deleting(_OPEN, _open_sk(deletion))])

    def drop(self, deletion: Deletion) -> None:
        """Take back what was started. Raises: FleetError."""
        self._table.delete(_OPEN, _open_sk(deletion))

    def open(self) -> tuple[Deletion, ...]:
        """Those that were started and neither finished nor dropped. Raises: FleetError."""
        return tuple(self._understood(item) for item in self._table.query(_OPEN))

    def deletions(self, function: str | None = None) -> Iterator[Deletion]:
        """Those of one function, or all of them, the open ones first. Raises: FleetError."""
        yield from (one for one in self.open() if function in (None, one.function))
        closed = self._table.scan(_CLOSED) if function is None else self._table.query(f"{_CLOSED}{function}")
        yield from (self._understood(item) for item in closed)

    def _understood(self, item: Item) -> Deletion:
        try:
            return _deletion(checked(item))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Refused(
                f"dynamodb:Query: an audit item of table {self._table.name} cannot be understood "
                f"({type(error).__name__}: {error}); its sk is {item.get('sk', {}).get('S')}"
            ) from error


def _sk(deletion: Deletion) -> str:
    return f"{deletion.version.value:012d}#{deletion.code_sha256}"


def _open_sk(deletion: Deletion) -> str:
    return f"{deletion.function}#{_sk(deletion)}"


def _item(deletion: Deletion, pk: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "pk": {"S": pk},
        "sk": {"S": _open_sk(deletion) if pk == _OPEN else _sk(deletion)},
        "function": {"S": deletion.function},
        "version": {"N": str(deletion.version)},
        "code_sha256": {"S": deletion.code_sha256},
        "code_size_bytes": {"N": str(deletion.code_size_bytes)},
        "description": {"S": deletion.description},
        "runtime": {"S": deletion.runtime},
        "reason": {"S": deletion.reason},
        "state": {"S": deletion.state.value},
        "started_at": {"S": deletion.started_at.astimezone(UTC).isoformat()},
        "expires_at": {"N": str(int((deletion.started_at + KEPT_FOR).timestamp()))},
    }
    if deletion.ended_at is not None:
        item["ended_at"] = {"S": deletion.ended_at.astimezone(UTC).isoformat()}
    return item


def _deletion(item: Item) -> Deletion:
    ended = item.get("ended_at", {}).get("S")
    return Deletion(
        function=item["function"]["S"],
        version=VersionNumber.parse(item["version"]["N"]),
        code_sha256=item["code_sha256"]["S"],
        code_size_bytes=int(item["code_size_bytes"]["N"]),
        description=item["description"]["S"],
        runtime=item["runtime"]["S"],
        reason=item["reason"]["S"],
        started_at=instant(item["started_at"]["S"]),
        state=DeletionState(item["state"]["S"]),
        ended_at=instant(ended) if ended else None,
    )
