"""One invocation as values: what goes into an execution environment and what became of it. Knows no process."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["success", "error", "timeout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What the runtime receives. `client_context` is decoded JSON text in one line of ASCII."""

    request_id: str
    payload: bytes
    invoked_arn: str
    trace_id: str
    client_context: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A span of an environment's life: epoch milliseconds to place it, `duration_ms` from a steady clock."""

    start_ms: float
    end_ms: float
    duration_ms: float
    status: Status = "success"
    error_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the function, or the platform in its stead, answered. `error_type` is None for a success.

    `log_line` is what the platform itself writes into the log; `fatal` means that the process has to go.
    """

    payload: bytes
    status: Status = "success"
    error_type: str | None = None
    log_line: str | None = None
    fatal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An invocation that ran: its reply, its phases and what it printed.

    `init` is the init phase that this invocation waited for, None on a warm environment. `suppressed` says that
    the runtime was started (again) inside the service phase, so that its init is part of the duration.
    """

    reply: Reply
    init: Phase | None
    service: Phase
    suppressed: bool
    peak_memory_mb: int
    init_output: bytes
    output: bytes
