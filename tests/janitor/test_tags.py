"""What a function's tags say: they keep more, never less, and nonsense keeps all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from janitor.keep import KeepCode
from janitor.plan import plan_sweep
from janitor.rules import keep_reasons
from janitor.tags import tagged
from tests.janitor.builders import NOW, a_policy, a_sweep_policy, an_inventory, facts, the_candidate, unused


def codes(number: int, **tags: str) -> list[KeepCode]:
    mine = {f"caretaker:{key.replace('_', '-')}": value for key, value in tags.items()}
    of = facts(range(1, 11), uses=unused(range(1, 11), tags={"team": "x", **mine}))
    return [reason.code for reason in keep_reasons(the_candidate(number, of, a_policy(keep=2)))]


def test_other_tags_say_nothing():
    assert codes(1) == []


def test_a_tag_raises_how_many_of_the_newest_stay():
    assert [number for number in range(1, 11) if codes(number, keep="5") == []] == [1, 2, 3, 4, 5]


def test_a_tag_never_lowers_what_schedules_and_settings_keep():
    policy = a_policy(keep=5, min_superseded=timedelta(days=7))
    found = tagged(policy, {"caretaker:keep": "2", "caretaker:min-superseded": "1h"})
    assert (found.keep, found.min_superseded) == (5, timedelta(days=7))


def test_a_tag_lengthens_how_long_ago_a_version_must_have_been_replaced():
    assert codes(1, min_superseded="30d") == []
    assert codes(1, min_superseded="400d") == [KeepCode.YOUNG]


@pytest.mark.parametrize("tags", [{"keep": "all"}, {"keep": "true"}, {"keep": ""}, {"off": "true"}, {"off": ""}])
def test_a_tag_keeps_all(tags):
    assert codes(1, **tags) == [KeepCode.TAG]


def test_off_false_is_not_off():
    assert codes(1, off="false") == []


NONSENSE = [
    ("caretaker:keep", "1"),
    ("caretaker:keep", "-3"),
    ("caretaker:keep", "five"),
    ("caretaker:keep", "٣"),
    ("caretaker:min-superseded", "7"),
    ("caretaker:min-superseded", "a while"),
    ("caretaker:off", "maybe"),
    ("caretaker:kep", "5"),
    ("Caretaker:Keep", "5"),
]


@pytest.mark.parametrize(("key", "value"), NONSENSE)
def test_nonsense_keeps_all_and_is_reported(key, value):
    of = facts(range(1, 11), uses=unused(range(1, 11), tags={key: value}))
    plan = plan_sweep(an_inventory(of), a_sweep_policy(), NOW).functions[0]
    assert plan.to_delete == ()
    assert plan.verdicts[0].keep[0].code is KeepCode.TAG
    assert [reason for reason in plan.unread if key in reason]


def test_a_sound_tag_that_keeps_all_is_no_trouble():
    of = facts(range(1, 11), uses=unused(range(1, 11), tags={"caretaker:off": "true"}))
    assert plan_sweep(an_inventory(of), a_sweep_policy(), NOW).functions[0].unread == ()


def test_a_function_without_the_tag_that_the_settings_choose_by_keeps_all():
    policy = replace(a_policy(), wanted_tags=(("team", "shop"),))
    assert tagged(policy, {"team": "shop"}).tagged is None
    assert "team=shop" in str(tagged(policy, {"team": "other"}).tagged)
