"""The one way in which both functions get their schedules, wherever CARETAKER_SCHEDULES says that they are.

For a place in S3 there is a ladder: live, the last good ones in memory, those in a file, those that came with the code.
A folder or a file has no ladder: what is wrong with it is wrong with the deployment.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, assert_never

from fleet.ports import Documents
from profiles.compiled import load_compiled
from profiles.errors import ProfilesError, SchedulesMissing
from profiles.live import Bundled, Memory, OutOfReach, read_last_good, read_live
from profiles.location import CompiledFile, Folder, Location, Store
from profiles.model import ScheduleSet


class Origin(Enum):
    """Where the schedules in use came from."""

    FOLDER = "folder"
    FILE = "file"
    LIVE = "live"
    MEMORY = "memory"
    TMP = "tmp"
    BUNDLED = "bundled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Schedules with where they came from.

    `age_s` is how long ago they were last compared with the place that was asked for, in seconds, None when they never
    were; `rejected` are the documents that were not taken as they are; `problem` says why the place was not read.
    """

    schedules: ScheduleSet
    origin: Origin
    location: str
    age_s: int | None
    rejected: tuple[str, ...] = ()
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What a report says of it."""
        return {
            "from": self.origin.value,
            "location": self.location,
            "age_s": self.age_s,
            "rejected": list(self.rejected),
            "problem": self.problem,
        }


@dataclass(slots=True)
class Library:
    """What a process keeps of schedules between its runs. An empty one is as good."""

    places: dict[str, Memory] = field(default_factory=dict)
    files: dict[Path, tuple[tuple[int, ...], ScheduleSet]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """Where else to look: the way to a place's documents, the folder for last good ones, what came with the code."""

    documents: Callable[[Store], Documents]
    scratch: Path
    bundled: Location


def load_schedules(location: Location, shelves: Shelves, library: Library, *, now: datetime) -> Loaded:
    """The schedules to use at the aware `now`; adds to `library`.

    Raises: SchedulesMissing, CompiledUnusable when there is nothing to use at all.
    """
    match location:
        case Folder() | CompiledFile():
            schedules = _here(location, library)
            origin = Origin.FOLDER if isinstance(location, Folder) else Origin.FILE
            origin = Origin.BUNDLED if location == shelves.bundled else origin
            return Loaded(schedules=schedules, origin=origin, location=str(location), age_s=0)
        case Store():
            return _far(location, shelves, library, now)
        case _:
            assert_never(location)


def _far(store: Store, shelves: Shelves, library: Library, now: datetime) -> Loaded:
    memory = library.places.setdefault(str(store), Memory())
    scratch = shelves.scratch / f"caretaker-schedules-{hashlib.sha256(str(store).encode()).hexdigest()[:16]}.json"

    def bundled() -> ScheduleSet | None:
        try:
            return _here(shelves.bundled, library)
        except (ProfilesError, OSError):
            return None

    try:
        live = read_live(store, shelves.documents(store), memory, now=now, scratch=scratch, bundled=bundled)
    except OutOfReach as error:
        return _last_good(store, memory, scratch, bundled, now=now, problem=str(error))
    return Loaded(schedules=live.schedules, origin=Origin.LIVE, location=str(store), age_s=0, rejected=live.rejected)


def _last_good(store: Store, memory: Memory, scratch: Path, bundled: Bundled, *, now: datetime, problem: str) -> Loaded:
    origin = Origin.MEMORY
    if memory.held is None or memory.assembled is None:
        found = read_last_good(store, scratch=scratch, bundled=bundled)
        if found is None:
            schedules = bundled()
            if schedules is None:
                raise SchedulesMissing(f"{problem}; and no schedules came with the code")
            return Loaded(schedules=schedules, origin=Origin.BUNDLED, location=str(store), age_s=None, problem=problem)
        memory.held, memory.assembled = found
        origin = Origin.TMP
    return Loaded(
        schedules=memory.assembled.schedules,
        origin=origin,
        location=str(store),
        age_s=max(0, round((now - memory.held.at).total_seconds())),
        rejected=memory.assembled.rejected,
        problem=problem,
    )


def _here(location: Location, library: Library) -> ScheduleSet:
    """What a folder or a file holds; a compiled file is read again only when it has changed."""
    match location:
        case Folder(path=path):
            from profiles.reader import read_folder  # noqa: PLC0415 - only YAML pays for a YAML parser

            return read_folder(path)
        case CompiledFile(path=path):
            return _compiled(path, library)
        case Store():
            raise SchedulesMissing(f"{location} is not on this machine")
        case _:
            assert_never(location)


def _compiled(path: Path, library: Library) -> ScheduleSet:
    try:
        facts = path.stat()
        mark = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        known = library.files.get(path)
        if known is not None and known[0] == mark:
            return known[1]
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SchedulesMissing(f"{path}: {reason}; give a file that `caretaker compile` wrote") from error
    schedules = load_compiled(data, where=str(path)).schedules
    library.files[path] = (mark, schedules)
    return schedules
