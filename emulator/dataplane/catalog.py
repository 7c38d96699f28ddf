"""Which functions exist: the data plane's view of a control plane, and one kept in memory for tests.

What lives here starts no process. Another catalogue (one that reads a control plane) implements `Catalog`.
"""

import random
from collections.abc import Callable, Mapping
from typing import Protocol

from emulator.dataplane.model import FunctionVersion

LATEST = "$LATEST"
# Source: AWS Lambda developer guide, "Lambda quotas": concurrent executions, default.
DEFAULT_ACCOUNT_CONCURRENCY = 1000


class NotFound(LookupError):  # noqa: N818 - the noun that AWS uses
    """There is no such function, version or alias. The message is the one that the caller of Invoke reads."""


class Catalog(Protocol):
    """What the data plane asks for at every invocation.

    Answer from memory, without suspending, whenever possible: invocations are assigned to environments in the order
    in which these calls return. `function` is a bare name.
    """

    async def resolve(self, function: str, qualifier: str | None) -> FunctionVersion:
        """The version that this invocation runs; an alias with weights picks one. None means `$LATEST`.

        Raises: NotFound.
        """
        ...

    async def reserved_concurrency(self, function: str) -> int | None:
        """The function's reserved concurrency, None without one."""
        ...

    async def reserved_total(self) -> int:
        """The reserved concurrency of all functions together: what the unreserved pool lacks."""
        ...

    async def account_concurrency(self) -> int:
        """The account's limit of concurrent executions, reserved ones included."""
        ...


class StaticCatalog:
    """A catalogue in memory. `draw` gives the numbers in [0, 1) that weighted aliases pick by."""

    def __init__(
        self, *, account: int = DEFAULT_ACCOUNT_CONCURRENCY, draw: Callable[[], float] = random.random
    ) -> None:
        self.account = account
        self._draw = draw
        self._versions: dict[tuple[str, str], FunctionVersion] = {}
        self._aliases: dict[tuple[str, str], tuple[str, dict[str, float]]] = {}
        self._reserved: dict[str, int] = {}

    def put(self, version: FunctionVersion) -> None:
        """Add a version, or replace the one of the same name and number."""
        self._versions[version.function, version.version] = version

    def alias(self, function: str, name: str, version: str, weights: Mapping[str, float] | None = None) -> None:
        """Add or move an alias; `weights` are the shares of other versions."""
        self._aliases[function, name] = (version, dict(weights or {}))

    def reserve(self, function: str, concurrency: int | None) -> None:
        """Set the function's reserved concurrency; None takes it away."""
        if concurrency is None:
            self._reserved.pop(function, None)
        else:
            self._reserved[function] = concurrency

    async def resolve(self, function: str, qualifier: str | None) -> FunctionVersion:
        """See `Catalog`."""
        wanted = qualifier or LATEST
        found = self._versions.get((function, self._picked(function, wanted)))
        if found is None:
            raise NotFound(f"Function not found: {function}" + (f":{qualifier}" if qualifier else ""))
        return found

    async def reserved_concurrency(self, function: str) -> int | None:
        """See `Catalog`."""
        return self._reserved.get(function)

    async def reserved_total(self) -> int:
        """See `Catalog`."""
        return sum(self._reserved.values())

    async def account_concurrency(self) -> int:
        """See `Catalog`."""
        return self.account

    def _picked(self, function: str, qualifier: str) -> str:
        if (function, qualifier) not in self._aliases:
            return qualifier
        version, weights = self._aliases[function, qualifier]
        drawn = self._draw()
        for other, share in weights.items():
            if drawn < share:
                return other
            drawn -= share
        return version
