"""The warmer's settings, read from an environment mapping once and checked whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from profiles.location import CompiledFile, Folder, Location, bundled_in, location_of

_ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """A setting is missing or unusable. The message names the variable, what it holds and what it may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmerSettings:
    """Where the schedules are, and where those are that came with the code."""

    schedules: Location
    bundled: Location

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """The settings in `environment`. Raises: SettingsError."""
        bundled = bundled_in(_ROOT)
        value = environment.get("CARETAKER_SCHEDULES", "").strip()
        if not value:
            return cls(schedules=bundled, bundled=bundled)
        try:
            location = location_of(value)
        except ValueError as error:
            raise SettingsError(f"CARETAKER_SCHEDULES is {error}") from error
        if isinstance(location, Folder) and not location.path.is_dir():
            raise SettingsError(f'CARETAKER_SCHEDULES is "{value}": there is no such folder')
        if isinstance(location, CompiledFile) and not location.path.is_file():
            raise SettingsError(f'CARETAKER_SCHEDULES is "{value}": there is no such file')
        return cls(schedules=location, bundled=bundled)
