"""What a run reads and writes in the record and the audit beside its plan. Shell: through ports only.

Nothing here raises for what the table did: what failed is a problem in the report, and holds back what depends on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fleet.ports import Baseline, FleetError, OutOfTime, Record, Versions
from janitor.breaker import Holding, holding, size_of
from janitor.inventory import Inventory
from janitor.journal import Journal
from janitor.plan import SweepPlan
from janitor.record import leave_alone, remember
from janitor.sweep import FunctionSweep, Outcome


@dataclass(slots=True)
class Books:
    """One run's bookkeeping; `problems` are sentences for the report, `withheld` functions whose versions stay."""

    record: Record
    journal: Journal
    now: datetime
    problems: list[str] = field(default_factory=list)
    withheld: Mapping[str, str] = field(default_factory=dict)

    def before_deleting(self, inventory: Inventory, plan: SweepPlan, versions: Versions, *, chosen: bool) -> Holding:
        """Close what earlier runs left open, remember what this one saw, ask the breaker.

        `chosen` is whether only some functions were asked for: the size of such a plan says nothing about the account.
        """
        self._close_what_was_left(inventory, versions)
        self.withheld = remember(plan, self.record, self.now)
        if self.withheld:
            why = next(iter(self.withheld.values()))
            self.problems.append(f"what this run found was not remembered of {len(self.withheld)} functions: {why}")
        return self._holding(inventory, plan, chosen=chosen)

    def after(self, result: FunctionSweep) -> None:
        """Remember what came of one function: where the next run goes on, and what it is to leave alone."""
        try:
            if result.quarantine:
                leave_alone(self.record, result.function, result.quarantine)
            if result.deleted:
                self.record.save_cursor(result.function)
        except OutOfTime:
            return  # the next run starts where this one did, and is refused again: it costs its order and a call
        except FleetError as error:
            self._problem(f"what came of {result.function} was not remembered: {error}")

    def at_the_end(self, inventory: Inventory, swept: Mapping[str, FunctionSweep]) -> None:
        """Remember where the next run goes on."""
        cursor = next_cursor(inventory, swept)
        if cursor is None:
            return
        try:
            self.record.save_cursor(cursor)
        except OutOfTime:
            return  # the next run starts where this one did, which costs its order and nothing else
        except FleetError as error:
            self._problem(f"where this run stopped was not remembered: {error}")

    def _close_what_was_left(self, inventory: Inventory, versions: Versions) -> None:
        if inventory.record_unread is not None:
            return  # the same table, which does not answer
        present = {
            facts.name: {(version.number, version.code_sha256) for version in facts.versions}
            for facts in inventory.functions
        }
        try:
            self.journal.close_what_was_left(present, versions)
        except OutOfTime:
            return
        except FleetError as error:
            self._problem(f"deletions that an earlier run left open were not closed: {error}")

    def _holding(self, inventory: Inventory, plan: SweepPlan, *, chosen: bool) -> Holding:
        whole = inventory.read_until is None and not any(function.unread for function in plan.functions)
        try:
            before = self.record.baseline()
            found = holding(size_of(plan), before, self.now, whole=whole)
            if chosen and before is not None:
                return Holding(baseline=before)
            if found.baseline != before:
                self.record.save_baseline(found.baseline)
        except FleetError as error:
            said = f"the size of the plans before could not be read or written, so nothing is deleted: {error}"
            self._problem(said)
            return Holding(baseline=Baseline(size=0), why=said)
        if found.tripped:
            self.problems.append(str(found.why))
        return found

    def _problem(self, said: str) -> None:
        if said not in self.problems:
            self.problems.append(said)


def next_cursor(inventory: Inventory, swept: Mapping[str, FunctionSweep]) -> str | None:
    """Where the next run starts behind: the last function that lost versions, or the last one that was read at all.

    A run that trouble ended lost none perhaps; then it is the last one tried, so that others come first next time.
    """
    served = [result.function for result in swept.values() if result.deleted]
    tried = [result.function for result in swept.values() if result.tried]
    held = any(result.outcome is Outcome.HELD for result in swept.values())
    stopped = any(result.outcome in {Outcome.UNFINISHED, Outcome.THROTTLED} for result in swept.values())
    if held:
        return tried[-1]
    if inventory.read_until is not None and not stopped:
        return inventory.read_until
    return served[-1] if served else None
