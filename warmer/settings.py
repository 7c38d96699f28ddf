"""The warmer's settings, read from an environment mapping once and checked whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from profiles.location import CompiledFile, Folder, Location, bundled_in, location_of
from warmer.budget import USERS_SHARE

_ROOT = Path(__file__).resolve().parent.parent
# The contract leaves a tenth free at least; more than nine tenths would be a warmer that never pings.
_SHARES = range(10, 91)
_TRUTH = {"": False, "false": False, "true": True}


class SettingsError(ValueError):
    """A setting is missing or unusable. The message names the variable, what it holds and what it may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmerSettings:
    """Where the schedules are, and where those are that came with the code.

    `users_share` is the part of the account's unreserved concurrency that pings leave free, in per cent;
    `present_users` whether CloudWatch is asked what users occupy at present; `switch` names the kill switch, and
    `state_table` the table of boosts; None where there is none.
    """

    schedules: Location
    bundled: Location
    users_share: int = USERS_SHARE
    present_users: bool = False
    switch: str | None = None
    state_table: str | None = None

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """The settings in `environment`. Raises: SettingsError."""
        return cls(
            schedules=_schedules(environment.get("CARETAKER_SCHEDULES", "").strip()),
            bundled=bundled_in(_ROOT),
            users_share=_share(environment.get("CARETAKER_USERS_SHARE", "").strip()),
            present_users=_truth("CARETAKER_PRESENT_USERS", environment),
            switch=environment.get("CARETAKER_SWITCH", "").strip() or None,
            state_table=environment.get("CARETAKER_STATE_TABLE", "").strip() or None,
        )


def _schedules(value: str) -> Location:
    if not value:
        return bundled_in(_ROOT)
    try:
        location = location_of(value)
    except ValueError as error:
        raise SettingsError(f"CARETAKER_SCHEDULES is {error}") from error
    if isinstance(location, Folder) and not location.path.is_dir():
        raise SettingsError(f'CARETAKER_SCHEDULES is "{value}": there is no such folder')
    if isinstance(location, CompiledFile) and not location.path.is_file():
        raise SettingsError(f'CARETAKER_SCHEDULES is "{value}": there is no such file')
    return location


def _share(value: str) -> int:
    if not value:
        return USERS_SHARE
    if value.isascii() and value.isdigit() and int(value) in _SHARES:
        return int(value)
    raise SettingsError(f'CARETAKER_USERS_SHARE is "{value}", not a whole number from {_SHARES[0]} to {_SHARES[-1]}')


def _truth(name: str, environment: Mapping[str, str]) -> bool:
    value = environment.get(name, "").strip().lower()
    if value not in _TRUTH:
        raise SettingsError(f'{name} is "{value}", neither "true" nor "false"')
    return _TRUTH[value]
