"""Unpacked code: one folder per content, made once, never changed. Knows zip files, and no control plane."""

import asyncio
import hashlib
import io
import os
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path


class CodeFolders:
    """Zips unpacked below `root`, one folder each, shared by every version of the same content."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._locks: dict[str, asyncio.Lock] = {}

    async def folder(self, key: str, fetch: Callable[[], Awaitable[bytes | None]]) -> Path | None:
        """The folder of the content that `key` names; `fetch` is asked once for its zip. None when there is no zip."""
        path = self._root / hashlib.sha256(key.encode()).hexdigest()
        async with self._locks.setdefault(key, asyncio.Lock()):
            if path.exists():
                return path
            zipped = await fetch()
            if zipped is None:
                return None
            await asyncio.to_thread(_unpack, zipped, path)
        return path


def _unpack(zipped: bytes, path: Path) -> None:
    unfinished = path.with_suffix(".unfinished")
    unfinished.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        for entry in archive.infolist():
            archive.extract(entry, unfinished)
            # zipfile drops the permissions, and a custom runtime's bootstrap must stay executable.
            if (mode := entry.external_attr >> 16 & 0o777) and not entry.is_dir():
                os.chmod(unfinished / entry.filename, mode | 0o444)
    unfinished.rename(path)
