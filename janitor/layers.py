"""Layer versions that no function has any more: opt-in, after the functions. Marks in one run, deletes in a later one.

A layer version that is deleted keeps working where it is in use, but nothing that has it can be published again, so
the rules are those of functions: the newest stay, what any function version has stays, what is shared stays, and what
could not be read stays.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fleet.audit import Audit, Deletion, DeletionState
from fleet.layers import Layers, LayerVersion, by_layer
from fleet.model import PublishedVersion
from fleet.ports import FleetError, FunctionMemory, Mark, OutOfTime, Record, Throttled

# Layers are remembered and audited beside functions, whose names have no colon.
PREFIX = "layer:"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerVerdict:
    """One layer version: `kept` says why it stays, None when it may go; `deleted` whether it went in this run."""

    version: LayerVersion
    kept: str | None
    deleted: bool = False

    def as_json(self) -> dict[str, Any]:
        """The item of the report's `layers`."""
        verdict = "deleted" if self.deleted else "delete" if self.kept is None else "keep"
        return {
            "layer": self.version.layer,
            "version": str(self.version.number),
            "verdict": verdict,
            "reason": self.kept or "no function version has it, and an earlier run found the same",
        }


def keep_layer(
    version: LayerVersion,
    rank: int,
    used: frozenset[str],
    memory: FunctionMemory,
    *,
    keep: int,
    grace: timedelta,
    now: datetime,
) -> str | None:
    """Why a layer version stays by what the listings and the record say; `rank` is 1 for the highest number."""
    if rank <= keep:
        return f"newest: number {rank} of the newest {keep} that stay"
    if version.arn in used:
        return "used: a function version has it"
    marked = [
        mark.marked_at for mark in memory.marks if mark.version == version.number and mark.code_sha256 == version.arn
    ]
    if not marked:
        return "unmarked: no earlier run has found it unused"
    if now - marked[0] < grace:
        return f"unmarked: first found unused at {marked[0]:%Y-%m-%dT%H:%M:%SZ}, within the grace"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSweep:
    """The work on all layers of one run: its doors, and the rules' numbers."""

    layers: Layers
    record: Record
    audit: Audit
    keep: int
    grace: timedelta
    most: int
    now: datetime

    def run(self, *, delete: bool) -> tuple[tuple[LayerVerdict, ...], tuple[str, ...]]:
        """The verdict on every layer version, and what went wrong, in sentences. Never raises."""
        try:
            listing, used = self.layers.listing(), self.layers.used()
            self._close_what_was_left(listing)
        except FleetError as error:
            return (), (f"layers were left alone: {error}",)
        verdicts: list[LayerVerdict] = []
        problems: list[str] = []
        for name, versions in by_layer(listing).items():
            try:
                for verdict in self._layer(name, versions, used, delete=delete, left=self.most - _gone(verdicts)):
                    verdicts.append(verdict)
            except OutOfTime:
                break
            except Throttled as error:
                problems.append(str(error))
                break
            except FleetError as error:
                problems.append(f"layer {name} was left alone: {error}")
        return tuple(verdicts), tuple(problems)

    def _layer(
        self, name: str, versions: Sequence[LayerVersion], used: frozenset[str], *, delete: bool, left: int
    ) -> Iterator[LayerVerdict]:
        memory = self.record.recall(PREFIX + name)
        plans = [
            LayerVerdict(
                version=version,
                kept=keep_layer(
                    version, len(versions) - index, used, memory, keep=self.keep, grace=self.grace, now=self.now
                ),
            )
            for index, version in enumerate(versions)
        ]
        self.record.remember(PREFIX + name, replace(memory, marks=self._marks(plans, memory)), before=memory)
        fresh: frozenset[str] | None = None
        for plan in plans:
            if plan.kept is None and (shared := self.layers.shared_with(plan.version)) is not None:
                plan = replace(plan, kept=f"shared: a policy stands on it: {shared}")  # noqa: PLW2901
            if plan.kept is not None or not delete or left <= 0:
                yield plan
                continue
            fresh = self.layers.used() if fresh is None else fresh
            if plan.version.arn in fresh:
                yield replace(plan, kept="used: a function version has taken it since")
                continue
            self._delete(plan.version)
            left -= 1
            yield replace(plan, deleted=True)

    def _marks(self, plans: Iterable[LayerVerdict], memory: FunctionMemory) -> tuple[Mark, ...]:
        known = {mark.version: mark for mark in memory.marks}
        marks = []
        for plan in plans:
            if plan.kept is not None and not plan.kept.startswith("unmarked"):
                continue
            number, arn = plan.version.number, plan.version.arn
            old = known.get(number)
            same = old is not None and old.code_sha256 == arn
            marks.append(old if same and old else Mark(version=number, code_sha256=arn, marked_at=self.now))
        return tuple(marks)

    def _delete(self, version: LayerVersion) -> None:
        entry = self._entry(version)
        self.audit.start(entry)
        self.layers.delete(version)
        self.audit.finish(replace(entry, state=DeletionState.DELETED, ended_at=self.now))

    def _entry(self, version: LayerVersion) -> Deletion:
        as_published = PublishedVersion(
            function=PREFIX + version.layer,
            number=version.number,
            code_sha256=version.arn,
            code_size_bytes=0,
            last_modified=None,
        )
        return Deletion.about(as_published, reason="no function version has it", at=self.now)

    def _close_what_was_left(self, listing: Sequence[LayerVersion]) -> None:
        there = {(PREFIX + version.layer, version.number) for version in listing}
        for entry in self.audit.open():
            if not entry.function.startswith(PREFIX):
                continue
            if (entry.function, entry.version) in there:
                self.audit.drop(entry)
            else:
                self.audit.finish(replace(entry, state=DeletionState.GONE, ended_at=self.now))


def _gone(verdicts: Iterable[LayerVerdict]) -> int:
    return sum(verdict.deleted for verdict in verdicts)
