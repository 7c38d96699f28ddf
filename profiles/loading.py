"""The one way in which both functions get their schedules, wherever CARETAKER_SCHEDULES says that they are.

For a place in S3 there is a ladder, which `ladder` knows. A folder or a file has none: what is wrong with it is wrong
with the deployment.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, assert_never

from fleet.ports import Documents
from profiles.compiled import load_compiled
from profiles.errors import SchedulesMissing
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
    """What a process keeps of schedules between its runs; `places` is the ladder's own. An empty one is as good."""

    places: dict[str, Any] = field(default_factory=dict)
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
            schedules = read_here(location, library)
            origin = Origin.FOLDER if isinstance(location, Folder) else Origin.FILE
            origin = Origin.BUNDLED if location == shelves.bundled else origin
            return Loaded(schedules=schedules, origin=origin, location=str(location), age_s=0)
        case Store():
            from profiles.ladder import climb  # noqa: PLC0415 - only a place in S3 pays for its ladder

            return climb(location, shelves, library, now=now)
        case _:
            assert_never(location)


def read_here(location: Location, library: Library) -> ScheduleSet:
    """What a folder or a file holds; a compiled file is read again only when it has changed.

    Raises: SchedulesMissing, CompiledUnusable.
    """
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
