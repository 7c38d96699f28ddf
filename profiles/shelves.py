"""Where schedules can be had, what is known of those that were, and those of a folder or a file on this machine."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, assert_never

from fleet.ports import Documents
from fleet.words import said
from profiles.compiled import load_compiled
from profiles.errors import SchedulesMissing
from profiles.location import CompiledFile, Folder, Location, Store
from profiles.model import ScheduleSet

_MOST_NAMED = 3


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

    @property
    def not_taken(self) -> int:
        """How many documents of the place are not served as they stand there; at least 1 when it was not read."""
        return max(len(self.rejected), int(self.problem is not None))

    @property
    def trouble(self) -> str | None:
        """Why what is served is not what the place holds now, in a sentence; None when it is."""
        if self.problem is not None:
            age = "" if self.age_s is None else f", {self.age_s} s old"
            return f"schedules from {self.origin.value}{age}, because {self.problem}"
        if not self.rejected:
            return None
        names, more = ", ".join(map(said, self.rejected[:_MOST_NAMED])), len(self.rejected) - _MOST_NAMED
        names += f" and {more} more" if more > 0 else ""
        instead = "the last good ones, else the bundled ones, are served instead where there are any"
        return f"not taken from {self.location}: {names}; {instead}"

    def as_json(self) -> dict[str, Any]:
        """What a report says of it; `hash` and `revision` are those of the compiled document that is served."""
        return {
            "from": self.origin.value,
            "location": self.location,
            "age_s": self.age_s,
            "rejected": list(self.rejected),
            "problem": self.problem,
            "hash": self.schedules.digest or None,
            "revision": self.schedules.revision or None,
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
