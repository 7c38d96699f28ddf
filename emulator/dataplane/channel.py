"""The line between one runtime process and its execution environment. Knows no HTTP and no process.

The runtime's side asks for the next invocation and reports; the environment's side delivers one and waits for
signals. Each process start gets a channel of its own, so that nothing of a killed process reaches its successor.
"""

import asyncio
from dataclasses import dataclass

from emulator.dataplane.invocation import Invocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An invocation on its way to the runtime, with the instant at which it has to be done (epoch ms)."""

    invocation: Invocation
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The runtime asked for the next invocation: it is initialised, or done with the last one."""


@dataclass(frozen=True, slots=True)
class Responded:
    """The runtime reported the invocation's result; `error_type` is None for a success."""

    body: bytes
    error_type: str | None = None


@dataclass(frozen=True, slots=True)
class InitFailed:
    """The runtime could not initialise."""

    body: bytes
    error_type: str


@dataclass(frozen=True, slots=True)
class Exited:
    """The process ended; `code` as in `subprocess`: negative for a signal."""

    code: int


Signal = Asked | Responded | InitFailed | Exited


class Channel:
    """See the module."""

    def __init__(self) -> None:
        self._signals: asyncio.Queue[Signal] = asyncio.Queue()
        self._deliveries: asyncio.Queue[Delivery | None] = asyncio.Queue()
        self._current: str | None = None

    async def next(self) -> Delivery | None:
        """The runtime's request for an invocation, held until there is one; None when the channel was closed."""
        self.send(Asked())
        delivery = await self._deliveries.get()
        self._current = delivery.invocation.request_id if delivery else None
        return delivery

    def report(self, request_id: str, signal: Responded) -> bool:
        """The runtime's result; False when `request_id` is not the invocation in progress."""
        if request_id != self._current:
            return False
        self._current = None
        self.send(signal)
        return True

    def send(self, signal: Signal) -> None:
        """Tell the environment."""
        self._signals.put_nowait(signal)

    async def signal(self) -> Signal:
        """The next thing that the runtime did."""
        return await self._signals.get()

    def deliver(self, delivery: Delivery) -> None:
        """Hand an invocation to the runtime that waits for one."""
        self._deliveries.put_nowait(delivery)

    def close(self) -> None:
        """Let a held request for an invocation end without one."""
        self._deliveries.put_nowait(None)
