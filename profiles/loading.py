"""The one way in which both functions get their schedules, wherever CARETAKER_SCHEDULES says that they are.

For a place in S3 there is a ladder, which `ladder` knows. A folder or a file has none: what is wrong with it is wrong
with the deployment.
"""

from datetime import datetime
from typing import assert_never

from profiles.location import CompiledFile, Folder, Location, Store
from profiles.shelves import Library, Loaded, Origin, Shelves, read_here


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
