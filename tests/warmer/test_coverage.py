import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model import Answer, Interval, LogFacts, Lost
from tests.warmer.builders import HTTP, a_burst, a_logged_answer, a_warm_answer, an_answer, kit_block
from warmer.coverage import Evidence, measure, most_at_once


def test_environments_are_counted_by_their_ids() -> None:
    coverage = measure(a_burst(a_warm_answer("a"), a_warm_answer("b"), a_warm_answer("a")), HTTP)

    assert (coverage.evidence, coverage.covered, coverage.healthy) == (Evidence.COUNTED, 2, 2)
    assert (coverage.sent, coverage.answered, coverage.billed_ms) == (3, 3, 120)


def test_an_unhealthy_environment_is_covered_but_not_healthy() -> None:
    coverage = measure(a_burst(a_warm_answer("a"), a_warm_answer("b", status=503)), HTTP)

    assert (coverage.covered, coverage.healthy, coverage.errors) == (2, 1, 1)
    assert coverage.problems == (("answered 503, expected 2xx", 1),)


def test_what_failed_covers_nothing_and_is_told_apart() -> None:
    coverage = measure(
        a_burst(
            a_warm_answer("a"),
            an_answer({}, status=429, reason="ConcurrentInvocationLimitExceeded"),
            an_answer({}, function_error="Unhandled"),
            Lost(reason="no answer in time"),
            Lost(reason="no connection", sent=False),
        ),
        HTTP,
    )

    assert (coverage.covered, coverage.throttled, coverage.errors, coverage.sent) == (1, 1, 3, 4)


def test_logged_intervals_that_overlap_prove_without_a_kit() -> None:
    coverage = measure(a_burst(a_logged_answer(0, 50), a_logged_answer(40, 90), a_logged_answer(95, 120)), HTTP)

    assert (coverage.evidence, coverage.covered) == (Evidence.OVERLAP, 2)


def test_a_kits_block_wins_over_logs() -> None:
    with_both = an_answer(
        {"statusCode": 200, "caretaker": {"v": 1, "environment": "a"}},
        log=LogFacts(service=Interval(start_ms=0, end_ms=10)),
    )

    assert measure(a_burst(with_both), HTTP).evidence is Evidence.COUNTED


def test_without_ids_and_logs_the_number_is_only_inferred() -> None:
    first = an_answer({"statusCode": 200}, sent_ms=0, received_ms=50)
    second = an_answer({"statusCode": 200}, sent_ms=10, received_ms=60)
    third = an_answer({"statusCode": 200}, sent_ms=70, received_ms=80)

    coverage = measure(a_burst(first, second, third), HTTP)

    assert (coverage.evidence, coverage.covered) == (Evidence.INFERRED, 2)


def test_an_answer_within_one_tick_of_the_clock_came_from_an_environment() -> None:
    coverage = measure(a_burst(an_answer({"statusCode": 200}, sent_ms=5.0, received_ms=5.0)), HTTP)

    assert (coverage.evidence, coverage.covered, coverage.healthy) == (Evidence.INFERRED, 1, 1)


def test_one_reply_without_an_id_takes_the_count_away() -> None:
    assert measure(a_burst(a_warm_answer("a"), an_answer({"statusCode": 200})), HTTP).evidence is Evidence.INFERRED


def test_replies_with_ids_that_never_reached_the_route_are_counted_as_none() -> None:
    coverage = measure(a_burst(a_warm_answer("a", status=404, cold=True), a_warm_answer("b", status=404)), HTTP)

    assert (coverage.evidence, coverage.covered, coverage.healthy, coverage.cold) == (Evidence.COUNTED, 0, 0, 1)


def test_cold_environments_do_not_widen_the_spread() -> None:
    outcomes = [
        a_warm_answer("a", arrived_ms=1000),
        a_warm_answer("b", arrived_ms=1007),
        a_warm_answer("c", arrived_ms=2900, cold=True),
    ]

    coverage = measure(a_burst(*outcomes), HTTP)

    assert (coverage.spread_ms, coverage.cold) == (7.0, 1)


def test_an_init_duration_in_the_log_is_a_cold_start() -> None:
    assert measure(a_burst(an_answer({"statusCode": 200}, log=LogFacts(init_ms=840.1))), HTTP).cold == 1


def test_a_burst_that_nobody_answered_proves_nothing() -> None:
    coverage = measure(a_burst(Lost(reason="no answer in time")), HTTP)

    assert (coverage.covered, coverage.healthy, coverage.evidence) == (0, 0, Evidence.INFERRED)


intervals = st.builds(
    lambda start, length: Interval(start_ms=start, end_ms=start + length), st.integers(0, 50), st.integers(0, 50)
)


@given(st.lists(intervals, max_size=12))
def test_most_at_once_equals_a_scan_of_every_instant(spans: list[Interval]) -> None:
    scanned = max((sum(s.start_ms <= at < s.end_ms for s in spans) for at in range(101)), default=0)

    assert most_at_once(s for s in spans if s.end_ms > s.start_ms) == scanned


def cold(*, arrived_ms: int, sent_ms: float, received_ms: float, held_ms: int = 0) -> Answer:
    block = kit_block("a", cold=True, arrived_ms=arrived_ms, held_ms=held_ms)
    return an_answer({"statusCode": 200, "caretaker": block}, sent_ms=sent_ms, received_ms=received_ms)


@pytest.mark.parametrize(
    ("arrived_ms", "held_ms", "lag_ms"),
    [
        (1_900, 0, 0),  # sent at 1000, there after 900 ms of init, answered at 2000: the clocks may agree
        (6_950, 0, 4_950),  # it was there after the answer came: the clock is ahead, by this much at least
        (6_000, 900, 4_900),
        (-3_100, 0, -4_100),  # it was there before it was sent: the clock is behind
    ],
)
def test_cold_pings_tell_the_least_difference_of_the_clocks(arrived_ms: int, held_ms: int, lag_ms: float) -> None:
    ping = cold(arrived_ms=arrived_ms, held_ms=held_ms, sent_ms=1_000, received_ms=2_000)
    coverage = measure(a_burst(ping), HTTP)

    assert (coverage.arrival_lag_ms, coverage.arrival_spread_ms) == (lag_ms, None)


def test_cold_pings_whose_clocks_contradict_each_other_tell_nothing() -> None:
    ahead = cold(arrived_ms=6_950, sent_ms=1_000, received_ms=2_000)
    behind = cold(arrived_ms=-3_100, sent_ms=1_000, received_ms=2_000)

    assert measure(a_burst(ahead, behind), HTTP).arrival_lag_ms is None


def test_an_application_that_answers_5xx_is_warmed_and_does_not_work() -> None:
    coverage = measure(a_burst(a_warm_answer("a"), a_warm_answer("b", status=503)), HTTP)

    assert (coverage.warmed, coverage.working) == (2, 1)


@given(st.data())
def test_logs_never_show_more_environments_than_there_were_and_all_of_them_where_all_overlap(
    data: st.DataObject,
) -> None:
    """Pings are served by the environment that a policy picks of the idle ones, or by a new one."""
    spans = sorted(
        data.draw(st.lists(intervals.filter(lambda s: s.end_ms > s.start_ms), min_size=1, max_size=12)), key=by_start
    )
    busy_until: list[float] = []
    for span in spans:
        idle = [index for index, until in enumerate(busy_until) if until <= span.start_ms]
        if idle:
            busy_until[data.draw(st.sampled_from(idle))] = span.end_ms
        else:
            busy_until.append(span.end_ms)

    coverage = measure(a_burst(*(a_logged_answer(span.start_ms, span.end_ms) for span in spans)), HTTP)

    assert coverage.evidence is Evidence.OVERLAP
    assert 1 <= coverage.covered <= len(busy_until)
    if max(span.start_ms for span in spans) < min(span.end_ms for span in spans):
        assert coverage.covered == len(busy_until) == len(spans)


def by_start(span: Interval) -> float:
    return span.start_ms
