"""Writes down every deletion before it is asked for, and closes it afterwards. Shell: through the Audit port only."""

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fleet.audit import Audit, Deletion, DeletionState
from fleet.model import VersionNumber
from fleet.ports import FleetError, FunctionAbsent, Versions
from janitor.plan import Verdict

# Source: Lambda developer guide, "Lambda quotas": no run lasts longer than 15 minutes, so an older one is over.
_OVER_AFTER = timedelta(minutes=20)
Present = Mapping[str, Collection[tuple[VersionNumber, str]]]


@dataclass(slots=True)
class Journal:
    """The audit as one run writes it; its instants are the run's `now` and what has passed since."""

    audit: Audit
    now: datetime
    _since: float = field(default_factory=time.monotonic)

    def start(self, verdict: Verdict) -> Deletion:
        """Write down what is about to be asked for. Raises: FleetError; then it must not be asked for."""
        deletion = Deletion.about(verdict.version, reason=verdict.reason, at=self._at())
        self.audit.start(deletion)
        return deletion

    def finish(self, deletion: Deletion) -> None:
        """It was deleted. Never raises: what stays open is closed by a later run, which sees that it is gone."""
        with suppress(FleetError):
            self.audit.finish(replace(deletion, state=DeletionState.DELETED, ended_at=self._at()))

    def drop(self, deletion: Deletion) -> None:
        """It was not deleted. Never raises: what stays open is dropped by a later run, which sees that it is there."""
        with suppress(FleetError):
            self.audit.drop(deletion)

    def close_what_was_left(self, present: Present, versions: Versions) -> None:
        """Close what runs before left open when they ended early: gone if it is gone, dropped if it is there.

        `present` has the versions of the functions that this run has read. Raises: FleetError.
        """
        for deletion in self.audit.open():
            if self.now - deletion.started_at < _OVER_AFTER or ":" in deletion.function:
                continue  # a run that may still be under way, or a layer, which `janitor.layers` closes
            there = present.get(deletion.function)
            if there is None and _exists(versions, deletion.function):
                continue  # not of the functions that this run looks at
            if there is not None and (deletion.version, deletion.code_sha256) in there:
                self.audit.drop(deletion)
            else:
                self.audit.finish(replace(deletion, state=DeletionState.GONE, ended_at=self._at()))

    def _at(self) -> datetime:
        return self.now + timedelta(seconds=max(0.0, time.monotonic() - self._since))


def _exists(versions: Versions, function: str) -> bool:
    try:
        versions.aliases(function)
    except FunctionAbsent:
        return False
    return True
