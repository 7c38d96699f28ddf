"""What is written down of every version that the janitor deletes, and the door to where it is kept.

Written before the delete and closed after it, so that a run that is killed in between loses nothing: what it left open
the next run closes, when it sees whether the version is still there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from fleet.model import PublishedVersion, VersionNumber


class DeletionState(Enum):
    """How far a deletion is known to have come.

    STARTED: it was about to be asked for. DELETED: Lambda said so. GONE: it was started, nobody saw the answer, and a
    later run found the version gone.
    """

    STARTED = "started"
    DELETED = "deleted"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """One version that was deleted, with what a person needs to find its code again or to explain why it is gone."""

    function: str
    version: VersionNumber
    code_sha256: str
    code_size_bytes: int
    description: str
    runtime: str
    reason: str
    started_at: datetime
    state: DeletionState = DeletionState.STARTED
    ended_at: datetime | None = None

    @classmethod
    def about(cls, version: PublishedVersion, *, reason: str, at: datetime) -> "Deletion":
        """The entry to write before `version` is deleted."""
        return cls(
            function=version.function,
            version=version.number,
            code_sha256=version.code_sha256,
            code_size_bytes=version.code_size_bytes,
            description=version.description,
            runtime=version.runtime,
            reason=reason,
            started_at=at,
        )


class Audit(Protocol):
    """The deletions of the last 400 days. Every method raises FleetError when the memory does not answer."""

    def start(self, deletion: Deletion) -> None:
        """Write it down before the delete; whoever wrote the same one before is not contradicted."""
        ...

    def finish(self, deletion: Deletion) -> None:
        """Close it: `deletion` says when it ended."""
        ...

    def drop(self, deletion: Deletion) -> None:
        """Take back what was started: the version was not deleted."""
        ...

    def open(self) -> tuple[Deletion, ...]:
        """Those that were started and neither finished nor dropped."""
        ...

    def deletions(self, function: str | None = None) -> Iterator[Deletion]:
        """Those of one function in the order of its versions, or all of them in no order, the open ones too."""
        ...
