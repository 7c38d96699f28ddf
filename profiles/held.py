"""The documents of a place far away as they were last had, and the last good text of each; kept in a file between runs.

Decides which text of a document counts. Fetches nothing, parses no JSON or YAML of schedules.
"""

import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDocument:
    """One document as it was last had, and the last text of it that had no errors, if there was one."""

    etag: str
    data: bytes
    good: bytes | None = None
    unreadable: str | None = None

    @property
    def was_good(self) -> bool:
        """Whether the present text is the last good one."""
        return self.good is not None and self.good == self.data and self.unreadable is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Every document of a place by name, and the instant at which they were last compared with the place."""

    documents: Mapping[str, HeldDocument]
    at: datetime


def save(held: Held, path: Path) -> None:
    """Write `held` to a file for this user only. A disk that is full or read-only is no reason to fail."""
    body = json.dumps(
        {
            "at": held.at.isoformat(),
            "documents": {
                name: {"etag": one.etag, "data": _text(one.data), "good": _text(one.good)}
                for name, one in held.documents.items()
                if one.unreadable is None or one.good is not None
            },
        }
    )
    head = json.dumps({"format": _FORMAT, "hash": hashlib.sha256(body.encode("ascii")).hexdigest()})
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
            stream.write(f"{head}\n{body}\n")
        beside.replace(path)


def restore(path: Path) -> Held | None:
    """What `save` wrote; None when there is no such file, it is another user's, or its hash does not fit."""
    try:
        if path.stat().st_uid != os.getuid():
            return None
        head, _, body = path.read_text(encoding="ascii").partition("\n")
        known, body = json.loads(head), body.removesuffix("\n")
        if known != {"format": _FORMAT, "hash": hashlib.sha256(body.encode("ascii")).hexdigest()}:
            return None
        found = json.loads(body)
        documents = {name: _document(one) for name, one in found["documents"].items()}
        return Held(documents=documents, at=datetime.fromisoformat(found["at"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _document(one: Mapping[str, Any]) -> HeldDocument:
    good = one["good"]
    return HeldDocument(etag=one["etag"], data=b64decode(one["data"]), good=None if good is None else b64decode(good))


def _text(data: bytes | None) -> str | None:
    return None if data is None else b64encode(data).decode("ascii")
