"""The safeguards that need no more than the listing, the aliases, the schedules and the record. Pure.

One predicate each: a Candidate in, a KeepReason or None out. A fact that could not be read keeps the version
(`unverified`), so a predicate may stay silent about an `Unread`. The safeguards that need more are in `janitor.used`,
the order of all of them in `janitor.rules`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from fleet.model import Alias, PublishedVersion, VersionNumber
from fleet.ports import AliasHistory, FunctionMemory
from janitor.inventory import FunctionFacts, FunctionUses, Unread, VersionUses
from janitor.policy import FunctionPolicy
from janitor.tags import tagged


class KeepCode(Enum):
    """Why a version stays, as reports name it."""

    NEWEST = "newest"
    ALIAS = "alias"
    ALIAS_WEIGHT = "alias-weight"
    PREVIOUSLY_LIVE = "previously-live"
    YOUNG = "young"
    SCHEDULE = "schedule"
    STACK_RESOURCE = "stack-resource"
    STACK_BUSY = "stack-busy"
    DEPLOYMENT = "deployment"
    EVENT_SOURCE = "event-source"
    POLICY = "policy"
    PROVISIONED = "provisioned"
    INVOKE_CONFIG = "invoke-config"
    EDGE = "edge"
    DURABLE = "durable"
    TRAFFIC = "traffic"
    STATE = "state"
    TAG = "tag"
    UNMARKED = "unmarked"
    UNVERIFIED = "unverified"
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
    uses: FunctionUses
    own: VersionUses


Keeper = Callable[[Candidate], KeepReason | None]
_NOTHING_ASKED = VersionUses()


def candidates(
    facts: FunctionFacts, policy: FunctionPolicy, now: datetime, *, only: Collection[VersionNumber] | None = None
) -> tuple[Candidate, ...]:
    """Every version of a function, or those in `only`, with what bears on it, lowest number first.

    `policy` is what schedules and settings say; the function's tags have their word in each candidate's.
    """
    total = len(facts.versions)
    chosen = None if only is None else frozenset(only)
    own_policy = policy if isinstance(facts.uses.tags, Unread) else tagged(policy, facts.uses.tags)
    return tuple(
        Candidate(
            version=version,
            rank=total - index,
            replaced_by=facts.versions[index + 1] if index + 1 < total else None,
            aliases=facts.aliases,
            memory=facts.memory,
            policy=own_policy,
            now=now,
            uses=facts.uses,
            own=facts.uses.versions.get(version.number, _NOTHING_ASKED),
        )
        for index, version in enumerate(facts.versions)
        if chosen is None or version.number in chosen
    )


def keep_newest(it: Candidate) -> KeepReason | None:
    """Among the newest by number; list order and dates have no say."""
    keep = it.policy.keep_of(it.version)
    if it.rank > keep:
        return None
    return KeepReason(
        code=KeepCode.NEWEST,
        facts=f"number {it.rank} of the newest {keep} that stay",
        would_change_if=f"{keep - it.rank + 1} newer versions are published",
    )


def keep_aliased(it: Candidate) -> KeepReason | None:
    """An alias points to it."""
    number = str(it.version.number)
    names = [alias.name for alias in _aliases(it) if alias.version == number]
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


def keep_previously_live(it: Candidate) -> KeepReason | None:
    """One of the last versions that an alias pointed to before, or one that an alias left within the grace."""
    if isinstance(it.memory, Unread) or isinstance(it.aliases, Unread):
        return None
    for past in it.memory.history:
        if (seen := _place(past, it)) is None:
            continue
        place, at = seen
        left = f"{past.alias} pointed to it until {spoken(it.now - at)} ago"
        if place is not None and place <= it.policy.previously_live:
            return KeepReason(
                code=KeepCode.PREVIOUSLY_LIVE,
                facts=f"{left}, and it is number {place} of the {it.policy.previously_live} before that stay",
                would_change_if=f"alias {past.alias} moves on or is deleted",
            )
        if it.now - at < it.policy.grace:
            return KeepReason(
                code=KeepCode.PREVIOUSLY_LIVE,
                facts=f"{left}, may go after {spoken(it.policy.grace)}",
                would_change_if=f"it is still unused at {instant(at + it.policy.grace)}",
            )
    return None


def keep_unverified(it: Candidate) -> KeepReason | None:
    """Something that might keep it could not be read."""
    unread = it.policy.unread or _unread(it.aliases, "aliases") or _failed(it.memory)
    if unread is None:
        return None
    return KeepReason(code=KeepCode.UNVERIFIED, facts=unread, would_change_if="that can be read")


def keep_young(it: Candidate) -> KeepReason | None:
    """Replaced too short a time ago: what counts is when it was replaced, not when it was published."""
    if it.replaced_by is None:
        return None  # `newest` keeps it
    since, least = superseded_at(it), it.policy.min_superseded_of(it.version)
    if (since is not None and it.now - since >= least) or _in_use(it):
        return None  # old enough; or not replaced yet: `alias` or `alias-weight` keeps it
    if since is None:
        return KeepReason(
            code=KeepCode.UNVERIFIED,
            facts="the listing has no date that tells when it was replaced",
            would_change_if="that can be read",
        )
    return KeepReason(
        code=KeepCode.YOUNG,
        facts=f"replaced {spoken(it.now - since)} ago, may go after {spoken(least)}",
        would_change_if=f"it is still unused at {instant(since + least)}",
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
    text = at.isoformat(timespec="seconds")
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _aliases(it: Candidate) -> tuple[Alias, ...]:
    return () if isinstance(it.aliases, Unread) else it.aliases


def _in_use(it: Candidate) -> bool:
    return keep_aliased(it) is not None or keep_weighted(it) is not None


def _place(past: AliasHistory, it: Candidate) -> tuple[int | None, datetime] | None:
    """Where the version stands among those that the alias left, 1 for the last, and when it was last seen there.

    None when the alias never pointed to it, or still does. An alias that is gone leaves no places, only the instant.
    """
    if all(number != it.version.number for number, _ in past.versions):
        return None
    now = next((alias for alias in _aliases(it) if alias.name == past.alias), None)
    current = set() if now is None else {now.version, *(version for version, _ in now.weights)}
    before = [(number, at) for number, at in past.versions if str(number) not in current]
    for index, (number, at) in enumerate(before):
        if number == it.version.number:
            return (None if now is None else index + 1), at
    return None


def _unread(fact: object, what: str) -> str | None:
    return f"its {what} were not read: {fact.reason}" if isinstance(fact, Unread) else None


def _failed(memory: FunctionMemory | Unread) -> str | None:
    return f"the record was not read: {memory.reason}" if isinstance(memory, Unread) and memory.failed else None


def _named(names: list[str], verb: str = "points") -> str:
    return f"alias {names[0]} {verb}" if len(names) == 1 else f"aliases {', '.join(names)} {verb.removesuffix('s')}"
