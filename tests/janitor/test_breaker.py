"""The breaker: which plans it holds back and how long, what it remembers; and trouble in many functions in a row."""

from datetime import timedelta

import pytest

from fleet.ports import Baseline, Refused
from janitor.breaker import holding, size_of
from janitor.plan import plan_sweep
from janitor.sweep import Outcome, sweep
from tests.janitor.builders import (
    NOW,
    Account,
    NoUses,
    a_journal,
    a_memory,
    a_sweep_policy,
    an_alias,
    an_inventory,
    facts,
)
from tests.janitor.fake_lambda import Reply
from tests.janitor.reading import LONG_AGO


@pytest.mark.parametrize(
    ("before", "now"),
    [(0, 0), (0, 100), (20, 120), (5, 3), (50, 150), (51, 153), (1000, 3000), (9000, 100)],
)
def test_a_plan_of_about_the_size_of_the_one_before_goes_and_is_the_new_measure(before, now):
    found = holding(now, Baseline(size=before), NOW)
    assert (found.why, found.tripped) == (None, False)
    assert found.baseline == Baseline(size=now)


@pytest.mark.parametrize(("before", "now"), [(0, 101), (20, 121), (50, 151), (51, 154), (1000, 3001)])
def test_a_plan_many_times_the_one_before_is_held_back_with_both_numbers(before, now):
    found = holding(now, Baseline(size=before), NOW)
    assert found.tripped
    assert f"{now} versions" in str(found.why)
    assert f"the plans before had {before};" in str(found.why)
    assert found.baseline == Baseline(size=before, tripped_at=NOW)


def test_it_holds_for_a_day_from_the_first_such_plan_and_then_takes_it_for_the_measure():
    held = holding(900, Baseline(size=10), NOW).baseline
    later = holding(950, held, NOW + timedelta(hours=23, minutes=59))
    assert later.tripped
    assert later.baseline == held
    over = holding(950, later.baseline, NOW + timedelta(days=1))
    assert (over.why, over.baseline) == (None, Baseline(size=950))


def test_a_plan_that_shrinks_again_goes_at_once():
    held = holding(900, Baseline(size=10), NOW).baseline
    assert holding(12, held, NOW + timedelta(hours=6)).baseline == Baseline(size=12)


def test_the_first_plan_is_held_back_without_an_alarm():
    found = holding(900, None, NOW)
    assert (found.tripped, found.baseline) == (False, Baseline(size=900))
    assert "first run after installation" in str(found.why)


def test_a_run_that_could_not_read_everything_does_not_make_the_next_whole_one_look_too_large():
    partial = holding(0, Baseline(size=1000), NOW, whole=False)
    assert partial.baseline == Baseline(size=800)
    assert holding(1000, partial.baseline, NOW).why is None


def test_the_size_counts_what_only_a_mark_or_a_limit_keeps():
    unmarked = facts(range(1, 31), memory=a_memory(), aliases=(an_alias("live", 3),))
    marked = facts(range(1, 31), name="cart")
    plan = plan_sweep(an_inventory(unmarked, marked), a_sweep_policy(per_function=4, per_run=5), NOW)
    assert size_of(plan) == 27 + 28


def test_trouble_with_ten_functions_in_a_row_ends_the_run_and_the_others_say_why():
    names = [f"f{number:02}" for number in range(14)]
    account = Account(published={name: set(range(1, 6)) for name in names})
    account.trouble["delete", "*"] = Refused("lambda:DeleteFunction was refused (Odd): no")
    plan = plan_sweep(an_inventory(*(facts(range(1, 6), name=name) for name in names)), a_sweep_policy(), NOW)
    results = list(sweep(plan, account, NoUses(), a_journal()))
    assert [result.outcome for result in results] == [Outcome.FAILED] * 10 + [Outcome.HELD] * 4
    assert len(account.deletes) == 10
    assert "trouble with 10 functions in a row" in results[-1].reason
    assert [result.tried for result in results] == [True] * 10 + [False] * 4


def test_trouble_with_every_other_function_ends_nothing():
    names = [f"f{number:02}" for number in range(40)]
    account = Account(published={name: set(range(1, 6)) for name in names})
    for name in names[::2]:
        account.trouble["delete", name] = Refused("no")
    plan = plan_sweep(an_inventory(*(facts(range(1, 6), name=name) for name in names)), a_sweep_policy(), NOW)
    assert sum(len(result.deleted) for result in sweep(plan, account, NoUses(), a_journal())) == 20 * 3


def test_a_run_with_a_much_larger_plan_deletes_nothing_for_a_day_and_then_goes_on(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.run()
    world.later(hours=6)
    world.account.add("till", range(1, 151), published=LONG_AGO)
    held = world.run()
    assert (held["run"], held["ok"], world.account.deleted) == ("plan", False, [])
    assert "the breaker holds back all deletes" in held["reason"]
    assert "the breaker holds back all deletes" in held["problems"][0]
    world.later(hours=23)
    assert world.run()["run"] == "plan"
    world.later(hours=1)
    assert world.run()["run"] == "sweep"
    assert world.account.numbers("shop") == [4, 5]


def test_the_function_behind_the_trouble_comes_first_in_the_next_run(world):
    for number in range(13):
        world.account.add(f"f{number:02}", range(1, 4), published=LONG_AGO)
    world.run()
    world.later(hours=6)
    odd = Reply(418, "Teapot")
    world.account.rules.append(
        lambda seen: odd if seen.operation == "DeleteFunction" and seen.function < "f10" else None
    )
    assert world.run()["ok"] is False
    assert world.account.deleted == []
    world.later(hours=6)
    world.run()
    assert [name for name, _ in world.account.deleted] == ["f10", "f11", "f12"]
