"""Lambda's nouns as frozen values: functions, versions, aliases, environments, pings, replies.

What lives here knows no AWS client, no clock and no YAML. Everything is checked when it is made.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

LATEST = "$LATEST"

# Source: Lambda API reference, Invoke, FunctionName: a name, a partial ARN or a full ARN.
_FUNCTION = re.compile(
    r"(?:arn:(?P<partition>aws[a-z-]*):lambda:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):(?P<account>\d{12}):function:"
    r"|(?P<partial_account>\d{12}):function:)?"
    r"(?P<name>[a-zA-Z0-9-_]{1,140})"
)
_VERSION = re.compile(r"[1-9][0-9]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRef:
    """A function as a schedule names it: a bare name or an ARN, without a qualifier.

    `text` is kept as written, because reports repeat it; `name` is the bare name.

    Raises: ValueError when the text is neither a function name nor a function ARN.
    """

    text: str

    def __post_init__(self) -> None:
        if _FUNCTION.fullmatch(self.text) is None:
            raise ValueError(f'"{self.text}" is not a function name or an unqualified function ARN')

    @property
    def name(self) -> str:
        """The bare function name."""
        return self.text.rsplit(":", 1)[-1]

    @property
    def region(self) -> str | None:
        """The region of an ARN; None for a bare name."""
        match = _FUNCTION.fullmatch(self.text)
        return match["region"] if match else None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class VersionNumber:
    """The number of a published version: what a delete may name, and nothing else may be made into one.

    `$LATEST`, an alias or an empty text cannot become a VersionNumber, so a delete of a whole function
    cannot be expressed with one.

    Raises: ValueError for anything but a positive number without leading zeros, in ASCII digits.
    """

    value: int

    def __post_init__(self) -> None:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < 1:
            raise ValueError(f"{self.value!r} is not the number of a published version")

    def __hash__(self) -> int:
        return hash(self.value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The number in `text`, which must match ^[1-9][0-9]*$ in ASCII."""
        if not text.isascii() or _VERSION.fullmatch(text) is None:
            raise ValueError(f"{text!r} is not the number of a published version")
        return cls(int(text))

    @classmethod
    def parse_or_none(cls, text: str) -> Self | None:
        """Like `parse`, with None in place of the error: for listings that hold `$LATEST` and its kin."""
        try:
            return cls.parse(text)
        except ValueError:
            return None

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """An alias and where it sends its traffic: all to `version`, but for the shares in `weights`."""

    name: str
    version: str
    weights: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVersion:
    """A published version as ListFunctions(FunctionVersion=ALL) shows it.

    `last_modified` is None when the listing has no date that can be read; `snap_start` is whether Lambda keeps a
    snapshot of it. `network` is its subnets and security groups by id, sorted; empty outside a VPC. `layers` are the
    ARNs of its layer versions.
    """

    function: str
    number: VersionNumber
    code_sha256: str
    code_size_bytes: int
    last_modified: datetime | None
    description: str = ""
    runtime: str = ""
    snap_start: bool = False
    memory_mb: int = 0
    network: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.last_modified is not None and self.last_modified.tzinfo is None:
            raise ValueError("last_modified must be an aware datetime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """One target's burst, ready to be sent: the same payload and block for each of its `count` pings.

    `payload` is what the application understands; the block travels beside it in the ClientContext.
    `timeout_s` bounds the wait for one reply, from the release on.
    """

    function: FunctionRef
    qualifier: str
    payload: bytes
    burst: str
    count: int
    max_hold_ms: int
    timeout_s: float
    prime: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KitReport:
    """What the kit inside the target says of its execution environment: section 2 of the contract."""

    environment: str
    arrived_ms: int | None = None
    cold: bool | None = None
    age_ms: int | None = None
    init_ms: int | None = None
    invocations: int | None = None
    last_request_ms: int | None = None
    held_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A span of time in epoch milliseconds, as a target's own log gives it."""

    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFacts:
    """What an invocation's log tail proves: billed time, cold init, and in JSON format when it ran."""

    billed_ms: int | None = None
    init_ms: float | None = None
    restore_ms: float | None = None
    service: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An Invoke that came back with an HTTP status, read but not judged.

    `status` is the Lambda API's; `function_error` and `executed_version` are its headers; `payload` is the
    function's reply as it came. `sent_ms` and `received_ms` are epoch milliseconds by the caller's clock.
    """

    status: int
    payload: bytes
    function_error: str | None = None
    executed_version: str | None = None
    throttle_reason: str | None = None
    log: LogFacts = LogFacts()
    sent_ms: float = 0.0
    received_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A ping without an answer: refused, reset, timed out. `reason` says which, in words for a report."""

    reason: str
    sent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstResult:
    """What became of a burst: one outcome a ping, and the instants that tell how well it was sent.

    `released_ms` is when the last byte of the first ping left, `spread_ms` how long the caller needed to
    release them all, `release_at_ms` the common instant that the pings carried, which allows for a `lag_ms` of the
    target's clock and way.
    """

    outcomes: tuple[Answer | Lost, ...]
    release_at_ms: int
    released_ms: float
    spread_ms: float
    lag_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyFacts:
    """What limits one function's concurrency. None: could not be read, and `unread` says why.

    `region` is where the limits hold: a bare name and an ARN may mean the same region, and then share its limits.
    """

    reserved: int | None = None
    account_limit: int | None = None
    account_unreserved: int | None = None
    unread: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeStorage:
    """How much of the code storage that all functions and layers of a region share is in use."""

    used_bytes: int
    limit_bytes: int

    def __post_init__(self) -> None:
        if self.limit_bytes <= 0 or self.used_bytes < 0:
            raise ValueError(f"code storage is {self.used_bytes} of {self.limit_bytes} bytes")

    @property
    def share_percent(self) -> float:
        """The part in use, in per cent of the limit."""
        return round(100 * self.used_bytes / self.limit_bytes, 2)
