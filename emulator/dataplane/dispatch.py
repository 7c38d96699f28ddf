"""From an invocation to its outcome: find the version, admit or throttle, assign, run, record. Knows no HTTP."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.dataplane.catalog import Catalog
from emulator.dataplane.history import History
from emulator.dataplane.invocation import Invocation, Served
from emulator.dataplane.limits import Ledger, Limits
from emulator.dataplane.model import FunctionVersion
from emulator.dataplane.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to run a function. `client_context` is one line of ASCII JSON; `arrival_ms` is epoch ms."""

    function: str
    qualifier: str | None
    payload: bytes
    client_context: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace_id: str = ""
    arrival_ms: float = field(default_factory=lambda: time.time() * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A call that ran."""

    version: FunctionVersion
    invocation: Invocation
    served: Served


# Called with each call that ran, and the name of its environment's log stream.
Observer = Callable[[Done, str], None]


def nobody(_done: Done, _log_stream: str) -> None:
    """No observer."""


class Dispatcher:
    """Runs calls on the pool's environments, within the catalogue's limits."""

    def __init__(self, catalog: Catalog, pool: Pool, history: History, observe: Observer = nobody) -> None:
        self._catalog = catalog
        self._pool = pool
        self._history = history
        self._observe = observe
        self._ledger = Ledger()

    async def resolve(self, call: Call) -> FunctionVersion:
        """The version that the call means; an alias with weights is drawn anew. Raises: NotFound."""
        return await self._catalog.resolve(call.function, call.qualifier)

    async def run(self, call: Call, version: FunctionVersion) -> Done:
        """Run the call to its end, on the version that it was resolved to. Raises: Throttled."""
        limits = Limits(
            reserved=await self._catalog.reserved_concurrency(call.function),
            reserved_total=await self._catalog.reserved_total(),
            account=await self._catalog.account_concurrency(),
        )
        self._ledger.enter(call.function, limits)
        try:
            return await self._serve(call, version)
        finally:
            self._ledger.leave(call.function)

    async def _serve(self, call: Call, version: FunctionVersion) -> Done:
        environment = self._pool.take(version)
        invocation = Invocation(
            request_id=call.request_id,
            payload=call.payload,
            invoked_arn=version.base_arn + (f":{call.qualifier}" if call.qualifier else ""),
            trace_id=call.trace_id or _trace_id(),
            client_context=call.client_context,
        )
        try:
            served = await environment.serve(invocation)
        finally:
            self._pool.give_back(environment)
        self._history.record(version, environment, invocation, call.arrival_ms, served)
        done = Done(version=version, invocation=invocation, served=served)
        self._observe(done, environment.log_stream)
        return done


def _trace_id() -> str:
    """Source: AWS X-Ray developer guide, "Tracing header"."""
    root = uuid.uuid4().hex
    return f"Root=1-{int(time.time()):08x}-{root[:24]};Parent={root[16:]};Sampled=0"
