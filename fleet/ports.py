"""The doors that the two functions need, as Protocols, and the errors that may come through them.

Adapters live in `fleet.aws`; tests bring fakes that pass the same suite.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from fleet.model import Alias, ConcurrencyFacts, FunctionRef, Ping, PublishedVersion, VersionNumber


class FleetError(Exception):
    """Something at AWS's side of the door. The message says where, what was found and what to do."""


class FunctionAbsent(FleetError):  # noqa: N818 - these name what was found, not that something broke
    """The function does not exist (or no longer)."""


class VersionInUse(FleetError):  # noqa: N818
    """Lambda refused the delete because an alias still points to the version (409)."""


class Throttled(FleetError):  # noqa: N818
    """The control plane said 429. Slow down; the call had no effect. `retry_after_s` is what it asked for, or None."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ThrottleStorm(Throttled):
    """Throttled again after the rate was halved as often as it may be: stop asking."""


class OutOfTime(FleetError):  # noqa: N818
    """There is not enough time left for another call to end before the caller must."""


class AccessDenied(FleetError):  # noqa: N818
    """A permission is missing. `action` is the IAM action, as in "lambda:ListAliases"."""

    def __init__(self, message: str, *, action: str) -> None:
        super().__init__(message)
        self.action = action


class Unreachable(FleetError):  # noqa: N818
    """No answer: connection refused, name not found, timeout, or a 5xx. What happened is not known."""


class Refused(FleetError):  # noqa: N818
    """Any other refusal by the service; the message repeats its words."""


class ReplicatedAtEdge(Refused):
    """Lambda refused the delete because CloudFront's edge locations still hold copies; they go in some hours."""


class RecordMoved(FleetError):  # noqa: N818
    """Another run has written the memory since this one read it: what this one would write is out of date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where Invoke requests go.

    `ca_bundle` is a PEM file to trust in place of the machine's own, or None. `proxy` is the host and port of a proxy
    that the SDK would use for it: bursts do not, since a proxy decides itself when it hands a request on.
    """

    scheme: str
    host: str
    port: int
    ca_bundle: str | None = None
    proxy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """One HTTP request, whole: `target` is path and query, `headers` are final (signed) and hold Host and length."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Invoker(Protocol):
    """Prepares Invoke requests. How they are sent together is the warmer's art, not the SDK's."""

    def endpoint(self, function: FunctionRef) -> Endpoint:
        """Where Invoke requests for `function` go. Raises: FleetError (no region, no such endpoint)."""
        ...

    def signed(self, ping: Ping, *, release_at_ms: int) -> SignedRequest:
        """The one request that serves every ping of the burst: SigV4 has no nonce and holds for five minutes.

        Raises: FleetError (no credentials, expired ones), BlockTooLarge.
        """
        ...


class Limits(Protocol):
    """Reads what limits a function's concurrency. Never raises: what cannot be read is None with a reason."""

    def prepare(self, region: str | None) -> None:
        """Read what holds for a whole region, before `of` is called from many threads."""
        ...

    def of(self, function: FunctionRef) -> ConcurrencyFacts:
        """The limits that hold for `function` now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Every function of one account and region by name, and every published version of them, in no order."""

    functions: frozenset[str]
    versions: tuple[PublishedVersion, ...]


class Versions(Protocol):
    """Published versions and aliases of one account and region.

    Every method but `wait_turn` is a control-plane request inside the shared rate, and may raise FleetError;
    `listing` and `aliases` try again when throttled, until ThrottleStorm. OutOfTime means that no call was made.
    """

    def listing(self) -> Listing:
        """Every function and published version, all pages."""
        ...

    def aliases(self, function: str) -> Sequence[Alias]:
        """Every alias of `function`, all pages. Raises: FunctionAbsent, FleetError."""
        ...

    def wait_turn(self) -> None:
        """Wait until the rate allows the next request, so that what was read before it is fresh when it leaves."""
        ...

    def delete(self, function: str, version: VersionNumber) -> None:
        """Delete that one version, in one try; done as well when it was gone already.

        Raises: VersionInUse, FunctionAbsent, Throttled, AccessDenied, Unreachable, Refused, OutOfTime.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A version that an earlier run found to be a candidate, with the code it had then."""

    version: VersionNumber
    code_sha256: str
    marked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasHistory:
    """The versions that one alias pointed to, fully or by weight, the last ones first.

    Each with the instant of the last run that saw the alias there: for those it still points to, the last run.
    """

    alias: str
    versions: tuple[tuple[VersionNumber, datetime], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Why a version, or with `version` None the whole function, is left alone until an instant."""

    until: datetime
    reason: str
    version: VersionNumber | None = None
    edge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionMemory:
    """What the runs before knew of one function.

    `live` are the versions that were in use at the last run (the newest, and those behind aliases);
    `superseded` are those that a run found no longer in use, with the instant of that run; `history` has every alias
    that a run saw; `quarantine` what is left alone for a while. `revision` counts the writes and is the record's own.
    """

    marks: tuple[Mark, ...] = ()
    live: frozenset[VersionNumber] = frozenset()
    superseded: tuple[tuple[VersionNumber, datetime], ...] = ()
    history: tuple[AliasHistory, ...] = ()
    quarantine: tuple[Quarantine, ...] = ()
    revision: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How many versions the plans before had as candidates, and since when a much larger plan is held back."""

    size: int
    tripped_at: datetime | None = None


class Record(Protocol):
    """What must be remembered between runs. Every method raises FleetError when the memory does not answer."""

    def recall(self, function: str) -> FunctionMemory:
        """What is known of `function`; an empty memory when nothing is."""
        ...

    def remember(self, function: str, memory: FunctionMemory, *, before: FunctionMemory) -> None:
        """Replace what is known: `before` is what `recall` gave, so that only the difference is written.

        Raises: RecordMoved when another run has written since; then nothing of this call is remembered.
        """
        ...

    def cursor(self) -> str | None:
        """The function at which the last run stopped, or None."""
        ...

    def save_cursor(self, function: str) -> None:
        """Remember where this run stopped, so that the next one starts behind it."""
        ...

    def baseline(self) -> Baseline | None:
        """The size of the plans before; None before the first."""
        ...

    def save_baseline(self, baseline: Baseline) -> None:
        """Remember the size of this run's plan."""
        ...


class DeploymentHooks(Protocol):
    """CodeDeploy, as a function sees it that a deployment calls before it moves an alias. All raise FleetError."""

    def app_spec(self, deployment: str) -> str:
        """The AppSpec of the deployment with that id, in YAML or JSON."""
        ...

    def tell(self, deployment: str, execution: str, *, succeeded: bool) -> None:
        """Let the deployment go on, or end it, which rolls it back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document's bytes, and the tag that changes when they do."""

    etag: str
    data: bytes


class Documents(Protocol):
    """The documents of one place, by name."""

    def listing(self) -> Mapping[str, str]:
        """Name → ETag of every document there is. Raises: FleetError."""
        ...

    def fetch(
        self, known: Mapping[str, str | None], *, most_bytes: int
    ) -> Mapping[str, StoredDocument | FleetError | None]:
        """For each name in `known` its document, None when its ETag is still the known one, or why it was not had.

        Never raises. A document longer than `most_bytes` is cut off behind them.
        """
        ...
