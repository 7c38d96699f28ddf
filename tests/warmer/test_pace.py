import pytest
from hypothesis import given
from hypothesis import strategies as st

from warmer.pace import LONGEST_MS, Learnt, first_window, learn, wider_window


def test_without_memory_the_first_window_is_the_default_one() -> None:
    assert first_window(None, 20).hold_ms == 230
    assert first_window(None, 1000).hold_ms == LONGEST_MS


def test_a_small_spread_makes_a_short_hold() -> None:
    assert first_window(Learnt(spread_ms=6, lag_ms=2), 100).hold_ms == 58


def test_the_release_allows_for_the_targets_clock_and_way() -> None:
    assert first_window(Learnt(spread_ms=6, lag_ms=-4999.6), 100).lag_ms == -5000


def test_a_round_that_fell_short_is_followed_by_one_three_times_the_default() -> None:
    assert wider_window(Learnt(spread_ms=1, lag_ms=7), 20).hold_ms == 690
    assert wider_window(Learnt(spread_ms=1, lag_ms=7), 20).lag_ms == 7


def test_a_wide_spread_is_forgotten_slowly() -> None:
    learnt = learn(Learnt(spread_ms=100, lag_ms=0), spread_ms=5, lag_ms=1)

    assert learnt is not None
    assert (learnt.spread_ms, learnt.lag_ms) == (pytest.approx(70), 1)


def test_a_burst_of_cold_pings_teaches_nothing() -> None:
    known = Learnt(spread_ms=5, lag_ms=1)

    assert learn(known, spread_ms=None, lag_ms=None) is known
    assert learn(None, spread_ms=None, lag_ms=None) is None


@given(st.floats(0, 1e6), st.floats(-1e6, 1e6), st.integers(1, 1000))
def test_no_window_is_longer_than_a_kit_would_hold_nor_than_the_default(spread: float, lag: float, count: int) -> None:
    window = first_window(Learnt(spread_ms=spread, lag_ms=lag), count)

    assert 0 < window.hold_ms <= first_window(None, count).hold_ms <= LONGEST_MS


@pytest.mark.parametrize("lag_ms", [-1.8e12, 3.6e6])
def test_a_clock_beyond_belief_teaches_nothing(lag_ms: float) -> None:
    known = Learnt(spread_ms=5, lag_ms=1)

    assert learn(known, spread_ms=5, lag_ms=lag_ms) is known
