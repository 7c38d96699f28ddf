"""A burst of users: real requests to the application's page, all at once, each timed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from emulator.demo.lambda_api import DemoError, LambdaApi
from fleet.model import FunctionRef
from profiles.model import PingSpec, Shape
from warmer.events import payload

_PAGE = PingSpec(shape=Shape.HTTP_V2, host="shop.example.com", path="/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """What the users of one burst waited, in milliseconds, shortest first."""

    sorted_ms: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """The latency that `share` of the users stayed within (nearest rank)."""
        rank = max(1, -(-len(self.sorted_ms) * share // 1))
        return self.sorted_ms[int(rank) - 1]


def burst_of_users(api: LambdaApi, function: str, *, qualifier: str, count: int) -> Latencies:
    """`count` users open the page at one instant. Raises: DemoError when one of them gets no page."""
    event = payload(_PAGE, function=FunctionRef(text=function), count=1, burst="user", at=datetime.now(UTC))
    together = threading.Barrier(count)

    def opens_the_page(_: int) -> float:
        together.wait()
        started = time.perf_counter()
        reply = api.invoke(function, event, qualifier=qualifier)
        took_ms = (time.perf_counter() - started) * 1000
        if reply.get("statusCode") != 200:
            raise DemoError(f"a user got status {reply.get('statusCode')} from {function}")
        if "caretaker" in reply:
            raise DemoError("a user's reply holds a caretaker block: the kit touched a request that was no ping")
        return took_ms

    with ThreadPoolExecutor(count, thread_name_prefix="user") as users:
        return Latencies(sorted_ms=tuple(sorted(users.map(opens_the_page, range(count)))))
