"""The bucket and the time box, on a clock that only moves when told."""

import threading
import time
from itertools import pairwise

import pytest

from fleet.aws import rate as rate_module
from fleet.aws.rate import Pace, TimeBox
from fleet.ports import OutOfTime, Throttled, ThrottleStorm, Unreachable


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


def failing(times, then="answer"):
    left = [times]

    def call():
        if left[0]:
            left[0] -= 1
            raise Unreachable("lambda:ListFunctions answered 503")
        return then

    return call


def test_a_read_that_gets_no_answer_is_tried_again_inside_the_rate_with_growing_pauses(clock):
    pace = Pace(3.0, TimeBox())
    assert pace.patiently(failing(2)) == "answer"
    assert clock.slept == [pytest.approx(0.5), pytest.approx(1.0)]


def test_a_read_that_gets_no_answer_three_times_says_so(clock):
    with pytest.raises(Unreachable, match="503"):
        Pace(3.0, TimeBox()).patiently(failing(3))


def test_where_nothing_answers_at_all_the_later_reads_are_tried_once(clock):
    pace = Pace(3.0, TimeBox())
    nothing = failing(1000)
    for _ in range(20):
        with pytest.raises(Unreachable):
            pace.patiently(nothing)
    assert sum(clock.slept) < 20


def test_without_time_for_another_try_the_failure_is_said_and_not_the_lack_of_time(clock):
    end = clock.now + 10
    pace = Pace(1.0, TimeBox(lambda: end - clock.now))

    def slow():
        clock.sleep(4)
        raise Unreachable("lambda:ListFunctions answered 503")

    with pytest.raises(Unreachable, match="503"):
        pace.patiently(slow)


def test_a_delete_that_gets_no_answer_is_not_tried_again(clock):
    with pytest.raises(Unreachable):
        Pace(3.0, TimeBox()).once(failing(1))


def test_what_a_throttle_asks_for_is_waited_for(clock):
    pace = Pace(3.0, TimeBox())
    with pytest.raises(Throttled):
        pace.once(lambda: (_ for _ in ()).throw(Throttled("slow down", retry_after_s=7)))
    assert times(pace, clock, 1) == [pytest.approx(107.0)]


def test_a_wait_that_a_throttle_asks_for_and_there_is_no_time_for_ends_the_run(clock):
    end = clock.now + 60
    pace = Pace(3.0, TimeBox(lambda: end - clock.now))
    with pytest.raises(Throttled):
        pace.once(lambda: (_ for _ in ()).throw(Throttled("slow down", retry_after_s=300)))
    with pytest.raises(OutOfTime):
        pace.wait_turn()
    assert clock.slept == []


def test_threads_that_share_a_pace_take_their_turns_one_after_the_other():
    pace, at = Pace(50.0, TimeBox()), []
    workers = [
        threading.Thread(target=lambda: [pace.once(lambda: at.append(time.monotonic())) for _ in range(5)])
        for _ in range(6)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
    assert len(at) == 30
    # 29 turns of a fiftieth; a thread may be kept from its call after its turn has come.
    assert max(at) - min(at) >= 20 / 50
