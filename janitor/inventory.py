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
    """Every function asked for, in the order in which they get their turn, and the ones that do not exist."""

    functions: tuple[FunctionFacts, ...]
    absent: tuple[str, ...] = ()
    record_unread: str | None = None


def gather_inventory(
    versions: Versions, record: Record | None, policy: SweepPolicy, *, only: Collection[str] = ()
) -> Inventory:
    """What the account holds, of the functions named in `only` or of all.

    Raises: FleetError when the versions themselves cannot be listed: then nothing may be deleted at all.
    """
    listing = versions.listing()
    names = sorted(name for name in listing.functions if not only or name in only)
    cursor, record_unread = _cursor(record)
    published: dict[str, list[PublishedVersion]] = {name: [] for name in names}
    for version in listing.versions:
        if version.function in published:
            published[version.function].append(version)
    facts = (
        _facts(name, published[name], versions, record, few=len(published[name]) <= policy.of(name).keep)
        for name in rotated(names, cursor)
    )
    return Inventory(
        functions=tuple(one for one in facts if one is not None),
        absent=tuple(sorted(name for name in only if name not in listing.functions)),
        record_unread=record_unread,
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


def _facts(
    name: str, published: list[PublishedVersion], versions: Versions, record: Record | None, *, few: bool
) -> FunctionFacts | None:
    ordered = tuple(sorted(published, key=lambda version: version.number))
    if few:
        # All of them are among the newest that stay: nothing else needs to be known, so nothing is asked.
        spared = Unread(reason="not read, because no version is old enough in number", failed=False)
        return FunctionFacts(name=name, versions=ordered, aliases=spared, memory=spared)
    try:
        aliases = _read(lambda: tuple(versions.aliases(name)))
    except FunctionAbsent:
        return None  # deleted since it was listed
    memory = Unread(reason=NO_TABLE, failed=False) if record is None else _read(lambda: record.recall(name))
    return FunctionFacts(name=name, versions=ordered, aliases=aliases, memory=memory)


def _read(ask: Callable[[], T]) -> T | Unread:
    try:
        return ask()
    except FunctionAbsent:
        raise
    except FleetError as error:
        return Unread(reason=str(error))
