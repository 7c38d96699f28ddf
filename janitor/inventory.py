"""What is there, as one frozen Inventory, and the cheap half of reading it. Decides nothing, deletes nothing.

What cannot be read is an `Unread` with its reason, never an empty answer; what nobody asked is `NOT_ASKED`. The dear
half, which only concerns versions that the cheap half did not keep, is in `janitor.checks`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from fleet.model import Alias, PublishedVersion, VersionNumber
from fleet.ports import FleetError, FunctionAbsent, FunctionMemory, Listing, Record, Versions
from fleet.uses import Deployment, Stack, VersionState, VersionUse
from janitor.policy import SweepPolicy

T = TypeVar("T")

NO_TABLE = "CARETAKER_STATE_TABLE is not set, so no run knows what an earlier one found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A fact that could not be read, and why. It counts against deleting. `failed` is False where nobody asked."""

    reason: str
    failed: bool = True


NOT_ASKED = Unread(reason="nobody asked", failed=False)
# All of its versions are among the newest that stay: nothing else needs to be known, so nothing is asked.
SPARED = Unread(reason="none is old enough by number to be asked about", failed=False)
LATER = Unread(reason="half of this run's time was over, its turn comes in the next run", failed=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionUses:
    """What was asked about one version alone. A `state` of None: it is gone."""

    state: VersionState | Unread | None = NOT_ASKED
    open_executions: int | Unread = NOT_ASKED
    policy: str | Unread | None = NOT_ASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionUses:
    """What was asked about a function beyond its aliases, so far as a version was left that might go.

    `stacks` is its CloudFormation stack with all that it is nested in; `owned` are versions that are resources of one
    of them, with the stack's name. `versions` has what was asked about single ones.
    """

    tags: Mapping[str, str] | Unread = NOT_ASKED
    stacks: tuple[Stack, ...] | Unread = NOT_ASKED
    owned: Mapping[VersionNumber, str] | Unread = NOT_ASKED
    deployments: tuple[Deployment, ...] | Unread = NOT_ASKED
    event_sources: tuple[VersionUse, ...] | Unread = NOT_ASKED
    edge: tuple[VersionUse, ...] | Unread = NOT_ASKED
    provisioned: tuple[VersionUse, ...] | Unread = NOT_ASKED
    invoke_configs: tuple[VersionUse, ...] | Unread = NOT_ASKED
    traffic: tuple[VersionUse, ...] | Unread = NOT_ASKED
    versions: Mapping[VersionNumber, VersionUses] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFacts:
    """One function: its published versions, lowest number first, and what else bears on them."""

    name: str
    versions: tuple[PublishedVersion, ...]
    aliases: tuple[Alias, ...] | Unread
    memory: FunctionMemory | Unread
    uses: FunctionUses = field(default_factory=FunctionUses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Every function asked for, in the order in which they get their turn, and the ones that do not exist.

    `read_until` is the last function whose turn came, where reading stopped before the end.
    """

    functions: tuple[FunctionFacts, ...]
    absent: tuple[str, ...] = ()
    record_unread: str | None = None
    read_until: str | None = None


LookCloser = Callable[[FunctionFacts], FunctionFacts]


def gather_inventory(
    versions: Versions,
    record: Record | None,
    policy: SweepPolicy,
    *,
    only: Collection[str] | None = None,
    time_to_act: Callable[[], bool] = lambda: False,
    look_closer: LookCloser = lambda facts: facts,
) -> Inventory:
    """What the account holds, of the functions named in `only`, or where it is None of all that the policy chooses.

    Once `time_to_act` says so, no more is read of the functions that are left: they keep everything, and their turn
    comes in the next run. `look_closer` adds the dear facts; without it nothing is known of them, which keeps all.

    Raises: FleetError when the versions themselves cannot be listed: then nothing may be deleted at all.
    """
    listing = versions.listing()
    published = _published(listing, [name for name in listing.functions if _chosen(name, only, policy)])
    cursor, record_unread = _cursor(record)
    reader = _Reader(
        versions=versions,
        record=record,
        record_unread=record_unread,
        time_to_act=time_to_act,
        look_closer=look_closer,
    )
    read = [
        reader.facts(name, published[name], few=len(published[name]) <= policy.of(name).fewest)
        for name in rotated(published, cursor)
    ]
    return Inventory(
        functions=tuple(one for one in read if one is not None),
        absent=tuple(sorted(name for name in only or () if name not in listing.functions)),
        record_unread=record_unread,
        read_until=reader.read_until,
    )


def _chosen(name: str, only: Collection[str] | None, policy: SweepPolicy) -> bool:
    return policy.scope.has_name(name) if only is None else name in only


def _published(listing: Listing, names: Iterable[str]) -> dict[str, tuple[PublishedVersion, ...]]:
    found: dict[str, list[PublishedVersion]] = {name: [] for name in names}
    for version in listing.versions:
        if version.function in found:
            found[version.function].append(version)
    return {name: tuple(sorted(some, key=lambda version: version.number.value)) for name, some in found.items()}


def rotated(names: Iterable[str], cursor: str | None) -> tuple[str, ...]:
    """`names` starting behind `cursor`, so that each run goes on where the last one stopped."""
    ordered = sorted(names)
    behind = [name for name in ordered if cursor is not None and name > cursor]
    return tuple(behind + [name for name in ordered if name not in set(behind)])


def _cursor(record: Record | None) -> tuple[str | None, str | None]:
    if record is None:
        return None, None
    try:
        return record.cursor(), None
    except FleetError as error:
        return None, str(error)


@dataclass(slots=True)
class _Reader:
    """Reads one function after the other, until it is time to act."""

    versions: Versions
    record: Record | None
    record_unread: str | None
    time_to_act: Callable[[], bool]
    look_closer: LookCloser
    last: str | None = None
    read_until: str | None = None

    def facts(self, name: str, versions: tuple[PublishedVersion, ...], *, few: bool) -> FunctionFacts | None:
        """What bears on the function's versions; None when it was deleted since it was listed."""
        if few:
            return FunctionFacts(name=name, versions=versions, aliases=SPARED, memory=SPARED)
        if self.read_until is None and self.last is not None and self.time_to_act():
            self.read_until = self.last
        if self.read_until is not None:
            return FunctionFacts(name=name, versions=versions, aliases=LATER, memory=LATER)
        self.last = name
        try:
            aliases = read(lambda: tuple(self.versions.aliases(name)))
            facts = FunctionFacts(name=name, versions=versions, aliases=aliases, memory=self._memory(name))
            return self.look_closer(facts)
        except FunctionAbsent as absent:
            return self._unless_gone(name, versions, str(absent))

    def _unless_gone(self, name: str, versions: tuple[PublishedVersion, ...], absent: str) -> FunctionFacts | None:
        """None when its aliases are gone, too; a read that does not know a function which is there says nothing."""
        try:
            aliases = read(lambda: tuple(self.versions.aliases(name)))
        except FunctionAbsent:
            return None
        unread = Unread(reason=f"{absent}; but lambda:ListAliases knows the function")
        uses = FunctionUses(tags=unread)
        return FunctionFacts(name=name, versions=versions, aliases=aliases, memory=self._memory(name), uses=uses)

    def _memory(self, name: str) -> FunctionMemory | Unread:
        if self.record_unread is not None:
            return Unread(reason=self.record_unread)  # one that does not answer is not asked for every function
        record = self.record
        return Unread(reason=NO_TABLE, failed=False) if record is None else read(lambda: record.recall(name))


def read(ask: Callable[[], T]) -> T | Unread:
    """What `ask` gives, or why it gives nothing. Raises: FunctionAbsent, which is an answer."""
    try:
        return ask()
    except FunctionAbsent:
        raise
    except FleetError as error:
        return Unread(reason=str(error))
