"""What a schedule says, as frozen values: services, profiles, windows, targets, and the demand at an instant.

Knows time, knows no AWS, no YAML and no clock. Times of day are minutes since local midnight, 0..1440.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any

from fleet.model import FunctionRef


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
    """The janitor's policy for a service's functions; None means the janitor's own default."""

    enabled: bool = True
    keep: int | None = None
    min_superseded: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A weekly window in wall time: `[from, to)` on the local start dates whose weekday is in `days` (Monday = 0).

    `to_minute` at or below `from_minute` ends on the next local date.
    """

    name: str
    days: frozenset[int]
    from_minute: int
    to_minute: int
    concurrency: int
    timezone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A time-of-day concurrency profile: a baseline and the windows that rise above it."""

    name: str
    baseline: int
    windows: tuple[Window, ...]


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
    ping: PingSpec = PingSpec()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One schedule file: a service, its profiles by name, its targets, and the janitor's policy for them."""

    name: str
    owner: str
    timezone: str
    profiles: tuple[Profile, ...]
    targets: tuple[Target, ...]
    enabled: bool = True
    dry_run: bool = False
    versions: VersionsPolicy = VersionsPolicy()
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What the platform team owns for all services."""

    interval: timedelta = timedelta(minutes=5)
    max_concurrency: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How many environments a target is to have at an instant, and the sentence that says why."""

    level: int
    reason: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSet:
    """Everything read from a folder: the usable services, the platform's settings, and every mistake found."""

    services: tuple[Service, ...]
    platform: Platform
    mistakes: tuple[Mistake, ...]
