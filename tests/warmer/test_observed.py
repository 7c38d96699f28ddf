"""What replies and log tails show beside coverage."""

from typing import Any

from fleet.model import Answer, LogFacts, Lost
from tests.warmer.builders import HTTP, a_burst, an_answer, kit_block
from warmer.coverage import measure
from warmer.observed import Observed


def new(environment: str, *, age_ms: int = 5, log: LogFacts | None = None, **fields: Any) -> Answer:
    block = kit_block(environment, cold=True, age_ms=age_ms, **fields)
    return an_answer({"statusCode": 200, "caretaker": block}, log=log or LogFacts(billed_ms=900))


def seen(*outcomes: Answer | Lost) -> Observed:
    return measure(a_burst(*outcomes), HTTP).observed


def test_a_new_environment_whose_log_names_no_init_ran_it_inside_the_ping() -> None:
    observed = seen(new("a"), new("b", log=LogFacts(billed_ms=900, init_ms=840.0)))

    assert (observed.suppressed_init, observed.initialised_ahead) == (1, 0)


def test_one_that_was_there_long_before_its_first_ping_was_initialised_ahead() -> None:
    observed = seen(new("a", age_ms=60_000))

    assert (observed.suppressed_init, observed.initialised_ahead) == (0, 1)


def test_a_restore_is_no_suppressed_init() -> None:
    observed = seen(new("a", log=LogFacts(billed_ms=900, restore_ms=310.0)))

    assert (observed.restored, observed.suppressed_init) == (1, 0)


def test_without_a_log_nothing_is_said_of_init() -> None:
    assert seen(new("a", log=LogFacts())).suppressed_init == 0


def test_holds_are_the_median_and_the_longest() -> None:
    observed = seen(new("a", held_ms=10), new("b", held_ms=30), new("c", held_ms=95))

    assert (observed.hold_ms, observed.longest_hold_ms) == (30, 95)


def test_how_long_a_kit_held_past_the_release_is_told_by_its_own_clock() -> None:
    # The bursts here are released at 2000.
    assert seen(new("a", arrived_ms=1900, held_ms=100)).beyond_release_ms == 0
    assert seen(new("a", arrived_ms=1900, held_ms=100), new("b", arrived_ms=1950, held_ms=57)).beyond_release_ms == 7
    assert seen(new("a", arrived_ms=2500, held_ms=0)).beyond_release_ms is None


def test_distinct_environments_are_known_when_every_warmed_reply_names_its_own() -> None:
    assert seen(new("a"), new("a"), new("b"), Lost(reason="no answer in time")).distinct == 2
    assert seen(new("a"), an_answer({"statusCode": 200})).distinct is None
    assert seen(Lost(reason="no answer in time")).distinct is None
