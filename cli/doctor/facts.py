"""What `caretaker doctor` has read before it judges anything, as one value. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from shlex import quote
from typing import TypeAlias, TypeVar

from fleet.deployed import (
    AccountConcurrency,
    Caller,
    Datapoint,
    DeployedAlarm,
    DeployedFunction,
    DeployedRole,
    DeployedRule,
    DeployedStack,
    Unread,
    WarmerWords,
)
from fleet.switch import Reading
from profiles.model import ScheduleSet

T = TypeVar("T")
# A value; None for what does not exist; or why it was not read.
Read: TypeAlias = T | Unread | None
Metrics: TypeAlias = Mapping[str, tuple[Datapoint, ...]]
NOT_READ = Unread(reason="not read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """One of Caretaker's own two functions, with its role."""

    function: Read[DeployedFunction] = NOT_READ
    role: Read[DeployedRole] = NOT_READ


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One target: the function, what its qualifier stands for, and its longest cold start of late in milliseconds."""

    function: Read[DeployedFunction] = NOT_READ
    qualified: Read[DeployedFunction] = NOT_READ
    init_ms: Read[float] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything read. `rules` by their names in the template; `targets` by function and qualifier as the schedules
    write them; `place` says where the schedules are, `empty_place` where the stack reads them and has none yet;
    `environments` are those of the samconfig.toml here that deploy this stack. `hook` is None in a stack without one.
    """

    now: datetime
    caller: Caller
    stack: DeployedStack | Unread
    rules: Mapping[str, Read[DeployedRule]] = field(default_factory=dict)
    switch: Reading | Unread = NOT_READ
    alarms: tuple[DeployedAlarm, ...] | Unread = NOT_READ
    waiting: Read[int] = NOT_READ
    table: Read[str] = NOT_READ
    boosts_heard_by: Read[tuple[str, ...]] = NOT_READ
    ticks: Metrics | Unread = NOT_READ
    sweeps: Metrics | Unread = NOT_READ
    words: WarmerWords | Unread = NOT_READ
    warmer: Own = Own()
    janitor: Own = Own()
    hook: Own | None = None
    account: AccountConcurrency | Unread = NOT_READ
    schedules: ScheduleSet | Unread = NOT_READ
    environments: tuple[str, ...] = ()
    place: str = ""
    empty_place: str = ""
    targets: Mapping[tuple[str, str], Seen] = field(default_factory=dict)

    @property
    def folder(self) -> str | None:
        """The folder on this machine that the schedules are in, as a shell takes it; None for those elsewhere."""
        elsewhere = self.place.startswith("s3:") or self.place.endswith(".json")
        return None if elsewhere else quote(self.place)
