"""A deployed stack as it can be seen from outside, as frozen values. Pure: no AWS client, no clock, no judgement.

What could not be read stands as `Unread` where the value would be, with the permission that was missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fleet.policy import Context, Decision, Statement, decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Why something could not be read. `action` is the IAM action to allow, empty when it is not that."""

    reason: str
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, where, and how far this machine's clock is from AWS's, in seconds (positive: ahead), None unknown."""

    account: str
    arn: str
    region: str
    skew_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One of a stack's resources: its name in the template, its type, and its name or ARN at AWS."""

    logical: str
    kind: str
    physical: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStack:
    """A stack with its outputs and its parameters. `created` is None when CloudFormation does not say."""

    name: str
    status: str
    created: datetime | None
    outputs: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedRule:
    """An EventBridge rule; `expression` is its schedule, empty for one of events; `targets` are ARNs."""

    name: str
    state: str
    expression: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedAlarm:
    """A CloudWatch alarm: `actions` is how many it takes when it goes off, 0 too when they are switched off."""

    name: str
    state: str
    description: str
    actions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """A metric's value over the period that begins at `at`."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the warmer's log says of one target in one tick, or of the tick as a whole."""

    at: datetime
    outcome: str
    reason: str
    ok: bool
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedSchedules:
    """Which schedules a tick served. `digest` and `revision` are those of the compiled document, empty without one;
    `trouble` says why they are not what the place holds, empty when they are.
    """

    origin: str
    digest: str
    revision: str
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmerWords:
    """The newest words of the warmer's log since an instant: of the tick that was served, with the schedules that it
    served, and of each target by function and qualifier.
    """

    since: datetime
    tick: Word | None = None
    schedules: ServedSchedules | None = None
    targets: Mapping[tuple[str, str], Word] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedFunction:
    """A function, or one alias or version of it, as GetFunction shows it.

    `reserved` is the function's reserved concurrency, None without; it is known where no qualifier was asked for.
    """

    arn: str
    version: str
    state: str | None
    state_reason: str
    last_update: str | None
    timeout_s: int
    runtime: str
    log_format: str
    log_group: str
    system_log_level: str | None
    variables: Mapping[str, str]
    role: str
    reserved: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedRole:
    """What a role's own policies say; `unread` are those that could not be read. `boundary` is the ARN of its
    permissions boundary and `bounds` what that says; None without one, or where it could not be read.
    """

    name: str
    statements: tuple[Statement, ...]
    boundary: str | None = None
    bounds: tuple[Statement, ...] | None = None
    unread: tuple[Unread, ...] = ()

    def decides(self, action: str, resource: str, context: Context | None = None) -> Decision:
        """What its policies and its boundary say of an action on a resource."""
        return decide(self.statements, action, resource, context, bounds=self.bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConcurrency:
    """A region's concurrency: the account's limit, and what no function has reserved."""

    limit: int
    unreserved: int
