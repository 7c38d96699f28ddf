"""Schedules from a place that may be out of reach or hold bad documents: live, else the last good ones.

A YAML document with errors takes only itself out, and its last good text is used where there is one; a compiled one
that cannot be used is the whole place, which is then as good as out of reach. What was read is read again only when a
document's tag has changed, but for such a compiled one. Talks through the `Documents` port only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from fleet.ports import Documents, FleetError, StoredDocument
from profiles.bounds import MOST_BYTES, MOST_DOCUMENTS, MOST_FILE_BYTES
from profiles.compiled import CompiledUnusable, load_compiled
from profiles.errors import ProfilesError
from profiles.held import Held, HeldDocument, restore, save
from profiles.location import COMPILED_NAME, Store
from profiles.model import ScheduleSet, Service

_SUFFIXES = (".yaml", ".yml")
_PLATFORM = ("platform.yaml", "platform.yml")


# The schedules that came with the code, read only when they are needed; None when there are none.
Bundled = Callable[[], ScheduleSet | None]


class OutOfReach(ProfilesError):  # noqa: N818 - says what was found
    """The place cannot be read, or holds nothing that can be used. The message says why.

    `document` is the name of the one that was read and cannot be used, None where there was none to use.
    """

    def __init__(self, message: str, *, document: str | None = None) -> None:
        super().__init__(message)
        self.document = document


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """What held documents say: the schedules to use, and the names of the documents that were rejected."""

    schedules: ScheduleSet
    rejected: tuple[str, ...] = ()


@dataclass(slots=True)
class Memory:
    """What this process knows of one place from earlier calls. An empty one is as good."""

    held: Held | None = None
    assembled: Assembled | None = None


def read_live(
    store: Store, documents: Documents, memory: Memory, *, now: datetime, scratch: Path, bundled: Bundled
) -> Assembled:
    """The schedules of the place as it is now; adds to `memory` and to the file `scratch`. Raises: OutOfReach."""
    before = memory.held or restore(scratch)
    try:
        held = _refreshed(store, documents, before, now)
    except FleetError as error:
        raise OutOfReach(f"{store}: {error}") from error
    if memory.assembled is not None and memory.held is not None and held.documents == memory.held.documents:
        memory.held = held
        return memory.assembled
    held, assembled = assemble(held, store, bundled=bundled)
    memory.held, memory.assembled = held, assembled
    save(held, scratch)
    return assembled


def read_last_good(store: Store, *, scratch: Path, bundled: Bundled) -> tuple[Held, Assembled] | None:
    """What the file `scratch` has of earlier; None when nothing of that can be used."""
    held = restore(scratch)
    if held is None:
        return None
    try:
        return assemble(held, store, bundled=bundled)
    except OutOfReach:
        return None


def _refreshed(store: Store, documents: Documents, before: Held | None, now: datetime) -> Held:
    known = dict(before.documents) if before is not None else {}
    if store.name is not None:
        wanted: dict[str, str | None] = {store.name: known[store.name].etag if store.name in known else None}
        here = {store.name}
    else:
        there = schedules_among(documents.listing())
        if not there:
            raise OutOfReach(
                f"{store} holds neither {COMPILED_NAME} nor YAML files; fill it with caretaker push, "
                "or correct the prefix"
            )
        if len(there) > MOST_DOCUMENTS:
            raise OutOfReach(
                f"{store} holds {len(there):,} YAML files, {MOST_DOCUMENTS:,} at most; is the prefix right?"
            )
        here = set(there)
        wanted = {
            name: known[name].etag if name in known else None
            for name, etag in there.items()
            if name not in known or known[name].etag != etag
        }
    # One byte more than it may have, so that a longer one is seen to be longer.
    most_bytes = 1 + (MOST_BYTES if any(name.endswith(".json") for name in here) else MOST_FILE_BYTES)
    fetched = documents.fetch(wanted, most_bytes=most_bytes) if wanted else {}
    found = {name: _held(known.get(name), fetched.get(name)) for name in sorted(here)}
    _check_size(store, found)
    if store.name is not None and isinstance(failure := fetched.get(store.name), FleetError):
        raise failure
    return Held(documents=found, at=now)


def _check_size(store: Store, found: Mapping[str, HeldDocument]) -> None:
    """Reading more would take longer than a tick has, and more memory than there is."""
    size = sum(len(one.data) for one in found.values())
    if size > MOST_BYTES:
        raise OutOfReach(f"{store} holds {size:,} bytes or more, {MOST_BYTES:,} at most; is the prefix right?")


def schedules_among(listing: Mapping[str, str]) -> Mapping[str, str]:
    """Those of the documents of a place, by name, that are read there."""
    if COMPILED_NAME in listing:
        return {COMPILED_NAME: listing[COMPILED_NAME]}
    return {
        name: etag for name, etag in listing.items() if name.endswith(_SUFFIXES) and not name.startswith((".", "/"))
    }


def _held(before: HeldDocument | None, fetched: StoredDocument | FleetError | None) -> HeldDocument:
    if isinstance(fetched, StoredDocument):
        return HeldDocument(etag=fetched.etag, data=fetched.data, good=before.good if before else None)
    if isinstance(fetched, FleetError) or before is None:
        # No tag, so that the next call asks for it again.
        good = before.good if before is not None else None
        return HeldDocument(etag="", data=b"", good=good, unreadable=str(fetched or "it was not fetched"))
    return before


def assemble(held: Held, store: Store, *, bundled: Bundled) -> tuple[Held, Assembled]:
    """What the documents say together, and the documents with their last good texts brought up to date.

    Raises: OutOfReach when the compiled document among them cannot be used.
    """
    if any(name.endswith(".json") for name in held.documents):
        return _from_compiled(held, store)
    return _from_yaml(held, bundled)


def _from_compiled(held: Held, store: Store) -> tuple[Held, Assembled]:
    ((name, one),) = held.documents.items()
    where = str(replace(store, name=name))
    if one.unreadable is not None:
        raise OutOfReach(f"{where}: {one.unreadable}")
    try:
        schedules = load_compiled(one.data, where=where).schedules
    except CompiledUnusable as error:
        # It is all there is in the place, so the place as a whole is not taken, as if it could not be read.
        raise OutOfReach(f"{error}, and push it again", document=name) from error
    return replace(held, documents={name: replace(one, good=one.data)}), Assembled(schedules=schedules)


def _from_yaml(held: Held, bundled: Bundled) -> tuple[Held, Assembled]:
    texts = {name: None if one.unreadable else one.data for name, one in held.documents.items()}
    first = _read(texts, held)
    rejected = {mistake.file for mistake in first.errors}
    if not rejected:
        good = {name: replace(one, good=one.data) for name, one in held.documents.items()}
        return replace(held, documents=good), Assembled(schedules=first)
    if any(held.documents[name].was_good for name in rejected):
        # An unchanged document has errors now, so one that has changed is to blame, and all of those wait.
        rejected |= {name for name, one in held.documents.items() if not one.was_good}
    for name in rejected:
        one = held.documents[name]
        if one.good is not None or name not in _PLATFORM:
            texts[name] = one.good
    second = _read({name: text for name, text in texts.items() if text is not None or name in _PLATFORM}, held)
    documents = {
        name: one if name in rejected or one.unreadable else replace(one, good=one.data)
        for name, one in held.documents.items()
    }
    broken = {mistake.file for mistake in second.errors}
    names = tuple(sorted(name for name in rejected if name in broken or not held.documents[name].was_good))
    schedules = _completed(first, second, names, held, bundled)
    return replace(held, documents=documents), Assembled(schedules=schedules, rejected=names)


def _read(texts: Mapping[str, bytes | None], held: Held) -> ScheduleSet:
    from profiles.reader import Document, read_documents  # noqa: PLC0415 - only YAML pays for a YAML parser

    return read_documents(
        Document(file=name, data=text or b"", unreadable=None if text is not None else held.documents[name].unreadable)
        for name, text in texts.items()
    )


def _completed(
    first: ScheduleSet, second: ScheduleSet, rejected: tuple[str, ...], held: Held, bundled: Bundled
) -> ScheduleSet:
    """The second reading with every mistake of both; for what it still lacks, what came with the code."""
    services = {service.name: service for service in second.services}
    platform = second.platform
    read = {service.file for service in second.services}
    lost = {name for name in rejected if name not in read and held.documents[name].good is None}
    shipped = bundled() if lost else None
    if shipped is not None:
        for service in shipped.services:
            if Path(service.file).name in lost and _fits(service, services):
                services[service.name] = service
        if lost & set(_PLATFORM):
            platform = shipped.platform
    return ScheduleSet(
        services=tuple(services[name] for name in sorted(services)),
        platform=platform,
        mistakes=tuple(sorted({*first.mistakes, *second.mistakes})),
    )


def _fits(service: Service, services: Mapping[str, Service]) -> bool:
    taken = {(target.function.text, target.qualifier) for other in services.values() for target in other.targets}
    own = {(target.function.text, target.qualifier) for target in service.targets}
    return service.name not in services and not own & taken
