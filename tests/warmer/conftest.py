"""What several of the warmer's tests need open while they run."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.warmer.environment_pool import Pool, serving
from tests.warmer.ticking import Opened, reach
from warmer.dispatch import Dispatch


@pytest.fixture
def dispatch() -> Iterator[Dispatch]:
    with Dispatch() as found:
        yield found


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Opens pools, to which pings then go; in the end no burst may have had more arrivals than it announced."""
    pools: list[Pool] = []
    with ExitStack() as doors:

        def open_(pool: Pool) -> Pool:
            pools.append(doors.enter_context(serving(pool)))
            reach(monkeypatch, pool)
            return pool

        yield open_
    assert [pool.overfull() for pool in pools] == [[] for _ in pools]
