"""A `Documents` port in memory, that counts what it is asked and can be out of reach as a whole or in part."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fleet.ports import FleetError, StoredDocument, Unreachable
from profiles.loading import load_schedules
from profiles.location import Folder, Location, location_of
from profiles.shelves import Library, Loaded, Shelves

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Shelf:
    def __init__(self, **texts: str | bytes) -> None:
        self.texts: dict[str, bytes] = {}
        self.reachable = True
        self.torn: set[str] = set()
        self.listings = 0
        self.fetched: list[str] = []
        for name, text in texts.items():
            self.put(f"{name}.yaml", text)

    def put(self, name: str, text: str | bytes) -> None:
        self.texts[name] = text.encode() if isinstance(text, str) else text

    def listing(self) -> Mapping[str, str]:
        self.listings += 1
        if not self.reachable:
            raise Unreachable("s3:ListBucket: no answer")
        return {name: _tag(data) for name, data in self.texts.items()}

    def fetch(
        self, known: Mapping[str, str | None], *, most_bytes: int
    ) -> Mapping[str, StoredDocument | FleetError | None]:
        return {name: self._one(name, etag) for name, etag in known.items()}

    def _one(self, name: str, etag: str | None) -> StoredDocument | FleetError | None:
        self.fetched.append(name)
        if not self.reachable or name in self.torn or name not in self.texts:
            return Unreachable(f"s3:GetObject {name}: no answer")
        data = self.texts[name]
        return None if etag == _tag(data) else StoredDocument(etag=_tag(data), data=data)


def _tag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


class Reader:
    """Calls `load_schedules` as a function does, tick after tick; `restarted` forgets all but the scratch folder."""

    def __init__(self, shelf: Shelf, scratch: Path, *, bundled: Location | None = None, at: str = "s3://shop/plans"):
        self.shelf = shelf
        self.now = NOON
        self._location = location_of(at)
        self._shelves = Shelves(
            documents=lambda _: shelf, scratch=scratch, bundled=bundled or Folder(path=scratch / "none")
        )
        self._library = Library()

    def tick(self) -> Loaded:
        self.now += timedelta(minutes=5)
        return load_schedules(self._location, self._shelves, self._library, now=self.now)

    def restarted(self) -> "Reader":
        self._library = Library()
        return self


def a_text(name: str, baseline: int = 1, *, profile: str = "own", function: str | None = None) -> str:
    return (
        f"version: 1\nservice: {name}\nowner: team\ntimezone: UTC\n"
        f"profiles:\n  own: {{baseline: {baseline}}}\n"
        f"targets:\n  - {{function: {function or name}, alias: live, profile: {profile}}}\n"
    )


def baselines(loaded: Loaded) -> dict[str, int]:
    """Service → the baseline of its target's profile."""
    services = loaded.schedules.services
    return {service.name: service.profile(service.targets[0].profile).baseline for service in services}
