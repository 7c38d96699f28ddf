"""The bucket and the time box, on a clock that only moves when told."""

from itertools import pairwise

import pytest

from fleet.aws import rate as rate_module
from fleet.aws.rate import Pace, TimeBox
from fleet.ports import OutOfTime, Throttled, ThrottleStorm


class Clock:
    """`time` as the module under test sees it; `still` is a clock that sleeping does not move."""

    def __init__(self, *, still: bool = False) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        self.still = still

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if not self.still:
            self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(rate_module, "time", clock)
    return clock


def times(pace, clock, number):
    at = []
    for _ in range(number):
        pace.once(lambda: at.append(clock.now))
    return at


def throttled():
    raise Throttled("lambda:ListAliases was throttled: Rate exceeded")


@pytest.mark.parametrize("per_second", [1.0, 3.0, 15.0])
def test_no_second_has_more_requests_than_the_rate_and_the_time_is_used(clock, per_second):
    at = times(Pace(per_second, TimeBox()), clock, 61)
    for start in at:
        assert sum(1 for one in at if start <= one < start + 1.0) <= per_second
    assert at[-1] - at[0] < 60 / per_second * 1.05


def test_a_pause_is_not_saved_up_for_a_burst(clock):
    pace = Pace(3.0, TimeBox())
    times(pace, clock, 1)
    clock.now += 60
    at = times(pace, clock, 3)
    assert at[1] - at[0] >= 1 / 3


def test_waiting_for_ones_turn_twice_costs_one_turn(clock):
    pace = Pace(2.0, TimeBox())
    times(pace, clock, 1)
    pace.wait_turn()
    turn = clock.now
    pace.wait_turn()
    assert times(pace, clock, 1) == [turn]


def test_a_clock_that_stands_still_does_not_stop_the_work(monkeypatch):
    clock = Clock(still=True)
    monkeypatch.setattr(rate_module, "time", clock)
    times(Pace(2.0, TimeBox()), clock, 5)
    assert len(clock.slept) == 4
    assert max(clock.slept) < 0.6


def test_a_throttle_halves_the_rate_and_successes_raise_it_slowly(clock):
    pace = Pace(4.0, TimeBox())
    with pytest.raises(Throttled):
        pace.once(throttled)
    assert pace.per_second == 2.0
    times(pace, clock, 3)
    assert 3.0 < pace.per_second < 4.0
    times(pace, clock, 5)
    assert pace.per_second == 4.0


def test_a_storm_ends_after_five_halvings_and_nothing_is_sent_afterwards(clock):
    pace = Pace(3.0, TimeBox())
    sent = []

    def storm():
        sent.append(clock.now)
        throttled()

    with pytest.raises(ThrottleStorm, match="halved 5 times"):
        pace.patiently(storm)
    gaps = [after - before for before, after in pairwise(sent)]
    assert len(sent) == 6
    assert all(later == pytest.approx(2 * earlier) for earlier, later in pairwise(gaps))
    with pytest.raises(ThrottleStorm):
        pace.patiently(storm)
    with pytest.raises(ThrottleStorm):
        pace.wait_turn()
    assert len(sent) == 6


def test_throttles_that_successes_made_good_are_forgotten(clock):
    pace = Pace(3.0, TimeBox())
    for _ in range(20):
        with pytest.raises(Throttled):
            pace.once(throttled)
        times(pace, clock, 6)
    assert pace.per_second == 3.0


def test_a_throttle_every_other_request_is_a_storm_in_the_end(clock):
    pace = Pace(3.0, TimeBox())
    seen = []
    while not seen or (len(seen) < 1000 and not isinstance(seen[-1], ThrottleStorm)):
        pace.patiently(lambda: None)
        with pytest.raises(Throttled) as error:
            pace.once(throttled)
        seen.append(error.value)
    assert len(seen) < 15


def test_no_call_starts_without_time_for_three_of_the_slowest_and_a_reserve(clock):
    end = clock.now + 60
    box = TimeBox(lambda: end - clock.now)
    box.measured(lambda: clock.sleep(8))
    clock.now = end - 27
    box.check()
    clock.now = end - 25
    with pytest.raises(OutOfTime, match=r"25\.0 s of this run are left"):
        box.check()


def test_a_wait_that_would_not_end_in_time_is_not_begun(clock):
    end = clock.now + 10
    pace = Pace(1.0, TimeBox(lambda: end - clock.now))
    times(pace, clock, 1)
    clock.now = end - 3.5
    pace._rate = 0.1
    slept = len(clock.slept)
    with pytest.raises(OutOfTime):
        pace.wait_turn()
    assert len(clock.slept) == slept


@pytest.mark.parametrize(("left_s", "timeout_s"), [(900.0, 10.0), (60.0, 6.0), (3.0, 0.5)])
def test_a_call_is_given_up_early_enough_for_the_time_there_is(clock, left_s, timeout_s):
    box = TimeBox(lambda: left_s)
    assert box.call_timeout_s == timeout_s
    box.check()
