"""The ladder for schedules in S3: live, the last good ones in memory, in a file, and those that came with the code."""

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from profiles.errors import ProfilesError, SchedulesMissing
from profiles.live import Bundled, Memory, OutOfReach, read_last_good, read_live
from profiles.location import Store
from profiles.model import ScheduleSet
from profiles.shelves import Library, Loaded, Origin, Shelves, read_here


def climb(store: Store, shelves: Shelves, library: Library, *, now: datetime) -> Loaded:
    """The schedules of the place, from the first rung that holds; adds to `library`.

    Raises: SchedulesMissing when none does.
    """
    memory: Memory = library.places.setdefault(str(store), Memory())
    scratch = shelves.scratch / f"caretaker-schedules-{hashlib.sha256(str(store).encode()).hexdigest()[:16]}.json"

    def bundled() -> ScheduleSet | None:
        try:
            return read_here(shelves.bundled, library)
        except (ProfilesError, OSError):
            return None

    try:
        live = read_live(store, shelves.documents(store), memory, now=now, scratch=scratch, bundled=bundled)
    except OutOfReach as error:
        loaded = _last_good(store, memory, scratch, bundled, now=now, problem=str(error))
        return loaded if error.document is None else _rejecting(loaded, error.document)
    return Loaded(schedules=live.schedules, origin=Origin.LIVE, location=str(store), age_s=0, rejected=live.rejected)


def _rejecting(loaded: Loaded, document: str) -> Loaded:
    """Its name beside the problem, and no mistake of the schedules that are served: those are well."""
    return replace(loaded, rejected=tuple(sorted({*loaded.rejected, document})))


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
