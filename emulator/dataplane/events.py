"""Asynchronous invocations: accepted at once, run in the background, retried a few times, reported at their end.

Source: AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from emulator.dataplane.catalog import NotFound
from emulator.dataplane.dispatch import Call, Dispatcher, Done
from emulator.dataplane.limits import Throttled

_FIRST_THROTTLE_DELAY_S = 1.0
_LONGEST_THROTTLE_DELAY_S = 300.0

Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How often an event that failed is tried again (0 to 2), and how long after its arrival at most.

    Source: Lambda API reference, PutFunctionEventInvokeConfig, both defaults.
    """

    retries: int = 2
    max_age_s: float = 6 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an event: why it ended, after how many attempts, and its last run; None if it never ran."""

    call: Call
    condition: Condition
    attempts: int
    last: Done | None


class EventRules(Protocol):
    """Who knows the rules of each function's events, and wants to hear how they ended."""

    async def of(self, call: Call) -> Rules:
        """The rules for this event."""
        ...

    async def ended(self, outcome: Outcome) -> None:
        """The event is over: time for destinations and dead letters."""
        ...


class DefaultRules:
    """Lambda's own defaults, for functions without any configuration."""

    async def of(self, _call: Call) -> Rules:
        """See `EventRules`."""
        return Rules()

    async def ended(self, outcome: Outcome) -> None:
        """Nobody wants to hear of it."""


class Events:
    """Runs accepted events until they succeed, fail for the last time, or the emulator stops."""

    def __init__(
        self, dispatcher: Dispatcher, retry_delays_s: Sequence[float], rules: EventRules | None = None
    ) -> None:
        self._dispatcher = dispatcher
        self._retry_delays_s = tuple(retry_delays_s)
        self._rules: EventRules = rules or DefaultRules()
        self._running: set[asyncio.Task[None]] = set()

    def submit(self, call: Call) -> None:
        """Accept an event."""
        task = asyncio.get_running_loop().create_task(self._run(call))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """Drop what is still in progress or waiting for a retry."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, call: Call) -> None:
        """A function that is gone needs no retry, and nobody is told."""
        rules = await self._rules.of(call)
        try:
            outcome = await self._tried(call, rules)
        except NotFound:
            return
        await self._rules.ended(outcome)

    async def _tried(self, call: Call, rules: Rules) -> Outcome:
        deadline, last, attempts = time.monotonic() + rules.max_age_s, None, 0
        for delay_s in (*self._retry_delays_s[: rules.retries], None):
            done = await self._once(call, deadline)
            if done is None:
                return Outcome(call=call, condition="EventAgeExceeded", attempts=attempts, last=last)
            last, attempts = done, attempts + 1
            if done.served.reply.error_type is None:
                return Outcome(call=call, condition="Success", attempts=attempts, last=last)
            if delay_s is None:
                break
            if time.monotonic() + delay_s > deadline:
                return Outcome(call=call, condition="EventAgeExceeded", attempts=attempts, last=last)
            await asyncio.sleep(delay_s)
        return Outcome(call=call, condition="RetriesExhausted", attempts=attempts, last=last)

    async def _once(self, call: Call, deadline: float) -> Done | None:
        """Run once, past any throttling; None when that lasted until the event was too old."""
        delay_s = _FIRST_THROTTLE_DELAY_S
        while True:
            try:
                return await self._dispatcher.run(call, await self._dispatcher.resolve(call))
            except Throttled:
                if time.monotonic() + delay_s > deadline:
                    return None
                await asyncio.sleep(delay_s)
                delay_s = min(2 * delay_s, _LONGEST_THROTTLE_DELAY_S)
