"""Asynchronous invocations: accepted at once, run in the background, retried a few times.

Source: AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

import asyncio
from collections.abc import Sequence

from emulator.catalog import NotFound
from emulator.dispatch import Call, Dispatcher
from emulator.limits import Throttled

_FIRST_THROTTLE_DELAY_S = 1.0
_LONGEST_THROTTLE_DELAY_S = 300.0
_LONGEST_THROTTLE_WAIT_S = 6 * 3600.0


class Events:
    """Runs accepted events until they succeed, fail for the last time, or the emulator stops."""

    def __init__(self, dispatcher: Dispatcher, retry_delays_s: Sequence[float]) -> None:
        self._dispatcher = dispatcher
        self._retry_delays_s = tuple(retry_delays_s)
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
        for delay_s in (*self._retry_delays_s, None):
            if await self._succeeded(call) or delay_s is None:
                return
            await asyncio.sleep(delay_s)

    async def _succeeded(self, call: Call) -> bool:
        """Run once, past any throttling. A function that is gone needs no retry."""
        delay_s, waited_s = _FIRST_THROTTLE_DELAY_S, 0.0
        while waited_s <= _LONGEST_THROTTLE_WAIT_S:
            try:
                done = await self._dispatcher.run(call, await self._dispatcher.resolve(call))
                return done.served.reply.error_type is None
            except NotFound:
                return True
            except Throttled:
                await asyncio.sleep(delay_s)
                waited_s += delay_s
                delay_s = min(2 * delay_s, _LONGEST_THROTTLE_DELAY_S)
        return True
