"""What CARETAKER_SCHEDULES may hold, as a value: a folder, a compiled file, or a place in S3."""

import re
from dataclasses import dataclass
from pathlib import Path

COMPILED_NAME = "compiled.json"
# Source: S3 user guide, bucket naming rules.
_STORE = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<key>[^\x00-\x1f]{0,900}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of YAML files."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledFile:
    """A file that `caretaker compile` wrote."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Objects in S3: those right below `prefix`, or the compiled one among them that `name` names."""

    bucket: str
    prefix: str
    name: str | None = None

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}{self.name or ''}"


Location = Folder | CompiledFile | Store


def location_of(text: str) -> Location:
    """The place that `text` names. Raises: ValueError, saying what it may be."""
    if not text.startswith("s3:"):
        return CompiledFile(path=Path(text)) if text.endswith(".json") else Folder(path=Path(text))
    match = _STORE.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}": it is not of the form s3://bucket/prefix')
    key = match["key"] or ""
    if key.endswith(".json"):
        prefix, _, name = key.rpartition("/")
        return Store(bucket=match["bucket"], prefix=f"{prefix}/" if prefix else "", name=name)
    return Store(bucket=match["bucket"], prefix=f"{key.rstrip('/')}/" if key.rstrip("/") else "")


def bundled_in(root: Path) -> Location:
    """The schedules that come with the code below `root`: compiled ones where the build left them, else the folder."""
    compiled = root / "schedules" / COMPILED_NAME
    return CompiledFile(path=compiled) if compiled.is_file() else Folder(path=compiled.parent)
