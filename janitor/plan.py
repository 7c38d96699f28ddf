"""Decides: plan_sweep(inventory, policy, now) -> SweepPlan, every version with its verdict and reason. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from fleet.model import Alias, PublishedVersion, VersionNumber
from fleet.ports import Mark
from fleet.uses import Stack
from janitor.inventory import FunctionFacts, Inventory, Unread
from janitor.keep import Candidate, KeepCode, KeepReason, candidates, instant, spoken, superseded_at
from janitor.policy import SweepPolicy
from janitor.rules import keep_reasons

# These say nothing about the version: it was a candidate, and will be one again when they are over.
_WAITS = frozenset({KeepCode.UNVERIFIED, KeepCode.STACK_BUSY, KeepCode.DEPLOYMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of one version: `keep` holds everything that keeps it, `delete` why it may go when nothing does."""

    candidate: Candidate
    keep: tuple[KeepReason, ...]
    delete: str | None

    @property
    def version(self) -> PublishedVersion:
        """The version that it is about."""
        return self.candidate.version

    @property
    def reason(self) -> str:
        """The one sentence for a report."""
        return str(self.keep[0]) if self.keep else str(self.delete)

    @property
    def would_change_if(self) -> str:
        """What would have to happen before the verdict is another."""
        if self.keep:
            return ", and ".join(dict.fromkeys(reason.would_change_if for reason in self.keep))
        return "an alias or a schedule names it, or it is among the newest again"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPlan:
    """The verdicts on one function's versions, lowest number first, which is the order of deleting."""

    facts: FunctionFacts
    verdicts: tuple[Verdict, ...]

    @property
    def function(self) -> str:
        """The function's bare name."""
        return self.facts.name

    @property
    def to_delete(self) -> tuple[Verdict, ...]:
        """What is to go, oldest first."""
        return tuple(verdict for verdict in self.verdicts if not verdict.keep)

    @property
    def unread(self) -> tuple[str, ...]:
        """What was asked for this function and not answered, and tags that nobody understands."""
        facts: list[object] = [self.facts.aliases, self.facts.memory]
        facts += [getattr(self.facts.uses, one.name) for one in fields(self.facts.uses)]
        for own in self.facts.uses.versions.values():
            facts += [own.state, own.open_executions, own.policy]
        said = [fact.reason for fact in facts if isinstance(fact, Unread) and fact.failed]
        said += [str(it.candidate.policy.tagged) for it in self.verdicts[:1] if it.candidate.policy.tag_problem]
        return tuple(dict.fromkeys(said))


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """The whole run's verdicts, functions in the order of their turn."""

    functions: tuple[FunctionPlan, ...]


def plan_sweep(inventory: Inventory, policy: SweepPolicy, now: datetime) -> SweepPlan:
    """A verdict for every version of the inventory; the record is part of it, as each function's memory."""
    left = policy.max_per_run
    plans: list[FunctionPlan] = []
    for facts in inventory.functions:
        verdicts = tuple(_verdict(it) for it in candidates(facts, policy.of(facts.name), now))
        plan = _limited(FunctionPlan(facts=facts, verdicts=verdicts), policy, left)
        left -= len(plan.to_delete)
        plans.append(plan)
    return SweepPlan(functions=tuple(plans))


def still_kept(
    verdict: Verdict, aliases: tuple[Alias, ...], stacks: tuple[Stack, ...] | None = None
) -> KeepReason | None:
    """The same rules asked again of a version that was to go, with its aliases and stacks as they are now."""
    it = replace(verdict.candidate, aliases=aliases)
    if stacks is not None:
        it = replace(it, uses=replace(it.uses, stacks=stacks))
    return next(iter(keep_reasons(it)), None)


def marks_after(plan: FunctionPlan, now: datetime) -> tuple[Mark, ...]:
    """The marks to remember: of every version that nothing but a mark, or a limit, keeps.

    A version that another rule keeps loses its mark, so that it waits anew when it falls out of use again; where
    something could not be read, the marks stay as they were. Every run marks, in either mode: a mark does nothing
    by itself, and a person who switches to delete mode has seen the plans that made it.
    """
    if isinstance(plan.facts.memory, Unread):
        return ()
    known: Mapping[VersionNumber, Mark] = {mark.version: mark for mark in plan.facts.memory.marks}
    marks = [_mark(verdict, known.get(verdict.version.number), now) for verdict in plan.verdicts]
    return tuple(mark for mark in marks if mark is not None)


def _mark(verdict: Verdict, known: Mark | None, now: datetime) -> Mark | None:
    codes = {reason.code for reason in verdict.keep}
    if codes & _WAITS:
        return known
    if codes - {KeepCode.UNMARKED, KeepCode.LIMIT}:
        return None
    version = verdict.version
    if known is not None and known.code_sha256 == version.code_sha256:
        return known
    if KeepCode.LIMIT in codes:
        return None  # nobody looked at it as closely as a mark wants
    return Mark(version=version.number, code_sha256=version.code_sha256, marked_at=now)


def _verdict(it: Candidate) -> Verdict:
    keep = keep_reasons(it)
    return Verdict(candidate=it, keep=keep, delete=None if keep else _why_delete(it))


def _why_delete(it: Candidate) -> str:
    since = superseded_at(it)
    replaced = f"replaced {spoken(it.now - since)} ago" if since is not None else "replaced"
    marks = () if isinstance(it.memory, Unread) else it.memory.marks
    marked = [instant(mark.marked_at) for mark in marks if mark.version == it.version.number]
    seen = f", first found unused at {marked[0]}" if marked else ""
    return f"{replaced}, number {it.rank} from the newest, behind no alias and in no schedule{seen}"


def _limited(plan: FunctionPlan, policy: SweepPolicy, left_in_run: int) -> FunctionPlan:
    allowed = min(policy.max_per_function, left_in_run)
    if len(plan.to_delete) <= allowed:
        return plan
    over = {verdict.version.number for verdict in plan.to_delete[allowed:]}
    reason = _limit_reason(policy, left_in_run)
    return replace(
        plan,
        verdicts=tuple(
            replace(verdict, keep=(reason,), delete=None) if verdict.version.number in over else verdict
            for verdict in plan.verdicts
        ),
    )


def _limit_reason(policy: SweepPolicy, left_in_run: int) -> KeepReason:
    if policy.max_per_function <= left_in_run:
        said = f"{policy.max_per_function} older versions of the function fill what one run may delete of it"
        variable = "CARETAKER_MAX_PER_FUNCTION"
    else:
        said = f"older versions and functions before it fill the {policy.max_per_run} that one run may delete"
        variable = "CARETAKER_MAX_PER_RUN"
    return KeepReason(
        code=KeepCode.LIMIT, facts=said, would_change_if=f"a later run gets to it, or {variable} is raised"
    )
