"""What the emulator itself counted: the truth that a warmer's report can be compared with. Values and a ring."""

from collections import deque
from dataclasses import dataclass

from emulator.dataplane.environment import Environment, State
from emulator.dataplane.invocation import Invocation, Served
from emulator.dataplane.model import FunctionVersion

# Enough for a report or a health check's answer; a page of an application need not be kept.
_LARGEST_REPLY_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFacts:
    """One live execution environment. `pid` is None while it has no process; `log` is what it printed last."""

    function: str
    version: str
    id: str
    pid: int | None
    state: State
    created_ms: float
    invocations: int
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationFacts:
    """One invocation that ran, in epoch milliseconds.

    `cold`: it waited for a runtime to start. `suppressed`: that happened inside the service span, after a reset or
    a failed init. `init_*` are None without an init phase. `status` is `success`, `error` or `timeout`.
    `client_context` is the caller's, as JSON text; `reply` is the function's, as text, None when it is a large one.
    """

    function: str
    version: str
    environment: str
    request_id: str
    arrival_ms: float
    init_start_ms: float | None
    init_end_ms: float | None
    service_start_ms: float
    service_end_ms: float
    cold: bool
    suppressed: bool
    status: str
    error_type: str | None
    client_context: str | None = None
    reply: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The emulator at one instant: its live environments, and its last invocations in the order of their ends."""

    environments: tuple[EnvironmentFacts, ...]
    invocations: tuple[InvocationFacts, ...]


class History:
    """The last invocations, as many as `size`."""

    def __init__(self, size: int) -> None:
        self._ring: deque[InvocationFacts] = deque(maxlen=size)

    def record(
        self,
        version: FunctionVersion,
        environment: Environment,
        invocation: Invocation,
        arrival_ms: float,
        served: Served,
    ) -> None:
        """Remember an invocation."""
        init, reply = served.init, served.reply.payload
        self._ring.append(
            InvocationFacts(
                function=version.function,
                version=version.version,
                environment=environment.id,
                request_id=invocation.request_id,
                arrival_ms=arrival_ms,
                init_start_ms=init.start_ms if init else None,
                init_end_ms=init.end_ms if init else None,
                service_start_ms=served.service.start_ms,
                service_end_ms=served.service.end_ms,
                cold=init is not None or served.suppressed,
                suppressed=served.suppressed,
                status=served.reply.status,
                error_type=served.reply.error_type,
                client_context=invocation.client_context,
                reply=reply.decode("utf-8", "replace") if len(reply) <= _LARGEST_REPLY_BYTES else None,
            )
        )

    def snapshot(self, environments: tuple[Environment, ...]) -> Snapshot:
        """The ring beside the environments that live now."""
        return Snapshot(
            environments=tuple(_facts(environment) for environment in environments), invocations=tuple(self._ring)
        )


def _facts(environment: Environment) -> EnvironmentFacts:
    return EnvironmentFacts(
        function=environment.version.function,
        version=environment.version.version,
        id=environment.id,
        pid=environment.pid,
        state=environment.state,
        created_ms=environment.created_ms,
        invocations=environment.invocations,
        log=tuple(environment.lines),
    )
