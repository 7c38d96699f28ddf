"""What AWS says of a target before it is pinged, and the doors that read it. Knows no schedule and no reply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fleet.model import FunctionRef


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifierFacts:
    """What Lambda says of one alias or version; what could not be read is None, False or empty, and `unread` says why.

    `absent` are Lambda's words when it knows no such function, alias or version. `state` and `last_update` are its own
    words too. `version` is the number that an alias points to. `routes` are the versions behind a weighted alias with
    their shares, which add up to 1; empty where all traffic goes to one. `provisioned` is how many environments
    provisioned concurrency keeps ready.
    """

    absent: str = ""
    version: str | None = None
    state: str | None = None
    state_reason: str = ""
    last_update: str | None = None
    snap_start: bool = False
    managed_instances: bool = False
    tenant_isolation: bool = False
    routes: tuple[tuple[str, float], ...] = ()
    provisioned: int | None = None
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentUse:
    """How many environments users occupied lately, by CloudWatch; `unread` says why that is not known.

    `unreserved` is of the region's functions without a reservation, `functions` of those that were asked for by name.
    """

    unreserved: int | None = None
    functions: Mapping[str, int] | None = None
    unread: str | None = None


class Qualifiers(Protocol):
    """Reads facts of an alias or a version. Never raises: what cannot be read is not known, with a reason."""

    def configuration(self, function: FunctionRef, qualifier: str) -> QualifierFacts:
        """State and kind, by the one request that has a rate of its own."""
        ...

    def routing(self, function: FunctionRef, qualifier: str, known: QualifierFacts) -> QualifierFacts:
        """`known` with routes and provisioned concurrency, by requests that share the account's rate."""
        ...


class Usage(Protocol):
    """Reads users' present use of concurrency. Never raises."""

    def now(self, region: str | None, functions: Sequence[str], minutes: Sequence[datetime]) -> PresentUse:
        """The most that was in use in any of the whole `minutes` (UTC) that are given."""
        ...
