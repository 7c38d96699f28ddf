"""What is known of this execution environment: its id, its age, what it has served. One per process."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import Any, NamedTuple

_IMPORTED_AT = time.monotonic()
# An initialisation cannot be longer; a greater number means that the process's start time was misread.
_LONGEST_INIT_MS = 15 * 60 * 1000


class Arrival(NamedTuple):
    """One invocation as the kit saw it come in."""

    arrived_ms: int
    cold: bool
    invocations: int


class Environment:
    """The facts of one execution environment.

    The id is made at the first invocation, never at import: what is made at import would be in a SnapStart
    snapshot, and every clone of that snapshot would carry it. `renew` makes a new life of it after a restore.
    """

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Forget everything: this process is a new execution environment (SnapStart runs this after a restore)."""
        self._id: str | None = None
        self._ready_ms: float = time.time() * 1000
        self._init_ms: int | None = None
        self._invocations = 0
        self._last_request_ms: float | None = None

    def initialised(self) -> None:
        """The application is loaded, as far as the kit can see: it is being wrapped."""
        self._ready_ms = time.time() * 1000
        self._init_ms = process_age_ms()

    @property
    def id(self) -> str:
        """32 hex digits from the kernel's generator, which SnapStart seeds anew in every clone."""
        if self._id is None:
            self._id = os.urandom(16).hex()
        return self._id

    def arrive(self) -> Arrival:
        """Count an invocation, ping or not."""
        self._invocations += 1
        return Arrival(
            arrived_ms=int(time.time() * 1000),
            cold=self._invocations == 1,
            invocations=self._invocations,
        )

    def served_a_request(self) -> None:
        """The invocation that just ended was no ping."""
        self._last_request_ms = time.time() * 1000

    def evidence(self, arrival: Arrival, *, held_ms: int) -> dict[str, Any]:
        """The `caretaker` block of the reply to a ping. Times in milliseconds."""
        return {
            "v": 1,
            "environment": self.id,
            "arrived_ms": arrival.arrived_ms,
            "cold": arrival.cold,
            "age_ms": _span(self._ready_ms, arrival.arrived_ms),
            "init_ms": self._init_ms,
            "invocations": arrival.invocations,
            "last_request_ms": _span(self._last_request_ms, arrival.arrived_ms),
            "held_ms": held_ms,
        }


def _span(since_ms: float | None, until_ms: float) -> int | None:
    """Whole milliseconds between two readings of the wall clock, which may have been set back in between."""
    return None if since_ms is None else max(0, int(until_ms - since_ms))


def process_age_ms() -> int:
    """Milliseconds since this process started; since the kit's import where the kernel does not tell."""
    with suppress(Exception):
        since_ms = _by_the_kernel_ms()
        if 0 < since_ms < _LONGEST_INIT_MS:
            return since_ms
    return int((time.monotonic() - _IMPORTED_AT) * 1000)


def _by_the_kernel_ms() -> int:
    # Source: proc_pid_stat(5): starttime is field 22, in clock ticks since boot. Field 2, the command's name, may
    # hold spaces and parentheses, so fields are counted from the last parenthesis.
    with open("/proc/self/stat", "rb") as stat:
        ticks = int(stat.read().rpartition(b")")[2].split()[19])
    started_s = ticks / os.sysconf("SC_CLK_TCK")
    return int((time.clock_gettime(time.CLOCK_BOOTTIME) - started_s) * 1000) if ticks else 0


ENVIRONMENT = Environment()


def _renew_after_restore() -> None:
    # Source: Lambda developer guide, "Runtime hooks for Lambda SnapStart". Lambda's Python images bring the module;
    # it is looked for only where SnapStart is on, since the search costs every other function's start time.
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start":
        return
    try:
        from snapshot_restore_py import register_after_restore  # noqa: PLC0415 - see above
    except ImportError:
        sys.stderr.write(
            "caretaker_kit: SnapStart is on and snapshot_restore_py is not importable; "
            "the ages that pings report may count from the snapshot\n"
        )
        return
    register_after_restore(ENVIRONMENT.renew)


_renew_after_restore()
