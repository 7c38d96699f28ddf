"""Why every round asks for all N: what smaller bursts save is lost in environments that nobody touched."""

from typing import Any

import pytest

from tests.warmer.environment_pool import ALL, Pool
from tests.warmer.ticking import Opened, Warmer

WANTED = 12


def warmed(pool: Pool) -> Pool:
    """All that are wanted are there, and were last touched five minutes ago."""
    assert Warmer(pool=pool, wanted=WANTED).tick().covered == WANTED
    return pool


@pytest.mark.parametrize("reuse", ["mru", "lru", "random"])
def test_a_burst_that_asks_for_all_keeps_all_whatever_users_did(reuse: Any, opened: Opened) -> None:
    pool = warmed(opened(Pool(reuse=reuse, life_minutes=8, meet_from_ms=ALL)))
    pool.use(4)
    Warmer(pool=pool, wanted=WANTED).ticks(2)

    assert pool.warm() == pool.made == WANTED


@pytest.mark.parametrize(("reuse", "kept"), [("mru", range(8, 9)), ("lru", range(12, 13)), ("random", range(8, 13))])
def test_a_burst_smaller_by_what_users_kept_busy_meets_what_users_kept_busy(
    reuse: Any, kept: range, opened: Opened
) -> None:
    pool = warmed(opened(Pool(reuse=reuse, life_minutes=8, meet_from_ms=ALL)))
    pool.use(4)
    Warmer(pool=pool, wanted=WANTED - 4).tick()

    assert pool.warm() in kept


@pytest.mark.parametrize(("reuse", "kept"), [("mru", range(6, 7)), ("lru", range(12, 13)), ("random", range(6, 13))])
def test_two_halves_one_after_the_other_meet_the_same_half_twice(reuse: Any, kept: range, opened: Opened) -> None:
    pool = warmed(opened(Pool(reuse=reuse, life_minutes=8, meet_from_ms=ALL)))
    half = Warmer(pool=pool, wanted=WANTED // 2)
    half.tick(minutes=0)
    half.tick()

    assert pool.warm() in kept


def test_a_tick_left_out_for_users_before_the_last_one_doubles_the_time_without_a_touch(opened: Opened) -> None:
    pool = warmed(opened(Pool(life_minutes=8, meet_from_ms=ALL)))
    pool.use(WANTED)
    Warmer(pool=pool, wanted=WANTED).tick()

    pool.pass_minutes(5)  # the tick that would be left out

    assert pool.warm() == 0
