"""What a schedule says, as frozen values: services, profiles, windows, targets, and the demand at an instant.

Knows time, knows no AWS, no YAML and no clock. Times of day are minutes since local midnight, 0..1440.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from fleet.model import FunctionRef

EVERY_DAY = frozenset(range(7))


class Shape(Enum):
    """What a ping looks like to the application: section 2 of the schedule language."""

    DIRECT = "direct"
    UNIVERSAL = "universal"
    HTTP_V2 = "http-v2"
    HTTP_V1 = "http-v1"
    ALB = "alb"
    LAMBDA_WARMER = "lambda-warmer"
    SERVERLESS_PLUGIN_WARMUP = "serverless-plugin-warmup"
    OPENNEXT = "opennext"
    SST = "sst"
    THUNDRA = "thundra"
    ZAPPA_KEEP_WARM = "zappa-keep-warm"


@dataclass(frozen=True, slots=True, kw_only=True)
class PingSpec:
    """How a target is pinged and what a healthy answer is.

    `expect_status` None means any 2xx. `payload` is set for `direct` only; None there means {"source": "caretaker"}.
    `timeout` None means the warmer's default.
    """

    shape: Shape = Shape.DIRECT
    path: str | None = None
    host: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    payload: Any = field(default=None, hash=False)
    prime: tuple[str, ...] = ()
    expect_status: tuple[int, ...] | None = None
    timeout: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsPolicy:
    """The janitor's policy for a service's functions; None means the janitor's own default.

    `snap_keep` and `snap_min_superseded` hold for SnapStart versions; None means that the others hold for them too.
    """

    enabled: bool = True
    keep: int | None = None
    min_superseded: timedelta | None = None
    snap_keep: int | None = None
    snap_min_superseded: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of wall time, `[from, to)`, with a concurrency of its own.

    Weekly: starts on the local dates whose weekday is in `days` (Monday = 0); `to_minute` at or below `from_minute`
    ends on the next local date. With `cron`: starts at each wall time the expression names and lasts `lasts`.
    `timezone` None means the service's. `line` and `column` say where the file has it.
    """

    name: str
    concurrency: int
    days: frozenset[int] = EVERY_DAY
    from_minute: int = 0
    to_minute: int = 1440
    cron: str | None = None
    lasts: timedelta = timedelta(0)
    ramp_up: timedelta = timedelta(0)
    ramp_down: timedelta = timedelta(0)
    timezone: str | None = None
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)

    @property
    def clock_text(self) -> str:
        """The window's wall times in words: "08:00 to 19:00", or the cron expression and its length."""
        if self.cron is not None:
            return f'cron "{self.cron}" for {duration_text(self.lasts)}'
        return f"{minute_text(self.from_minute)} to {minute_text(self.to_minute)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedDays:
    """Dates whose windows replace all others: those of the weekday `like`, or `windows` when that is None."""

    dates: frozenset[date]
    like: int | None = None
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A time-of-day concurrency profile: a baseline, the windows that take its place, and the dated days.

    `file` is the one it stands in, where it was read from one: a shared profile's is the platform's.
    """

    name: str
    baseline: int
    windows: tuple[Window, ...]
    dates: tuple[DatedDays, ...] = ()
    file: str | None = field(default=None, compare=False)

    @property
    def every_window(self) -> tuple[Window, ...]:
        """The windows, and those of the dated days."""
        return (*self.windows, *(window for entry in self.dates for window in entry.windows))


class Strategy(Enum):
    """Who keeps a target's environments: the warmer's pings, or provisioned concurrency, to which the level is left."""

    PING = "ping"
    PROVISIONED = "provisioned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A function and the qualifier that its traffic uses, warmed after a profile.

    `qualifier` is the alias, the version's number, or "$LATEST".
    """

    function: FunctionRef
    qualifier: str
    profile: str
    scale: float = 1.0
    enabled: bool = True
    strategy: Strategy = Strategy.PING
    ping: PingSpec = PingSpec()
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)


class Mode(Enum):
    """What an override does to the profile's level."""

    SET = "set"
    AT_LEAST = "atLeast"
    AT_MOST = "atMost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A level that holds from one absolute local time until another, whatever the profile says.

    `starts` and `ends` are naive wall times in the service's timezone. `targets` None means all of the service's.
    """

    name: str
    starts: datetime
    ends: datetime
    mode: Mode
    concurrency: int
    reason: str
    ticket: str
    targets: tuple[str, ...] | None = None
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)

    def concerns(self, target: Target) -> bool:
        """Whether this override names the target (or names none)."""
        return self.targets is None or target.function.text in self.targets or target.function.name in self.targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One schedule file: a service, its profiles by name, its targets, and the janitor's policy for them.

    `profiles` holds the shared profiles that its targets use, too.
    """

    name: str
    owner: str
    timezone: str
    profiles: tuple[Profile, ...]
    targets: tuple[Target, ...]
    overrides: tuple[Override, ...] = ()
    enabled: bool = True
    dry_run: bool = False
    versions: VersionsPolicy = VersionsPolicy()
    file: str = ""
    line: int = field(default=1, compare=False)
    column: int = field(default=1, compare=False)

    def profile(self, name: str) -> Profile:
        """The profile of that name. Raises: KeyError when the service has none."""
        for profile in self.profiles:
            if profile.name == name:
                return profile
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What the platform team owns for all services. `versions` is the default of services that say nothing."""

    interval: timedelta = timedelta(minutes=5)
    max_concurrency: int = 1000
    versions: VersionsPolicy = VersionsPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How many environments a target is to have at an instant, and the sentence that says why.

    `clamped_from` is the level that was wanted, when the platform's ceiling cut it; None otherwise. `in_window` is
    whether a window of the profile, or one of its ramps, is active.
    """

    level: int
    reason: str
    clamped_from: int | None = None
    in_window: bool = False


class Severity(Enum):
    """Whether a mistake keeps a file out of the run."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One thing wrong with a file, where it is (line and column from 1), and what to do about it."""

    file: str
    line: int
    column: int
    code: str
    message: str
    severity: Severity = field(default=Severity.ERROR, compare=False)

    def __str__(self) -> str:
        return f"{self.place}: {self.code} {self.message}"

    def as_json(self) -> dict[str, Any]:
        """The item of `caretaker validate` and of reports."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
        }

    @property
    def place(self) -> str:
        """File, line and column on one printable line, whatever the file is called."""
        file = self.file if self.file.isprintable() else self.file.encode("unicode_escape").decode("ascii")
        return f"{file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSet:
    """Everything read from a folder: the usable services, the platform's settings, and every mistake found.

    `digest` and `revision` are those of the compiled document that they came in, empty when they came in YAML.
    """

    services: tuple[Service, ...]
    platform: Platform
    mistakes: tuple[Mistake, ...]
    digest: str = field(default="", compare=False)
    revision: str = field(default="", compare=False)

    @property
    def errors(self) -> tuple[Mistake, ...]:
        """The mistakes that keep a service out of the run."""
        return tuple(mistake for mistake in self.mistakes if mistake.severity is Severity.ERROR)


def minute_text(minute: int) -> str:
    """A time of day as a schedule writes it: 510 is "08:30"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def duration_text(length: timedelta) -> str:
    """A length as a schedule writes it, in the largest unit that divides it: "3h", "90m", "7d"."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
