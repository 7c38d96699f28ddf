"""The safeguards, one predicate each: a Candidate in, a KeepReason or None out. Pure.

A new safeguard is one function here and one line in KEEPERS. A fact that could not be read keeps the version
(`unverified`), so a predicate may stay silent about an `Unread`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from fleet.model import Alias, PublishedVersion
from fleet.ports import FunctionMemory
from janitor.inventory import FunctionFacts, Unread
from janitor.policy import FunctionPolicy


class KeepCode(Enum):
    """Why a version stays, as reports name it."""

    NEWEST = "newest"
    ALIAS = "alias"
    ALIAS_WEIGHT = "alias-weight"
    SCHEDULE = "schedule"
    UNVERIFIED = "unverified"
    YOUNG = "young"
    UNMARKED = "unmarked"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepReason:
    """Why a version stays, with the facts, and what would have to change before it may go."""

    code: KeepCode
    facts: str
    would_change_if: str

    def __str__(self) -> str:
        return f"{self.code.value}: {self.facts}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One version and everything that bears on it. `rank` is 1 for the highest number."""

    version: PublishedVersion
    rank: int
    replaced_by: PublishedVersion | None
    aliases: tuple[Alias, ...] | Unread
    memory: FunctionMemory | Unread
    policy: FunctionPolicy
    now: datetime


Keeper = Callable[[Candidate], KeepReason | None]


def candidates(facts: FunctionFacts, policy: FunctionPolicy, now: datetime) -> tuple[Candidate, ...]:
    """Every version of a function with what bears on it, lowest number first."""
    total = len(facts.versions)
    return tuple(
        Candidate(
            version=version,
            rank=total - index,
            replaced_by=facts.versions[index + 1] if index + 1 < total else None,
            aliases=facts.aliases,
            memory=facts.memory,
            policy=policy,
            now=now,
        )
        for index, version in enumerate(facts.versions)
    )


def keep_newest(it: Candidate) -> KeepReason | None:
    """Among the newest by number; list order and dates have no say."""
    if it.rank > it.policy.keep:
        return None
    return KeepReason(
        code=KeepCode.NEWEST,
        facts=f"number {it.rank} of the newest {it.policy.keep} that stay",
        would_change_if=f"{it.policy.keep - it.rank + 1} newer versions are published",
    )


def keep_aliased(it: Candidate) -> KeepReason | None:
    """An alias points to it."""
    names = [alias.name for alias in _aliases(it) if alias.version == str(it.version.number)]
    if not names:
        return None
    return KeepReason(
        code=KeepCode.ALIAS,
        facts=f"{', '.join(names)} {'points' if len(names) == 1 else 'point'} to it",
        would_change_if=f"{_named(names)} to another version",
    )


def keep_weighted(it: Candidate) -> KeepReason | None:
    """An alias sends it a share of its traffic; a share of nothing counts too, since it is about to change."""
    number = str(it.version.number)
    shares = [(alias.name, share) for alias in _aliases(it) for version, share in alias.weights if version == number]
    if not shares:
        return None
    said = ", ".join(f"{name} sends it {100 * share:g} %" for name, share in shares)
    return KeepReason(
        code=KeepCode.ALIAS_WEIGHT,
        facts=said,
        would_change_if=f"{_named([name for name, _ in shares], verb='routes')} without it",
    )


def keep_scheduled(it: Candidate) -> KeepReason | None:
    """A schedule names the version, or switched the janitor off for its function."""
    if it.policy.off is not None:
        return KeepReason(
            code=KeepCode.SCHEDULE,
            facts=f"{it.policy.off} says versions.enabled: false",
            would_change_if=f"{it.policy.off} says versions.enabled: true",
        )
    names = [service for number, service in it.policy.scheduled if number == it.version.number]
    if not names:
        return None
    return KeepReason(
        code=KeepCode.SCHEDULE,
        facts=f'the schedule of service "{names[0]}" has it as a target',
        would_change_if=f'service "{names[0]}" targets another version',
    )


def keep_unverified(it: Candidate) -> KeepReason | None:
    """Something that might keep it could not be read."""
    unread = it.policy.unread or _unread(it.aliases, "aliases") or _failed(it.memory)
    if unread is None:
        return None
    return KeepReason(code=KeepCode.UNVERIFIED, facts=unread, would_change_if="that can be read")


def keep_young(it: Candidate) -> KeepReason | None:
    """Replaced too short a time ago: what counts is when it was replaced, not when it was published."""
    if it.replaced_by is None or _in_use(it):
        return None  # not replaced: `newest` or `alias` keeps it
    since = superseded_at(it)
    if since is None:
        return KeepReason(
            code=KeepCode.UNVERIFIED,
            facts="the listing has no date that tells when it was replaced",
            would_change_if="that can be read",
        )
    age = it.now - since
    if age >= it.policy.min_superseded:
        return None
    return KeepReason(
        code=KeepCode.YOUNG,
        facts=f"replaced {spoken(age)} ago, may go after {spoken(it.policy.min_superseded)}",
        would_change_if=f"it is still unused at {instant(since + it.policy.min_superseded)}",
    )


def keep_unmarked(it: Candidate) -> KeepReason | None:
    """No earlier run, at least the grace ago, found the same code to be a candidate."""
    if isinstance(it.memory, Unread):
        return KeepReason(
            code=KeepCode.UNMARKED, facts=it.memory.reason, would_change_if="CARETAKER_STATE_TABLE names a table"
        )
    grace = it.policy.grace
    for mark in it.memory.marks:
        if mark.version == it.version.number and mark.code_sha256 and mark.code_sha256 == it.version.code_sha256:
            if it.now - mark.marked_at >= grace:
                return None
            return KeepReason(
                code=KeepCode.UNMARKED,
                facts=f"first found unused at {instant(mark.marked_at)}, may go after {spoken(grace)}",
                would_change_if=f"a run at {instant(mark.marked_at + grace)} or later finds it unused again",
            )
    return KeepReason(
        code=KeepCode.UNMARKED,
        facts="no earlier run has found it unused",
        would_change_if=f"a later run, at least {spoken(grace)} after one that marked it, finds it unused again",
    )


# The order is the order of the report: the first that speaks gives the reason.
KEEPERS: tuple[Keeper, ...] = (keep_newest, keep_aliased, keep_weighted, keep_scheduled, keep_unverified, keep_young)


def keep_reasons(it: Candidate) -> tuple[KeepReason, ...]:
    """Everything that keeps the version, strongest first; empty when it may go as far as these rules see.

    `unmarked` is asked last and only of a version that nothing else keeps: only those are marked.
    """
    reasons = tuple(reason for keeper in KEEPERS if (reason := keeper(it)) is not None)
    if reasons:
        return reasons
    unmarked = keep_unmarked(it)
    return () if unmarked is None else (unmarked,)


def superseded_at(it: Candidate) -> datetime | None:
    """When the version was replaced: by its successor's publication, or later when a run saw it go out of use.

    One that was in use at the last run and is not any more was replaced since, at the latest now.
    """
    if it.replaced_by is None or it.replaced_by.last_modified is None or it.version.last_modified is None:
        return None
    dates: list[datetime] = []
    if not isinstance(it.memory, Unread):
        dates = [at for number, at in it.memory.superseded if number == it.version.number]
        dates += [it.now] if it.version.number in it.memory.live else []
    return max(it.replaced_by.last_modified, it.version.last_modified, *dates)


def spoken(span: timedelta) -> str:
    """A span in days, hours, minutes or seconds, rounded down, as a report says it."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 2:
        return f"{int(span.total_seconds())} s"
    for size, unit in ((1440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} minutes"


def instant(at: datetime) -> str:
    """An instant as a report writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at.utcoffset() == timedelta(0) else at.isoformat(timespec="seconds")


def _aliases(it: Candidate) -> tuple[Alias, ...]:
    return () if isinstance(it.aliases, Unread) else it.aliases


def _in_use(it: Candidate) -> bool:
    return keep_aliased(it) is not None or keep_weighted(it) is not None


def _unread(fact: object, what: str) -> str | None:
    return f"its {what} were not read: {fact.reason}" if isinstance(fact, Unread) else None


def _failed(memory: FunctionMemory | Unread) -> str | None:
    return f"the record was not read: {memory.reason}" if isinstance(memory, Unread) and memory.failed else None


def _named(names: list[str], verb: str = "points") -> str:
    return f"alias {names[0]} {verb}" if len(names) == 1 else f"aliases {', '.join(names)} {verb.removesuffix('s')}"
