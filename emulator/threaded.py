"""The data plane on a thread of its own, for callers that have no event loop: tests, the demo, a notebook."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from emulator.dataplane.catalog import Catalog
from emulator.dataplane.history import Snapshot
from emulator.dataplane.service import LambdaService

_T = TypeVar("_T")


class LoopThread:
    """An event loop that runs in a thread of its own until it is closed."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="emulator", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run `work` on the loop and wait for what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running service, seen from another thread."""

    service: LambdaService
    loop: LoopThread

    @property
    def endpoint(self) -> str:
        """The origin to point AWS_ENDPOINT_URL_LAMBDA at."""
        return self.service.endpoint

    @property
    def secure_endpoint(self) -> str:
        """The TLS door's origin, for a service that was started with one; `ca_bundle` is to be trusted."""
        found = self.service.secure_endpoint
        if found is None:
            raise RuntimeError("this service has no TLS door: start it with Settings(tls=Tls())")
        return found

    @property
    def ca_bundle(self) -> str:
        """The PEM file for AWS_CA_BUNDLE, for a service that was started with one."""
        return str(self.service.ca_bundle or "")

    def snapshot(self) -> Snapshot:
        """What lives now and what ran."""

        async def taken() -> Snapshot:
            return self.service.snapshot()

        return self.loop.run(taken())


@contextmanager
def running(catalog: Catalog, **options: Any) -> Iterator[Running]:
    """Run the service until the block ends. `options` are those of `LambdaService`."""
    with closing(LoopThread()) as loop:
        service = LambdaService(catalog, **options)
        loop.run(service.start())
        try:
            yield Running(service=service, loop=loop)
        finally:
            loop.run(service.stop())
