"""The warmer's settings, read from an environment mapping once and checked whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

BUNDLED_SCHEDULES = Path(__file__).resolve().parent.parent / "schedules"


class SettingsError(ValueError):
    """A setting is missing or unusable. The message names the variable, what it holds and what it may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmerSettings:
    """Where the schedules are."""

    schedules: Path

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """The settings in `environment`. Raises: SettingsError."""
        value = environment.get("CARETAKER_SCHEDULES", "").strip()
        if not value:
            return cls(schedules=BUNDLED_SCHEDULES)
        if value.startswith("s3://") or value.endswith(".json"):
            raise SettingsError(
                f'CARETAKER_SCHEDULES is "{value}": reading schedules from S3 or from a compiled file is not yet '
                "supported; name a folder of YAML files"
            )
        folder = Path(value)
        if not folder.is_dir():
            raise SettingsError(f'CARETAKER_SCHEDULES is "{value}": there is no such folder')
        return cls(schedules=folder)
