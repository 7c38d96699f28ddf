"""The door through which the janitor sees what still uses a version, and the values that come through it.

Every method is one kind of AWS read. What lives here decides nothing: a read that fails raises a FleetError, and the
caller keeps what it could not check.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from fleet.model import VersionNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionUse:
    """One thing outside Lambda's versions and aliases that names a version by its number. `by` says what, in words."""

    function: str
    version: VersionNumber
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A CodeDeploy deployment in flight. `functions` is empty while CodeDeploy does not say which it deploys."""

    deployment_id: str
    status: str
    functions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionState:
    """A version's state as Lambda names it; `last_update` is empty where Lambda gives none."""

    state: str
    last_update: str = ""
    durable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A CloudFormation stack and its place in a tree of nested ones, all by their ids."""

    stack_id: str
    name: str
    status: str
    parent_id: str | None = None
    root_id: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StackContents:
    """What a stack holds at present: its functions by name, versions of functions, and nested stacks by id.

    `custom` are its custom resources by their names in the template: their own functions decide how long they take.
    """

    functions: frozenset[str] = frozenset()
    versions: frozenset[tuple[str, VersionNumber]] = frozenset()
    stacks: frozenset[str] = frozenset()
    custom: frozenset[str] = frozenset()


class Stacks(Protocol):
    """CloudFormation stacks, by id or name."""

    def stack(self, stack_id: str) -> Stack | None:
        """The stack as it is now; None when CloudFormation does not know it. Raises: FleetError."""
        ...

    def contents(self, stack_id: str) -> StackContents:
        """What the stack holds now, all pages; nothing when there is no such stack. Raises: FleetError."""
        ...


class Uses(Stacks, Protocol):
    """Everything that may use a version, of one account and region. Every method may raise FleetError."""

    def event_sources(self) -> tuple[VersionUse, ...]:
        """Every event source mapping of the region that names a version by number, enabled or not."""
        ...

    def deployments(self) -> tuple[Deployment, ...]:
        """Every CodeDeploy deployment of Lambda functions that has not ended."""
        ...

    def edge(self) -> tuple[VersionUse, ...]:
        """Every version that a CloudFront distribution runs; nothing outside us-east-1, where edge functions live."""
        ...

    def tags(self, function: str) -> Mapping[str, str]:
        """The function's tags. Raises: FunctionAbsent, FleetError."""
        ...

    def provisioned(self, function: str) -> tuple[VersionUse, ...]:
        """Versions with provisioned concurrency of their own. Raises: FunctionAbsent, FleetError."""
        ...

    def invoke_configs(self, function: str) -> tuple[VersionUse, ...]:
        """Versions with an asynchronous invoke configuration of their own. Raises: FunctionAbsent, FleetError."""
        ...

    def traffic(self, function: str) -> tuple[VersionUse, ...]:
        """Versions that were invoked under their number in the last 14 days."""
        ...

    def state(self, function: str, version: VersionNumber) -> VersionState | None:
        """The version's state now; None when it is gone."""
        ...

    def policy(self, function: str, version: VersionNumber) -> str | None:
        """Whom a resource policy on the version lets in, in words; None when it has no policy."""
        ...

    def open_executions(self, function: str, version: VersionNumber) -> int:
        """How many durable executions that have not ended are pinned to the version; counting may stop at the first."""
        ...
