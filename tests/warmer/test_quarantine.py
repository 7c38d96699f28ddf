from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from warmer.quarantine import AFTER_TICKS, Failing, failing

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def after(*ticks: tuple[int, int]) -> Failing | None:
    """What is known after ticks of so many (working, throttled) pings, five minutes apart."""
    known: Failing | None = None
    for index, (working, throttled) in enumerate(ticks):
        at = NOON + index * timedelta(minutes=5)
        known = failing(known, working=working, throttled=throttled, reason=f"tick {index}", at=at)
    return known


def test_two_ticks_without_a_working_application_hold_nobody_back() -> None:
    known = after((0, 0), (0, 0))

    assert known is not None
    assert not known.quarantined


def test_the_third_in_a_row_does_and_says_since_when_and_why() -> None:
    known = after((0, 0), (0, 0), (0, 0))

    assert known is not None
    assert known.quarantined
    assert known.words == (
        "3 ticks in a row without an answer of a working application, since 2026-11-24T12:00:00Z: tick 2"
    )


def test_one_working_answer_ends_it() -> None:
    assert after((0, 0), (0, 0), (0, 0), (1, 0)) is None


def test_a_throttled_tick_counts_for_nothing() -> None:
    assert after((0, 3)) is None
    assert after((0, 0), (0, 3)) == after((0, 0))


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=12))
def test_a_target_is_held_back_just_when_its_last_three_unthrottled_ticks_found_nothing(
    ticks: list[tuple[int, int]],
) -> None:
    telling = [working for working, throttled in ticks if working or not throttled]
    known = after(*ticks)

    assert (known is not None and known.quarantined) == (telling[-AFTER_TICKS:] == [0] * AFTER_TICKS)
