"""What becomes of the boosts that are kept, word by word: in order, out of order, too many and too much."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fleet.boosts import Boost
from fleet.ports import AccessDenied
from profiles.model import Platform, ScheduleSet
from tests.warmer.boosting import Shelf
from tests.warmer.builders import a_service, a_target, schedules
from warmer.boost_message import Ask, Begin, End, Idle, Unusable
from warmer.boosting import changed_boosts, known_boosts
from warmer.boosts import BoostState, What, concerned
from warmer.settling import MOST

NOW = datetime(2026, 11, 24, 12, 3, tzinfo=UTC)
INSTANT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TWO = schedules(a_service(a_target("shop-prod"), a_target("shop-batch")), a_service(a_target("cart"), name="cart"))
EVERYTHING = replace(TWO, platform=Platform(max_concurrency=50))


def begin(at_least: int = 40, *, at: datetime = NOW, minutes: int = 30, **fields: object) -> Begin:
    asked = Begin(
        service="shop",
        function=None,
        at_least=at_least,
        lasts=minutes * MINUTE,
        name="shop-is-busy",
        reason="34 of 40 in use",
        at=at,
    )
    return replace(asked, **fields)  # type: ignore[arg-type]


def end(*, at: datetime = NOW, name: str | None = "shop-is-busy", **fields: object) -> End:
    return replace(End(service="shop", function=None, name=name, at=at), **fields)  # type: ignore[arg-type]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def say(shelf: Shelf) -> Callable[..., BoostState]:
    def said(*asks: Ask, now: datetime = NOW, of: ScheduleSet = EVERYTHING) -> BoostState:
        return changed_boosts(shelf, asks, of, INSTANT, now=now)

    return said


Say = Callable[..., BoostState]


def whats(state: BoostState) -> list[What]:
    return [change.what for change in state.changes]


def why(state: BoostState) -> str:
    (change,) = state.changes
    return change.reason


def levels(state: BoostState) -> list[tuple[str, int]]:
    return [(boost.name, boost.at_least) for boost in state.active]


def test_a_boost_starts_and_is_kept_with_its_last_instant_and_its_reason(say: Say, shelf: Shelf) -> None:
    state = say(begin(at=NOW - MINUTE))
    (boost,) = state.active
    assert (boost.at_least, boost.until, boost.since) == (40, NOW + 29 * MINUTE, NOW - MINUTE)
    assert list(shelf.kept) == ["shop#shop-is-busy"]
    assert why(state) == (
        'started boost "shop-is-busy" of shop to at least 40 until 2026-11-24 12:32:00 UTC (34 of 40 in use)'
    )


def test_a_boost_asked_for_again_is_renewed_and_not_a_second_one(say: Say) -> None:
    say(begin())
    state = say(begin(10, at=NOW + 5 * MINUTE), now=NOW + 5 * MINUTE)
    assert (whats(state), levels(state)) == ([What.RENEWED], [("shop-is-busy", 10)])


def test_the_same_message_twice_changes_nothing(say: Say) -> None:
    say(begin())
    state = say(begin())
    assert (whats(state), state.refused) == ([What.UNCHANGED], 0)
    assert "is known already" in why(state)


def test_a_boost_ends_when_its_alarm_is_over(say: Say) -> None:
    say(begin())
    state = say(end(at=NOW + MINUTE), now=NOW + MINUTE)
    assert (whats(state), state.active) == ([What.ENDED], ())
    assert why(state) == 'ended boost "shop-is-busy" of shop'


def test_an_alarm_that_arrives_after_its_own_end_begins_nothing(say: Say) -> None:
    early = say(end(at=NOW))
    late = say(begin(at=NOW - MINUTE), now=NOW + MINUTE)
    assert (whats(early), whats(late), late.active) == ([What.UNCHANGED], [What.UNCHANGED], ())
    assert "something later is known already" in why(late)


def test_an_end_that_arrives_after_the_next_beginning_ends_nothing(say: Say) -> None:
    say(begin(at=NOW))
    state = say(end(at=NOW - MINUTE))
    assert (whats(state), levels(state)) == ([What.UNCHANGED], [("shop-is-busy", 40)])
    assert "was asked for again after that" in why(state)


def test_a_person_ends_all_boosts_of_a_service_at_once_and_no_other_s(say: Say) -> None:
    say(begin(), begin(name="by-hand"), begin(function="shop-prod"), begin(service="cart"))
    state = say(end(name=None))
    assert whats(state) == [What.ENDED] * 3
    assert [boost.service for boost in state.active] == ["cart"]


def test_a_person_ends_the_boosts_of_one_function(say: Say) -> None:
    say(begin(), begin(function="shop-prod"))
    state = say(end(name=None, function="shop-prod"))
    assert [boost.function for boost in state.active] == [None]


def test_ending_what_there_is_not_says_so_and_fails_nothing(say: Say, shelf: Shelf) -> None:
    state = say(end(name=None))
    assert (why(state), state.refused, shelf.kept) == ("there is no boost of shop to end", 0, {})


def test_a_level_above_the_platform_s_ceiling_is_cut_and_says_so(say: Say) -> None:
    state = say(begin(400))
    assert levels(state) == [("shop-is-busy", 50)]
    assert "to at least 50, the platform's ceiling, in place of 400, until" in why(state)


def test_a_boost_for_longer_than_a_day_is_cut_to_a_day_and_says_so(say: Say) -> None:
    state = say(begin(minutes=100 * 60))
    assert state.active[0].until == NOW + timedelta(hours=24)
    assert "no boost lasts longer than 1d" in why(state)


def test_a_boost_that_was_over_when_it_arrived_is_not_kept(say: Say, shelf: Shelf) -> None:
    state = say(begin(at=NOW - 30 * MINUTE))
    assert (whats(state), shelf.kept) == ([What.UNCHANGED], {})
    assert "until 2026-11-24 12:03:00 UTC is over already" in why(state)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (begin(service="shoop"), 'no usable service "shoop" in the schedules, did you mean "shop"?'),
        (begin(service="zz\n"), 'no usable service "zz\\n" in the schedules (usable: cart, shop)'),
        (end(service="shoop"), 'no usable service "shoop"'),
        (begin(function="cart"), 'no function "cart" in service shop'),
        (begin(at=NOW + 11 * MINUTE), "ahead of the clock"),
        (Unusable(reason="a reason"), "a reason"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words_and_nothing_is_kept(
    say: Say, shelf: Shelf, ask: Ask, words: str
) -> None:
    state = say(ask)
    assert (whats(state), state.refused, shelf.kept) == ([What.REFUSED], 1, {})
    assert words in why(state)


def test_what_changes_nothing_fails_nothing(say: Say) -> None:
    state = say(Idle(reason="no data"))
    assert (whats(state), state.refused) == ([What.UNCHANGED], 0)


def test_more_boosts_than_a_person_could_oversee_are_refused(say: Say) -> None:
    say(*(begin(name=f"alarm-{number}") for number in range(MOST)))
    state = say(begin(name="one more"))
    assert (whats(state), len(state.active)) == ([What.REFUSED], MOST)
    assert "100 boosts hold already" in why(state)
    assert whats(say(begin(41, name="alarm-7", at=NOW + MINUTE), now=NOW + MINUTE)) == [What.RENEWED]


def test_boosts_begun_and_ended_without_end_are_refused_before_they_fill_the_table(say: Say, shelf: Shelf) -> None:
    for number in range(500):
        say(begin(name=f"alarm-{number}"), end(name=f"alarm-{number}"))
    assert len(shelf.kept) <= 400
    assert "boosts are remembered already" in why(say(begin(name="one more")))


def test_ended_boosts_are_forgotten_after_the_longest_that_a_late_message_can_matter(say: Say, shelf: Shelf) -> None:
    say(begin(), end())
    (boost,) = shelf.kept.values()
    assert boost.matters(NOW + timedelta(hours=24) - MINUTE)
    assert not boost.matters(NOW + timedelta(hours=24))


def test_without_a_state_table_a_boost_raises_this_one_tick_and_says_so() -> None:
    state = changed_boosts(None, [begin()], EVERYTHING, INSTANT, now=NOW)
    assert (levels(state), state.refused) == ([("shop-is-busy", 40)], 1)
    assert "for this tick only, since it was not kept: there is no state table" in why(state)


def test_a_boost_that_cannot_be_kept_raises_this_one_tick_and_names_the_permission(shelf: Shelf) -> None:
    shelf.broken = AccessDenied("dynamodb:Query was denied", action="dynamodb:Query")
    state = changed_boosts(shelf, [begin()], EVERYTHING, INSTANT, now=NOW)
    assert (levels(state), state.refused) == ([("shop-is-busy", 40)], 1)
    assert state.problems == ("the boosts were not read, so that none raises anything: dynamodb:Query was denied",)


def test_an_end_that_cannot_be_kept_ends_nothing_and_says_so(say: Say, shelf: Shelf) -> None:
    say(begin())
    shelf.read_only = True
    state = say(end())
    assert (whats(state), levels(state)) == ([What.REFUSED], [("shop-is-busy", 40)])
    assert "was not ended: dynamodb:PutItem: no answer" in why(state)


def test_a_later_word_that_another_run_kept_meanwhile_stays(shelf: Shelf) -> None:
    class Behind(Shelf):
        def read(self) -> object:  # type: ignore[override]
            found = super().read()
            self.kept["shop#shop-is-busy"] = later
            return found

    later = Boost(
        service="shop", at_least=9, until=NOW + MINUTE, name="shop-is-busy", reason="", since=NOW + MINUTE, ended=True
    )
    behind = Behind()
    state = changed_boosts(behind, [begin()], EVERYTHING, INSTANT, now=NOW)
    assert (whats(state), state.active, behind.kept) == ([What.UNCHANGED], (), {"shop#shop-is-busy": later})


def test_a_tick_reads_once_and_tells_of_boosts_that_ran_out_since_the_one_before(say: Say, shelf: Shelf) -> None:
    say(begin(), begin(name="short", minutes=1), begin(name="gone"), end(name="gone"))
    shelf.reads = 0
    state = known_boosts(shelf, NOW + 2 * MINUTE, since=NOW - 3 * MINUTE)
    assert (shelf.reads, levels(state)) == (1, [("shop-is-busy", 40)])
    assert [(change.what, change.reason) for change in state.changes] == [(What.OVER, 'boost "short" of shop is over')]
    assert known_boosts(shelf, NOW + 7 * MINUTE, since=NOW + 2 * MINUTE).changes == ()


def test_a_tick_without_a_table_asks_nothing() -> None:
    assert known_boosts(None, NOW) == BoostState()


def test_only_the_targets_that_a_boost_raises_are_served_at_once(say: Say) -> None:
    of_one = concerned(EVERYTHING, say(begin(function="shop-prod")).changes)
    assert [target.function.name for service in of_one.services for target in service.targets] == ["shop-prod"]
    assert len(concerned(EVERYTHING, say(begin(name="all")).changes).services[0].targets) == 2
    assert concerned(EVERYTHING, say(end(name="all")).changes).services == ()
