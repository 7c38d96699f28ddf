"""The data plane on a thread of its own, for callers that have no event loop: tests, the demo, a notebook."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from emulator.catalog import Catalog
from emulator.history import Snapshot
from emulator.service import LambdaService

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running service, seen from another thread."""

    service: LambdaService
    loop: asyncio.AbstractEventLoop

    @property
    def endpoint(self) -> str:
        """The origin to point AWS_ENDPOINT_URL_LAMBDA at."""
        return self.service.endpoint

    def snapshot(self) -> Snapshot:
        """What lives now and what ran."""

        async def taken() -> Snapshot:
            return self.service.snapshot()

        return _await(self.loop, taken())


@contextmanager
def running(catalog: Catalog, **options: Any) -> Iterator[Running]:
    """Run the service until the block ends. `options` are those of `LambdaService`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="emulator", daemon=True)
    thread.start()
    service = LambdaService(catalog, **options)
    try:
        _await(loop, service.start())
        try:
            yield Running(service=service, loop=loop)
        finally:
            _await(loop, service.stop())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _await(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run_coroutine_threadsafe(work, loop).result()
