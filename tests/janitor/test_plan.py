"""The plan: a verdict for every version, limits, marks, and what is remembered."""

from datetime import timedelta

import pytest

from fleet.ports import FunctionMemory, Mark
from janitor.inventory import Unread
from janitor.plan import marks_after, plan_sweep
from janitor.record import live_versions, memory_after
from tests.janitor.builders import (
    LONG_AGO,
    NOW,
    a_memory,
    a_policy,
    a_sweep_policy,
    a_version,
    an_alias,
    an_inventory,
    facts,
    marks_for,
    v,
    versions,
)


def plan_of(*functions, policy=None):
    return plan_sweep(an_inventory(*functions), policy or a_sweep_policy(), NOW)


def numbers(verdicts):
    return [verdict.version.number.value for verdict in verdicts]


def test_an_empty_account_gives_an_empty_plan():
    assert plan_of().functions == ()


def test_every_version_has_a_verdict_and_deletes_are_oldest_first():
    plan = plan_of(facts([12, 1, 9, 10, 2], aliases=(an_alias("live", 2),))).functions[0]
    assert numbers(plan.verdicts) == [1, 2, 9, 10, 12]
    assert numbers(plan.to_delete) == [1, 9]
    marked = "behind no alias and in no schedule, first found unused at 2026-06-01T09:00:00Z"
    assert [str(verdict.reason) for verdict in plan.verdicts] == [
        f"replaced 176 days ago, number 5 from the newest, {marked}",
        "alias: live points to it",
        f"replaced 176 days ago, number 3 from the newest, {marked}",
        "newest: number 2 of the newest 2 that stay",
        "newest: number 1 of the newest 2 that stay",
    ]


def test_an_alias_on_every_version_keeps_every_version():
    aliases = tuple(an_alias(f"a{n}", n) for n in range(1, 61))
    assert plan_of(facts(range(1, 61), aliases=aliases)).functions[0].to_delete == ()


def test_a_functions_limit_takes_the_oldest_and_keeps_the_others_as_limit():
    plan = plan_of(facts(range(1, 11)), policy=a_sweep_policy(per_function=3)).functions[0]
    assert numbers(plan.to_delete) == [1, 2, 3]
    assert {verdict.keep[0].code.value for verdict in plan.verdicts[3:8]} == {"limit"}


def test_the_runs_limit_goes_across_functions_in_their_turn():
    policy = a_sweep_policy(per_function=25, per_run=10)
    plan = plan_of(
        facts(range(1, 9), name="b"), facts(range(1, 9), name="a"), facts(range(1, 9), name="c"), policy=policy
    )
    assert [len(function.to_delete) for function in plan.functions] == [6, 4, 0]
    assert "CARETAKER_MAX_PER_RUN" in plan.functions[2].verdicts[0].would_change_if


def test_the_plan_of_one_function_does_not_depend_on_another_that_cannot_be_read():
    unread = facts(name="broken", aliases=Unread(reason="denied"))
    plan = plan_of(unread, facts(name="fine"))
    assert [len(function.to_delete) for function in plan.functions] == [0, 8]


def test_would_change_if_names_everything_that_keeps_a_version():
    verdict = plan_of(facts(aliases=(an_alias("live", 10),))).functions[0].verdicts[-1]
    assert verdict.would_change_if == "2 newer versions are published, and alias live points to another version"


def test_what_only_a_mark_keeps_is_marked_now():
    plan = plan_of(facts(range(1, 5), memory=a_memory())).functions[0]
    assert marks_after(plan, NOW) == marks_for([1, 2], at=NOW)


def test_a_standing_mark_keeps_its_date():
    plan = plan_of(facts(range(1, 5), memory=a_memory(marked=[1], at=NOW - timedelta(hours=1)))).functions[0]
    assert [mark.marked_at for mark in marks_after(plan, NOW)] == [NOW - timedelta(hours=1), NOW]


def test_what_a_limit_keeps_stays_marked():
    plan = plan_of(facts(range(1, 6)), policy=a_sweep_policy(per_function=1)).functions[0]
    assert marks_after(plan, NOW) == marks_for([1, 2, 3])


def test_a_version_that_came_into_use_again_loses_its_mark():
    plan = plan_of(facts(range(1, 5), aliases=(an_alias("live", 1),))).functions[0]
    assert marks_after(plan, NOW) == marks_for([2])


def test_marks_stay_as_they_are_where_something_could_not_be_read():
    plan = plan_of(facts(range(1, 5), aliases=Unread(reason="denied"), memory=a_memory(marked=[1]))).functions[0]
    assert marks_after(plan, NOW) == marks_for([1])


def test_a_version_with_new_code_is_marked_anew():
    published = (a_version(1, code="other"), *versions([2, 3]))
    plan = plan_of(facts(published=published, memory=a_memory(marked=[1]))).functions[0]
    assert marks_after(plan, NOW) == (Mark(version=v(1), code_sha256="other", marked_at=NOW),)


def test_the_newest_and_the_aliased_are_live():
    aliases = (an_alias("live", 4, v5=0.1), an_alias("dev", "$LATEST"))
    assert live_versions(facts(aliases=aliases)) == {v(4), v(5), v(10)}


def test_a_version_that_was_live_and_is_not_any_more_is_superseded_now():
    before = a_memory(live=[3, 9, 10], superseded={2: LONG_AGO, 77: LONG_AGO})
    plan = plan_of(facts(aliases=(an_alias("live", 9),), memory=before)).functions[0]
    after = memory_after(plan, NOW)
    assert after is not None
    assert after.live == {v(9), v(10)}
    assert after.superseded == ((v(2), LONG_AGO), (v(3), NOW))  # 77 exists no more


def test_a_superseded_version_that_is_live_again_is_no_longer_superseded():
    plan = plan_of(facts(aliases=(an_alias("live", 3),), memory=a_memory(superseded={3: LONG_AGO}))).functions[0]
    after = memory_after(plan, NOW)
    assert after is not None
    assert after.superseded == ()


def test_nothing_is_remembered_of_a_function_whose_memory_was_not_read():
    assert memory_after(plan_of(facts(memory=Unread(reason="denied"))).functions[0], NOW) is None


def test_what_is_live_stays_as_known_when_aliases_were_not_read():
    before = a_memory(live=[3])
    plan = plan_of(facts(aliases=Unread(reason="denied"), memory=before)).functions[0]
    assert memory_after(plan, NOW) == FunctionMemory(live=frozenset({v(3)}))


@pytest.mark.parametrize("keep", [1, 0, -1])
def test_a_policy_that_keeps_fewer_than_two_cannot_be_made(keep):
    with pytest.raises(ValueError, match="at least 2"):
        a_policy(keep=keep)
