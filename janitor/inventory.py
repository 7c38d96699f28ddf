"""Reads what is there, through ports, into one frozen Inventory. Decides nothing, deletes nothing.

What cannot be read is an `Unread` with its reason, never an empty answer.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from fleet.model import Alias, PublishedVersion
from fleet.ports import FleetError, FunctionAbsent, FunctionMemory, Record, Versions
from janitor.policy import SweepPolicy

T = TypeVar("T")

NO_TABLE = "CARETAKER_STATE_TABLE is not set, so no run knows what an earlier one found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A fact that could not be read, and why. It counts against deleting. `failed` is False where nobody asked."""

    reason: str
    failed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFacts:
    """One function: its published versions, lowest number first, and what else bears on them."""

    name: str
    versions: tuple[PublishedVersion, ...]
    aliases: tuple[Alias, ...] | Unread
    memory: FunctionMemory | Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Every function asked for, in the order in which they get their turn, and the ones that do not exist.

    `read_until` is the last function whose turn came, where reading stopped before the end.
    """

    functions: tuple[FunctionFacts, ...]
    absent: tuple[str, ...] = ()
    record_unread: str | None = None
    read_until: str | None = None


def gather_inventory(
    versions: Versions,
    record: Record | None,
    policy: SweepPolicy,
    *,
    only: Collection[str] = (),
    time_to_act: Callable[[], bool] = lambda: False,
) -> Inventory:
    """What the account holds, of the functions named in `only` or of all.

    Once `time_to_act` says so, no more is read of the functions that are left: they keep everything, and their turn
    comes in the next run.

    Raises: FleetError when the versions themselves cannot be listed: then nothing may be deleted at all.
    """
    listing = versions.listing()
    names = sorted(name for name in listing.functions if not only or name in only)
    published: dict[str, list[PublishedVersion]] = {name: [] for name in names}
    for version in listing.versions:
        if version.function in published:
            published[version.function].append(version)
    cursor, record_unread = _cursor(record)
    reader = _Reader(versions=versions, record=record, record_unread=record_unread, time_to_act=time_to_act)
    read = [
        reader.facts(name, published[name], few=len(published[name]) <= policy.of(name).keep)
        for name in rotated(names, cursor)
    ]
    return Inventory(
        functions=tuple(one for one in read if one is not None),
        absent=tuple(sorted(name for name in only if name not in listing.functions)),
        record_unread=record_unread,
        read_until=reader.read_until,
    )


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
    last: str | None = None
    read_until: str | None = None

    def facts(self, name: str, published: list[PublishedVersion], *, few: bool) -> FunctionFacts | None:
        """What bears on the function's versions; None when it was deleted since it was listed."""
        ordered = tuple(sorted(published, key=lambda version: version.number))
        if few:
            return FunctionFacts(name=name, versions=ordered, aliases=_SPARED, memory=_SPARED)
        if self.read_until is None and self.last is not None and self.time_to_act():
            self.read_until = self.last
        if self.read_until is not None:
            return FunctionFacts(name=name, versions=ordered, aliases=_LATER, memory=_LATER)
        self.last = name
        try:
            aliases = _read(lambda: tuple(self.versions.aliases(name)))
        except FunctionAbsent:
            return None
        return FunctionFacts(name=name, versions=ordered, aliases=aliases, memory=self._memory(name))

    def _memory(self, name: str) -> FunctionMemory | Unread:
        if self.record_unread is not None:
            return Unread(reason=self.record_unread)  # one that does not answer is not asked for every function
        record = self.record
        return Unread(reason=NO_TABLE, failed=False) if record is None else _read(lambda: record.recall(name))


# All of its versions are among the newest that stay: nothing else needs to be known, so nothing is asked.
_SPARED = Unread(reason="none is old enough by number to be asked about", failed=False)
_LATER = Unread(reason="half of this run's time was over, its turn comes in the next run", failed=False)


def _read(ask: Callable[[], T]) -> T | Unread:
    try:
        return ask()
    except FunctionAbsent:
        raise
    except FleetError as error:
        return Unread(reason=str(error))
