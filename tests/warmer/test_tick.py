"""Ticks against environments in memory, over real HTTP: what is reported equals what the environments saw."""

from typing import Any

import pytest

from tests.warmer.environment_pool import ALL, NONE, Pool
from tests.warmer.ticking import Opened, Warmer, Weighted, reach
from warmer.memory import Memory
from warmer.pace import Learnt
from warmer.plan import Outcome


@pytest.mark.parametrize("reuse", ["mru", "lru", "random"])
@pytest.mark.parametrize(("wanted", "ticks"), [(1, 4), (5, 4), (20, 4), (50, 2), (100, 2), (300, 1)])
def test_what_is_wanted_is_counted_in_each_tick_and_is_what_the_pool_counts(
    reuse: Any, wanted: int, ticks: int, opened: Opened
) -> None:
    pool = opened(Pool(reuse=reuse))
    warmer = Warmer(pool=pool, wanted=wanted)

    for index in range(1 + ticks):
        before = len(pool.served)
        report = warmer.tick()
        assert (report.evidence, report.covered) == ("counted", wanted), report.reason
        assert report.covered == report.distinct == pool.reached(before)
        assert report.cold == (wanted if index == 0 else 0)
    assert pool.warm() == pool.made == wanted


def test_a_warmer_that_remembers_nothing_reaches_the_same_with_a_longer_hold(opened: Opened) -> None:
    pool = opened(Pool())
    warmer = Warmer(pool=pool, wanted=20)

    holds = []
    for _ in range(3):
        warmer.memory = Memory()
        report = warmer.tick()
        assert report.covered == 20
        holds.append(report.hold_ms or 0.0)
    assert max(holds) > 100


def test_holds_become_as_short_as_the_bursts_are_narrow(opened: Opened) -> None:
    warmer = Warmer(pool=opened(Pool()), wanted=20)
    before = max(report.hold_ms or 0.0 for report in warmer.ticks(2))

    assert before > 100
    # A few milliseconds on an idle machine; its wobbles are part of what is learnt, and forgotten in time.
    assert any((warmer.tick().hold_ms or 0.0) < before / 2 for _ in range(60))


def test_a_window_that_was_too_narrow_is_followed_by_a_wider_one_in_the_same_tick(opened: Opened) -> None:
    # A hold of six milliseconds is never enough here, and one of six hundred is even where pings come late.
    pool = opened(Pool(jitter_ms=50, meet_from_ms=200))
    warmer = Warmer(pool=pool, wanted=12)
    warmer.tick()
    [key] = warmer.memory.learnt
    warmer.memory.learnt[key] = Learnt(spread_ms=0.0, lag_ms=0.0, margin_ms=6.0)

    before = len(pool.served)
    report = warmer.tick()

    assert (report.covered, report.outcome) == (12, Outcome.WARM)
    assert report.covered == pool.reached(before)
    assert report.top_ups == report.rounds - 1 in (1, 2)
    assert report.sent == 12 * report.rounds


def test_a_target_that_stays_short_gets_two_more_rounds_and_says_what_each_reached(opened: Opened) -> None:
    pool = opened(Pool(kit_limit_ms=0, meet_from_ms=ALL))
    warmer = Warmer(pool=pool, wanted=20)
    assert warmer.tick().covered == 20
    # Its kit never holds, its environments are quick, and pings come one after the other.
    pool.meet_from_ms = NONE

    before = len(pool.served)
    report = warmer.tick()

    assert (report.rounds, report.sent, report.outcome, report.ok) == (3, 60, Outcome.SHORT, False)
    assert report.covered == pool.reached(before) < 20
    assert "rounds reached " in report.reason


def test_no_round_is_begun_that_the_ticks_time_would_cut_off(opened: Opened) -> None:
    pool = opened(Pool(kit_limit_ms=0, meet_from_ms=ALL))
    warmer = Warmer(pool=pool, wanted=20)
    warmer.tick()
    pool.meet_from_ms = NONE

    assert warmer.tick(seconds=2.5).rounds == 1


def test_the_first_throttle_ends_the_rounds_and_its_reason_is_told(opened: Opened) -> None:
    pool = opened(Pool(most=3, meet_from_ms=ALL))
    report = Warmer(pool=pool, wanted=5).tick()

    assert (report.rounds, report.sent, report.throttled, report.covered) == (1, 5, 2, 3)
    assert (report.outcome, report.ok) == (Outcome.SHORT, False)
    assert "ReservedFunctionConcurrentInvocationLimitExceeded" in report.reason


@pytest.mark.parametrize("ahead_ms", [5000, -5000], ids=["ahead", "behind"])
def test_a_targets_wrong_clock_is_known_after_a_tick_of_cold_pings(ahead_ms: float, opened: Opened) -> None:
    pool = opened(Pool(ahead_ms=ahead_ms))
    first, second = Warmer(pool=pool, wanted=10).ticks(2)

    assert (first.covered, second.covered) == (10, 10)
    # Already the second tick's first round: neither no hold at all, nor the longest that a kit allows.
    held = [each.held_ms for each in pool.served[first.sent : first.sent + 10]]
    assert max(held) > 20
    assert min(held) < 1000


def test_a_targets_wrong_clock_is_known_to_the_round_after_the_first(opened: Opened) -> None:
    # Nothing but a hold makes the pings meet.
    pool = opened(Pool(ahead_ms=5000, meet_from_ms=1))
    warmer = Warmer(pool=pool, wanted=10)
    warmer.tick()
    warmer.memory = Memory()

    before = len(pool.served)
    report = warmer.tick()

    assert (report.covered, report.top_ups >= 1) == (10, True)
    assert report.covered == pool.reached(before)
    assert {each.held_ms for each in pool.served[before : before + 10]} == {0.0}


def test_cold_pings_that_come_after_the_release_are_not_held(opened: Opened) -> None:
    pool = opened(Pool(cold_s=0.8, meet_from_ms=ALL))
    report = Warmer(pool=pool, wanted=5).tick()

    assert (report.cold, report.covered) == (5, 5)
    assert {each.held_ms for each in pool.served} == {0.0}
    assert (report.hold_ms, report.beyond_release_ms) == (0, None)


def test_a_target_that_answers_5xx_only_is_held_back_and_comes_back_by_itself(opened: Opened) -> None:
    status = [503]
    pool = opened(Pool(meet_from_ms=ALL, reply=lambda _index: {"statusCode": status[0]}))
    warmer = Warmer(pool=pool, wanted=4)

    failing = warmer.ticks(3)
    held_back = warmer.tick()
    status[0] = 200
    back = warmer.tick()

    assert [(each.sent, each.outcome) for each in failing] == [(4, Outcome.UNHEALTHY)] * 3
    assert (held_back.sent, held_back.outcome, held_back.ok) == (1, Outcome.QUARANTINED, False)
    assert "3 ticks in a row" in held_back.reason
    assert "since 2026-11-24T12:00:00Z" in held_back.reason
    assert "answered 503" in held_back.reason
    assert (back.sent, back.covered, back.outcome, back.ok) == (5, 4, Outcome.WARM, True)
    assert (back.rounds, back.top_ups) == (2, 0)
    assert warmer.tick().sent == 4


def test_a_probe_that_works_too_late_for_the_burst_still_ends_the_quarantine(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = opened(Pool(meet_from_ms=ALL, reply=lambda _index: {"statusCode": 503}))
    warmer = Warmer(pool=pool, wanted=4)
    warmer.ticks(3)

    def works_as_time_runs_out(_index: int) -> Any:
        monkeypatch.setattr("warmer.rounds._LEAST_S", 3600)
        return {"statusCode": 200}

    pool.reply = works_as_time_runs_out
    late = warmer.tick()
    monkeypatch.undo()
    reach(monkeypatch, pool)
    pool.reply = lambda _index: {"statusCode": 200}

    assert (late.sent, late.covered, late.outcome) == (1, 1, Outcome.SHORT)
    assert warmer.tick().sent == 4


def test_a_warmer_that_remembers_nothing_holds_nobody_back(opened: Opened) -> None:
    warmer = Warmer(pool=opened(Pool(meet_from_ms=ALL, reply=lambda _index: {"statusCode": 503})), wanted=4)
    warmer.ticks(4)
    warmer.memory = Memory()

    assert warmer.tick().sent == 4


def test_throttles_hold_no_target_back(opened: Opened) -> None:
    pool = opened(Pool(most=0))
    warmer = Warmer(pool=pool, wanted=2)
    warmer.ticks(4)
    pool.most = 10

    assert warmer.tick().outcome is Outcome.WARM


def test_both_versions_behind_a_weighted_alias_are_warmed_at_one_instant_in_one_item(opened: Opened) -> None:
    pool = opened(Pool(meet_from_ms=ALL))
    warmer = Warmer(pool=pool, wanted=10, qualifiers=Weighted(v41=0.8, v42=0.2))

    for _ in range(3):
        before = len(pool.served)
        report = warmer.tick()
        served = pool.served[before:]
        assert (report.covered, report.outcome, report.rounds) == (10, Outcome.WARM, 1)
        assert "8 for 41, 2 for 42" in report.reason
        assert [sum(each.qualifier == version for each in served) for version in ("41", "42")] == [8, 2]
        assert {each.block["of"] for each in served if each.qualifier == "42"} == {2}
        assert len({each.block["release_at_ms"] for each in served}) == 1
    assert (pool.warm("41"), pool.warm("42")) == (8, 2)


def test_json_logs_show_every_environment_where_all_overlap(opened: Opened) -> None:
    pool = opened(Pool(logs="json", work_s=0.2, meet_from_ms=ALL))
    warmer = Warmer(pool=pool, wanted=20)

    for _ in range(3):
        before = len(pool.served)
        report = warmer.tick()
        assert (report.evidence, report.outcome) == ("overlap", Outcome.WARM)
        assert report.covered == pool.reached(before) == 20


@pytest.mark.parametrize("reuse", ["mru", "lru", "random"])
def test_json_logs_never_show_more_than_there_were(reuse: Any, opened: Opened) -> None:
    pool = opened(Pool(reuse=reuse, logs="json", work_s=0.02, jitter_ms=60))
    warmer = Warmer(pool=pool, wanted=15)

    for _ in range(3):
        before = len(pool.served)
        report = warmer.tick()
        assert report.evidence == "overlap"
        assert 0 < report.covered <= pool.reached(before)
