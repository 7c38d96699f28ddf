"""Where `caretaker doctor` finds the schedules that it judges by, and what it reads there. Shell: reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cli.doctor.attempt import tried
from fleet.aws.documents import S3Documents
from fleet.deployed import Unread
from profiles.live import schedules_among
from profiles.location import Store, location_of
from profiles.model import ScheduleSet
from profiles.shelves import Loaded, Origin
from warmer.handler import load
from warmer.settings import WarmerSettings

_HERE = "schedules"
_AS_MEANT = {Origin.FOLDER, Origin.FILE, Origin.LIVE, Origin.BUNDLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The schedules to judge by, and the place that holds them.

    `empty` is the place in S3 that the stack names and that holds none, in place of which `place` was read.
    """

    place: str
    schedules: ScheduleSet | Unread
    empty: str = ""


def found_schedules(named: str | None, outputs: Mapping[str, str], now: datetime) -> Found:
    """Those at the place that was named; else where the stack reads them in S3; else those of the folder here."""
    if named is not None:
        return Found(place=named, schedules=_read(named, now))
    uri = outputs.get("SchedulesUri", "")
    if not uri.startswith("s3://"):
        return Found(place=_HERE, schedules=_read(_HERE, now))
    schedules = _read(uri, now)
    if isinstance(schedules, Unread) and tried(lambda: _holds_none(uri)) is True:
        return Found(place=_HERE, schedules=_read(_HERE, now), empty=uri)
    return Found(place=uri, schedules=schedules)


def _holds_none(uri: str) -> bool:
    store = location_of(uri)
    if not isinstance(store, Store):
        return False
    listing = S3Documents(store.bucket, store.prefix).listing()
    return store.name not in listing if store.name is not None else not schedules_among(listing)


def _read(place: str, now: datetime) -> ScheduleSet | Unread:
    def read() -> Loaded:
        return load(WarmerSettings.from_env({"CARETAKER_SCHEDULES": place}), now)

    if not place.startswith("s3:") and not Path(place).exists():
        return Unread(reason=f'there is no folder "{place}" here, so no target is looked at; name one as an argument')
    loaded = tried(read)
    if isinstance(loaded, Unread):
        return loaded
    if loaded.origin not in _AS_MEANT or loaded.problem is not None:
        return Unread(reason=loaded.problem or f"{place} could not be read")
    return loaded.schedules
