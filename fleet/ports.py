"""The doors that the two functions need, as Protocols, and the errors that may come through them.

Adapters live in `fleet.aws`; tests bring fakes that pass the same suite.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    """The control plane said 429. Slow down; the call had no effect."""


class AccessDenied(FleetError):  # noqa: N818
    """A permission is missing. `action` is the IAM action, as in "lambda:ListAliases"."""

    def __init__(self, message: str, *, action: str) -> None:
        super().__init__(message)
        self.action = action


class Unreachable(FleetError):  # noqa: N818
    """No answer: connection refused, name not found, timeout, or a 5xx. What happened is not known."""


class Refused(FleetError):  # noqa: N818
    """Any other refusal by the service; the message repeats its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where Invoke requests go. `ca_bundle` is a PEM file to trust in place of the machine's own, or None."""

    scheme: str
    host: str
    port: int
    ca_bundle: str | None = None


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

    def of(self, function: FunctionRef) -> ConcurrencyFacts:
        """The limits that hold for `function` now."""
        ...


class Versions(Protocol):
    """Published versions and aliases of one account and region."""

    def published(self) -> Iterable[PublishedVersion]:
        """Every published version of every function, all pages. Raises: FleetError."""
        ...

    def aliases(self, function: str) -> Sequence[Alias]:
        """Every alias of `function`, all pages. Raises: FleetError, FunctionAbsent."""
        ...

    def delete(self, function: str, version: VersionNumber) -> None:
        """Delete that one version; done as well when it was gone already.

        Raises: VersionInUse, FunctionAbsent, Throttled, AccessDenied, Unreachable, Refused.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A version that an earlier run found to be a candidate, with the code it had then."""

    function: str
    version: VersionNumber
    code_sha256: str
    marked_at: datetime
