"""What all bursts of a tick share: one instant at a time, a few openers, room for connections, TLS settings.

Nothing here waits for a server: a target that does not answer keeps nobody else from sending.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

from fleet.ports import Endpoint, OutOfTime, Unreachable
from warmer.flight import AnswerBytes, words

# Source: Lambda developer guide, "Lambda quotas": 1,024 file descriptors and 1,024 threads an environment. The rest is
# for the SDK's own connections, for the first connection of each burst, and for the runtime.
_MOST_CONNECTIONS = 600
# More openers do not help: handshakes are CPU time, and CPython has one core for them.
_OPENERS = 16

_Item = TypeVar("_Item")
_Opened = TypeVar("_Opened")


class Dispatch:
    """Shared by the bursts of one process that may run at the same time. A context manager: its threads end with it.

    Whoever holds `release` is staging and releasing a burst, and nobody else does. `answer_bytes` are for answers.
    """

    def __init__(self, *, most_connections: int = _MOST_CONNECTIONS) -> None:
        self.release = threading.Lock()
        self.answer_bytes = AnswerBytes()
        self._most, self._taken, self._changed = most_connections, 0, threading.Condition()
        self._openers = ThreadPoolExecutor(_OPENERS, thread_name_prefix="opener")
        self._contexts: dict[str | None, ssl.SSLContext] = {}
        self._reading = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._openers.shutdown(wait=False, cancel_futures=True)

    @contextmanager
    def room(self, connections: int, until: float) -> Iterator[None]:
        """Room for so many more connections; alone, a burst may have as many as it likes.

        Raises: OutOfTime when others hold them until the monotonic second `until`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._fits(connections), max(0.0, until - time.monotonic())):
                raise OutOfTime(
                    f"lambda:InvokeFunction: no room for {connections} more connections beside the {self._taken} of "
                    "other targets before the tick's time was up"
                )
            self._taken += connections
        try:
            yield
        finally:
            with self._changed:
                self._taken -= connections
                self._changed.notify_all()

    def _fits(self, connections: int) -> bool:
        return self._taken == 0 or self._taken + connections <= self._most

    def open_all(self, opened: Callable[[_Item], _Opened], items: list[_Item]) -> list[_Opened]:
        """`opened` of each item, a few at a time."""
        return list(self._openers.map(opened, items))

    def tls(self, endpoint: Endpoint) -> ssl.SSLContext | None:
        """The settings for TLS to `endpoint`, read once; None for plain HTTP. Raises: Unreachable."""
        if endpoint.scheme != "https":
            return None
        with self._reading:  # a bundle of roots takes 15 ms to read
            if endpoint.ca_bundle not in self._contexts:
                self._contexts[endpoint.ca_bundle] = _context(endpoint.ca_bundle)
            return self._contexts[endpoint.ca_bundle]


def _context(ca_bundle: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:
        raise Unreachable(
            f"the CA bundle {ca_bundle} cannot be read: {words(error)}; check AWS_CA_BUNDLE (or ca_bundle in the SDK's "
            "configuration)"
        ) from error
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context
