"""Deletes what the plan says, one qualified version at a time, and looks again right before it.

Never raises for a function: each gets a FunctionSweep that says what went and why it stopped.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from fleet.audit import Deletion
from fleet.model import Alias, PublishedVersion, VersionNumber
from fleet.ports import (
    AccessDenied,
    FleetError,
    FunctionAbsent,
    OutOfTime,
    Quarantine,
    ReplicatedAtEdge,
    Throttled,
    ThrottleStorm,
    Unreachable,
    VersionInUse,
    Versions,
)
from fleet.uses import Stack, Stacks
from janitor.breaker import MOUNTING
from janitor.inventory import Unread
from janitor.journal import Journal
from janitor.keep import KeepCode, KeepReason
from janitor.plan import FunctionPlan, SweepPlan, Verdict, still_kept
from janitor.quarantine import at_the_edge, unforeseen
from janitor.stacks import chain

# How old the aliases may be when a delete leaves.
FRESH_S = 10.0
# How old the state of its stack may be.
STACKS_FRESH_S = 60.0
_TRIES = 6
_LOOKS = 3


class Outcome(Enum):
    """How the work on one function ended."""

    CLEAN = "clean"
    PLANNED = "planned"
    SWEPT = "swept"
    UNFINISHED = "unfinished"
    THROTTLED = "throttled"
    DENIED = "denied"
    UNVERIFIED = "unverified"
    UNKNOWN = "unknown"
    FAILED = "failed"
    HELD = "held"
    ABSENT = "absent"


# A run that ran out of time goes on next time; all else here wants a person's eye.
TROUBLE = frozenset(
    {Outcome.THROTTLED, Outcome.DENIED, Outcome.UNVERIFIED, Outcome.UNKNOWN, Outcome.FAILED, Outcome.HELD}
)
_ENDING = frozenset({Outcome.UNFINISHED, Outcome.THROTTLED, Outcome.HELD})


class NotWrittenDown(FleetError):  # noqa: N818
    """The deletion could not be written down first, so it was not asked for."""


class LookTooOld(FleetError):  # noqa: N818
    """The rate is too low, or the aliases too many, to look again right before a delete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSweep:
    """What became of one function: the versions that went, those spared at the last look, and how it ended.

    `quarantine` is what later runs are to leave alone for a while; `tried` is False when its turn did not come.
    """

    function: str
    deleted: tuple[PublishedVersion, ...] = ()
    spared: tuple[tuple[VersionNumber, KeepReason], ...] = ()
    outcome: Outcome
    reason: str
    quarantine: tuple[Quarantine, ...] = ()
    tried: bool = True


def sweep(
    plan: SweepPlan, versions: Versions, stacks: Stacks, journal: Journal, withheld: Mapping[str, str] | None = None
) -> Iterator[FunctionSweep]:
    """Sweep each function of the plan that has something to delete, in order; one's failure stops no other.

    A lack of time, a storm of throttles, and trouble with one function after the other end the whole run: the functions
    behind are not touched. Nor are those in `withheld`, which says why.
    """
    stopped: FunctionSweep | None = None
    mounting = 0
    for function in plan.functions:
        if not function.to_delete:
            continue
        name = function.function
        if stopped is not None:
            yield FunctionSweep(function=name, outcome=stopped.outcome, reason=stopped.reason, tried=False)
            continue
        if withheld and name in withheld:
            yield FunctionSweep(function=name, outcome=Outcome.UNVERIFIED, reason=f"nothing deleted: {withheld[name]}")
            continue
        result = _FunctionSweeper(function, versions, stacks, journal).run()
        mounting = mounting + 1 if result.outcome in TROUBLE and not result.deleted else 0
        stopped = result if result.outcome in _ENDING else _held(mounting, result)
        yield result


def _held(mounting: int, last: FunctionSweep) -> FunctionSweep | None:
    if mounting < MOUNTING:
        return None
    said = f"the breaker stopped the run after trouble with {mounting} functions in a row, the last of them"
    return FunctionSweep(function=last.function, outcome=Outcome.HELD, reason=f"{said} {last.function}: {last.reason}")


@dataclass(slots=True)
class _FunctionSweeper:
    """The work on one function: its aliases and stacks as last read, and what went so far."""

    plan: FunctionPlan
    versions: Versions
    stack_door: Stacks
    journal: Journal
    aliases: tuple[Alias, ...] = ()
    read_at: float | None = None
    stacks: tuple[Stack, ...] = ()
    stacks_read_at: float | None = None
    deleted: list[PublishedVersion] = field(default_factory=list)
    spared: list[tuple[VersionNumber, KeepReason]] = field(default_factory=list)
    quarantine: list[Quarantine] = field(default_factory=list)
    at_work_on: VersionNumber | None = None

    def run(self) -> FunctionSweep:
        """Delete what may go, oldest first, until done or stopped."""
        try:
            for verdict in self.plan.to_delete:
                self._delete(verdict)
        except FleetError as error:
            if (outcome := _outcome(error)) is Outcome.FAILED and not isinstance(error, LookTooOld):
                self.quarantine += unforeseen(self.at_work_on, str(error), self.journal.now)
            return self._ended(outcome, str(error))
        except Exception as error:  # a mistake of ours in one function must not stop the others
            said = f"{type(error).__name__}: {error}"
            self.quarantine += unforeseen(self.at_work_on, said, self.journal.now)
            return self._ended(Outcome.FAILED, said)
        return self._ended(Outcome.SWEPT, "")

    def _delete(self, verdict: Verdict) -> None:
        """One version, written down before it is asked for: a run that is killed in between loses nothing."""
        self.at_work_on = None
        entry = self._written_down(verdict)
        self.at_work_on = verdict.version.number
        try:
            spared = self._asked(verdict)
        except (Unreachable, FunctionAbsent):
            raise  # it may be gone: the entry stays open until a run sees
        except Exception:
            self.journal.drop(entry)
            raise
        if spared is not None:
            self.spared.append((verdict.version.number, spared))
            self.journal.drop(entry)
            return
        self.deleted.append(verdict.version)
        self.journal.finish(entry)

    def _written_down(self, verdict: Verdict) -> Deletion:
        try:
            return self.journal.start(verdict)
        except OutOfTime:
            raise
        except FleetError as error:
            raise NotWrittenDown(f"the deletion could not be written down first: {error}") from error

    def _asked(self, verdict: Verdict) -> KeepReason | None:
        """Look again and delete; None when it is gone, or why it stays."""
        number = verdict.version.number
        for _ in range(_TRIES):
            self._look_again()
            if (kept := still_kept(verdict, self.aliases, self.stacks)) is not None:
                return kept
            try:
                self.versions.delete(self.plan.function, number)
            except ThrottleStorm:
                raise
            except Throttled:
                continue
            except VersionInUse as refusal:
                self.read_at = None
                return _in_use(refusal)
            except ReplicatedAtEdge as refusal:
                self.quarantine += at_the_edge(number, str(refusal), self.journal.now)
                return _at_the_edge(refusal)
            return None
        raise ThrottleStorm(f"deleting version {number} was throttled {_TRIES} times")

    def _look_again(self) -> None:
        """Stacks and aliases that are fresh at the moment the next request may leave."""
        self._look_at_stacks()
        for _ in range(_LOOKS):
            self.versions.wait_turn()
            if self._fresh():
                return
            self.read_at = time.monotonic()
            self.aliases = tuple(self.versions.aliases(self.plan.function))
        self.versions.wait_turn()
        if not self._fresh():
            raise LookTooOld(f"more than {FRESH_S:g} s lie between a look at its aliases and a delete at this rate")

    def _look_at_stacks(self) -> None:
        known = self.plan.facts.uses.stacks
        if isinstance(known, Unread) or not known:
            return
        # A look at the aliases, and the delete itself, come after this one.
        if self.stacks_read_at is None or time.monotonic() - self.stacks_read_at > STACKS_FRESH_S - 3 * FRESH_S:
            self.stacks_read_at = time.monotonic()
            stacks = chain(self.stack_door.stack, known[0].stack_id)
            self.stacks = () if isinstance(stacks, Unread) else stacks

    def _fresh(self) -> bool:
        return self.read_at is not None and time.monotonic() - self.read_at <= FRESH_S

    def _ended(self, outcome: Outcome, why: str) -> FunctionSweep:
        planned = len(self.plan.to_delete)
        said = f"deleted {len(self.deleted)} of {planned} versions that may go"
        if self.spared:
            said += f"; {len(self.spared)} kept at the last look"
        return FunctionSweep(
            function=self.plan.function,
            deleted=tuple(self.deleted),
            spared=tuple(self.spared),
            outcome=outcome,
            reason=f"{said}; {_next_step(outcome)}: {why}" if why else said,
            quarantine=tuple(self.quarantine),
        )


def _in_use(refusal: VersionInUse) -> KeepReason:
    return KeepReason(
        code=KeepCode.ALIAS,
        facts=f"Lambda refused to delete it ({refusal})",
        would_change_if="nothing points to it any more",
    )


def _at_the_edge(refusal: ReplicatedAtEdge) -> KeepReason:
    return KeepReason(
        code=KeepCode.EDGE,
        facts=f"Lambda refused to delete it ({refusal})",
        would_change_if="CloudFront has removed its copies and a day is over",
    )


_OUTCOMES: tuple[tuple[type[FleetError], Outcome], ...] = (
    (OutOfTime, Outcome.UNFINISHED),
    (Throttled, Outcome.THROTTLED),
    (AccessDenied, Outcome.DENIED),
    (NotWrittenDown, Outcome.UNVERIFIED),
    (FunctionAbsent, Outcome.ABSENT),
    (Unreachable, Outcome.UNKNOWN),
)


def _outcome(error: FleetError) -> Outcome:
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), Outcome.FAILED)


def _next_step(outcome: Outcome) -> str:
    match outcome:
        case Outcome.UNFINISHED:
            return "the next run goes on"
        case Outcome.THROTTLED:
            return "the run was stopped, the next one goes on"
        case Outcome.ABSENT:
            return "the function is gone"
        case Outcome.UNKNOWN:
            return "what happened to the last one is not known, the next run looks again"
        case _:
            return "stopped"
