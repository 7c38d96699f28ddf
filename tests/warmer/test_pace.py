import pytest
from hypothesis import given
from hypothesis import strategies as st

from warmer.pace import LONGEST_MS, Learnt, Window, first_window, learn, wider_window


def test_without_memory_the_first_window_is_the_default_one() -> None:
    assert first_window(None, 20).hold_ms == 230
    assert first_window(None, 1000).hold_ms == LONGEST_MS


def test_a_small_spread_makes_a_short_hold() -> None:
    assert first_window(Learnt(spread_ms=6, lag_ms=2), 100).hold_ms == 52


def test_one_ping_has_none_to_overlap_and_is_not_held() -> None:
    assert first_window(None, 1).hold_ms == 0
    assert first_window(Learnt(spread_ms=6, lag_ms=2), 1).hold_ms == 0


def test_each_tick_that_reaches_all_makes_the_margin_smaller_and_one_that_does_not_brings_it_back() -> None:
    learnt: Learnt | None = None
    margins = []
    for reached_all in (True, True, True, True, True, True, True, False):
        learnt = learn(learnt, spread_ms=2, lag_ms=1, reached_all=reached_all)
        assert learnt is not None
        margins.append(round(learnt.margin_ms, 1))

    assert margins == [28.0, 19.6, 13.7, 9.6, 6.7, 6.0, 6.0, 40.0]


def test_a_dispatch_that_was_late_itself_widens_the_next_window() -> None:
    learnt = learn(None, spread_ms=4, lag_ms=1, late_ms=30)

    assert learnt == Learnt(spread_ms=34, lag_ms=1)
    assert learn(None, spread_ms=4, lag_ms=1, late_ms=-5) == Learnt(spread_ms=4, lag_ms=1)


def test_cold_pings_tell_the_clocks_apart_and_leave_the_hold_at_its_default() -> None:
    learnt = learn(None, spread_ms=None, lag_ms=-4800)

    assert first_window(learnt, 20) == Window(hold_ms=230, lag_ms=-4800)
    warm = Learnt(spread_ms=5, lag_ms=1)
    assert learn(warm, spread_ms=None, lag_ms=-4800) is warm


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

    assert (count > 1) <= window.hold_ms <= first_window(None, count).hold_ms <= LONGEST_MS


@pytest.mark.parametrize("lag_ms", [-1.8e12, 3.6e6])
def test_a_clock_beyond_belief_teaches_nothing(lag_ms: float) -> None:
    known = Learnt(spread_ms=5, lag_ms=1)

    assert learn(known, spread_ms=5, lag_ms=lag_ms) is known
