"""Deletes what the plan says, one qualified version at a time, and looks again right before it.

Never raises for a function: each gets a FunctionSweep that says what went and why it stopped.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from fleet.model import Alias, PublishedVersion, VersionNumber
from fleet.ports import (
    AccessDenied,
    FleetError,
    FunctionAbsent,
    OutOfTime,
    Throttled,
    ThrottleStorm,
    Unreachable,
    VersionInUse,
    Versions,
)
from fleet.uses import Stack, Stacks
from janitor.inventory import Unread
from janitor.keep import KeepCode, KeepReason
from janitor.plan import FunctionPlan, SweepPlan, Verdict, still_kept
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
    ABSENT = "absent"


# A run that ran out of time goes on next time; all else here wants a person's eye.
TROUBLE = frozenset({Outcome.THROTTLED, Outcome.DENIED, Outcome.UNVERIFIED, Outcome.UNKNOWN, Outcome.FAILED})


class LookTooOld(FleetError):  # noqa: N818
    """The rate is too low, or the aliases too many, to look again right before a delete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSweep:
    """What became of one function: the versions that went, those spared at the last look, and how it ended."""

    function: str
    deleted: tuple[PublishedVersion, ...]
    spared: tuple[tuple[VersionNumber, KeepReason], ...]
    outcome: Outcome
    reason: str


def sweep(plan: SweepPlan, versions: Versions, stacks: Stacks) -> Iterator[FunctionSweep]:
    """Sweep each function of the plan that has something to delete, in order; one's failure stops no other.

    Only a lack of time and a storm of throttles end the whole run: the functions behind are not touched.
    """
    stopped: FunctionSweep | None = None
    for function in plan.functions:
        if not function.to_delete:
            continue
        if stopped is not None:
            yield _untouched(function, stopped)
            continue
        result = _FunctionSweeper(function, versions, stacks).run()
        if result.outcome in {Outcome.UNFINISHED, Outcome.THROTTLED}:
            stopped = result
        yield result


def _untouched(function: FunctionPlan, stopped: FunctionSweep) -> FunctionSweep:
    return FunctionSweep(
        function=function.function, deleted=(), spared=(), outcome=stopped.outcome, reason=stopped.reason
    )


@dataclass(slots=True)
class _FunctionSweeper:
    """The work on one function: its aliases and stacks as last read, and what went so far."""

    plan: FunctionPlan
    versions: Versions
    stack_door: Stacks
    aliases: tuple[Alias, ...] = ()
    read_at: float | None = None
    stacks: tuple[Stack, ...] = ()
    stacks_read_at: float | None = None
    deleted: list[PublishedVersion] = field(default_factory=list)
    spared: list[tuple[VersionNumber, KeepReason]] = field(default_factory=list)

    def run(self) -> FunctionSweep:
        """Delete what may go, oldest first, until done or stopped."""
        try:
            for verdict in self.plan.to_delete:
                self._delete(verdict)
        except FleetError as error:
            return self._ended(_outcome(error), str(error))
        except Exception as error:  # a mistake of ours in one function must not stop the others
            return self._ended(Outcome.FAILED, f"{type(error).__name__}: {error}")
        return self._ended(Outcome.SWEPT, "")

    def _delete(self, verdict: Verdict) -> None:
        number = verdict.version.number
        for _ in range(_TRIES):
            self._look_again()
            if (kept := still_kept(verdict, self.aliases, self.stacks)) is not None:
                self.spared.append((number, kept))
                return
            try:
                self.versions.delete(self.plan.function, number)
            except ThrottleStorm:
                raise
            except Throttled:
                continue
            except VersionInUse as refusal:
                self.spared.append((number, _in_use(refusal)))
                self.read_at = None
                return
            self.deleted.append(verdict.version)
            return
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
        )


def _in_use(refusal: VersionInUse) -> KeepReason:
    return KeepReason(
        code=KeepCode.ALIAS,
        facts=f"Lambda refused to delete it ({refusal})",
        would_change_if="nothing points to it any more",
    )


def _outcome(error: FleetError) -> Outcome:
    match error:
        case OutOfTime():
            return Outcome.UNFINISHED
        case Throttled():
            return Outcome.THROTTLED
        case AccessDenied():
            return Outcome.DENIED
        case FunctionAbsent():
            return Outcome.ABSENT
        case Unreachable():
            return Outcome.UNKNOWN
        case _:
            return Outcome.FAILED


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
