"""Each safeguard alone: what it keeps, what it lets go, and where the boundary lies."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.ports import Mark
from janitor.inventory import Unread
from janitor.keep import KeepCode, spoken, superseded_at
from janitor.policy import FunctionPolicy
from janitor.rules import keep_reasons
from tests.janitor.builders import (
    LONG_AGO,
    NOW,
    a_memory,
    a_policy,
    a_version,
    an_alias,
    facts,
    the_candidate,
    v,
    versions,
)


def codes(number: int, **of: object) -> list[str]:
    policy = of.pop("policy", None)
    assert policy is None or isinstance(policy, FunctionPolicy)
    return [reason.code.value for reason in keep_reasons(the_candidate(number, facts(**of), policy))]


def test_an_old_marked_version_that_nothing_names_may_go():
    assert codes(1) == []


def test_the_newest_are_ranked_by_number_so_that_10_is_newer_than_9():
    numbers = range(1, 11)
    assert [n for n in numbers if "newest" in codes(n, policy=a_policy(keep=2))] == [9, 10]


def test_the_newest_are_ranked_by_number_where_numbers_have_gaps_and_pass_127():
    numbers = [2, 9, 10, 100, 127, 128, 129, 1000]
    kept = [n for n in numbers if "newest" in codes(n, numbers=numbers, policy=a_policy(keep=3))]
    assert kept == [128, 129, 1000]


def test_the_newest_are_ranked_by_number_even_when_dates_say_the_opposite():
    published = tuple(a_version(n, at=datetime(2026, 6, 30 - n, tzinfo=UTC)) for n in range(1, 6))
    assert [n for n in range(1, 6) if "newest" in codes(n, published=published)] == [4, 5]


def test_a_version_behind_an_alias_is_kept_and_the_alias_is_named():
    reason = keep_reasons(the_candidate(3, facts(aliases=(an_alias("live", 3),))))[0]
    assert str(reason) == "alias: live points to it"
    assert reason.would_change_if == "alias live points to another version"


def test_a_version_behind_a_weighted_alias_is_kept_and_the_share_is_named():
    reason = keep_reasons(the_candidate(3, facts(aliases=(an_alias("live", 9, v3=0.1),))))[0]
    assert str(reason) == "alias-weight: live sends it 10 %"


def test_a_version_with_a_weight_of_zero_is_kept():
    assert codes(3, aliases=(an_alias("live", 9, v3=0.0),)) == ["alias-weight"]


def test_an_alias_to_latest_keeps_no_numbered_version():
    assert codes(3, aliases=(an_alias("dev", "$LATEST"),)) == []


def test_an_alias_to_30_does_not_keep_3():
    assert codes(3, aliases=(an_alias("live", 30),)) == []


def test_a_version_that_a_schedule_names_is_kept():
    policy = a_policy(scheduled=((v(3), "checkout"),))
    assert codes(3, policy=policy) == ["schedule"]
    assert codes(4, policy=policy) == []


def test_a_service_that_switched_the_janitor_off_keeps_every_version():
    policy = a_policy(off="checkout")
    assert all("schedule" in codes(n, policy=policy) for n in range(1, 11))


def test_aliases_that_could_not_be_read_keep_every_version():
    unread = Unread(reason="lambda:ListAliases was denied")
    assert [codes(n, aliases=unread)[-1] for n in range(1, 9)] == ["unverified"] * 8


def test_schedules_that_could_not_be_read_keep_every_version():
    assert codes(1, policy=a_policy(unread="shop.yaml:3:5 is broken")) == ["unverified"]


def test_a_record_that_could_not_be_read_keeps_every_version():
    assert codes(1, memory=Unread(reason="dynamodb:Query was denied")) == ["unverified"]


def test_without_a_state_table_every_version_is_unmarked():
    reason = keep_reasons(
        the_candidate(1, facts(memory=Unread(reason="CARETAKER_STATE_TABLE is not set", failed=False)))
    )[0]
    assert (reason.code, reason.facts) == (KeepCode.UNMARKED, "CARETAKER_STATE_TABLE is not set")


@pytest.mark.parametrize(
    ("replaced", "kept"),
    [
        (datetime(2026, 11, 17, 12, 0, 1, tzinfo=UTC), True),
        (datetime(2026, 11, 17, 12, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 17, 11, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 25, tzinfo=UTC), True),  # a clock ahead of ours
    ],
)
def test_a_version_is_young_until_the_whole_span_since_it_was_replaced_is_over(replaced, kept):
    published = (a_version(1), a_version(2, at=replaced), a_version(3, at=replaced))
    assert codes(1, published=published) == (["young"] if kept else [])


def test_a_version_published_long_ago_and_replaced_a_minute_ago_is_young():
    published = (a_version(1), a_version(2, at=NOW - timedelta(minutes=1)), a_version(3))
    assert codes(1, published=published) == ["young"]


def test_a_version_that_a_run_saw_fall_out_of_use_yesterday_is_young():
    memory = a_memory(marked=[3], superseded={3: NOW - timedelta(days=1)})
    it = the_candidate(3, facts(memory=memory))
    assert superseded_at(it) == NOW - timedelta(days=1)
    assert [reason.code for reason in keep_reasons(it)] == [KeepCode.YOUNG]


def test_a_version_in_use_at_the_last_run_and_not_any_more_was_replaced_now():
    it = the_candidate(3, facts(memory=a_memory(marked=[3], live=[3])))
    assert superseded_at(it) == NOW
    assert [reason.code for reason in keep_reasons(it)] == [KeepCode.YOUNG]


def test_a_version_still_in_use_is_not_called_young():
    assert codes(3, aliases=(an_alias("live", 3),), memory=a_memory(live=[3])) == ["alias"]


def test_an_older_record_does_not_make_a_version_older_than_its_successor_does():
    memory = a_memory(superseded={3: LONG_AGO - timedelta(days=90)})
    assert superseded_at(the_candidate(3, facts(memory=memory))) == LONG_AGO


def test_a_version_whose_successor_has_no_date_is_unverified():
    published = (a_version(1), a_version(2, at=None), a_version(3), a_version(4))
    assert codes(1, published=published) == ["unverified"]


def test_a_version_without_a_mark_is_kept():
    assert codes(1, memory=a_memory()) == ["unmarked"]


@pytest.mark.parametrize(
    ("age", "kept"), [(timedelta(hours=5, minutes=59, seconds=59), True), (timedelta(hours=6), False)]
)
def test_a_mark_counts_from_the_grace_on(age, kept):
    assert codes(1, memory=a_memory(marked=[1], at=NOW - age)) == (["unmarked"] if kept else [])


def test_a_mark_made_with_other_code_does_not_count():
    it = facts(published=(a_version(1, code="other"), *versions([2, 3])), memory=a_memory(marked=[1]))
    assert [reason.code for reason in keep_reasons(the_candidate(1, it))] == [KeepCode.UNMARKED]


def test_a_mark_without_a_code_hash_does_not_count():
    empty = a_memory().__class__(marks=(Mark(version=v(1), code_sha256="", marked_at=LONG_AGO),))
    it = facts(published=(a_version(1, code=""), *versions([2, 3])), memory=empty)
    assert [reason.code for reason in keep_reasons(the_candidate(1, it))] == [KeepCode.UNMARKED]


def test_every_reason_is_told_and_the_order_is_fixed():
    policy = a_policy(scheduled=((v(9), "checkout"),))
    aliases = (an_alias("live", 9), an_alias("next", 10, v9=0.5))
    assert codes(9, aliases=aliases, policy=policy) == ["newest", "alias", "alias-weight", "schedule"]


def test_the_newest_version_of_all_was_never_replaced():
    assert superseded_at(the_candidate(10, facts())) is None
    assert codes(10) == ["newest"]


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=1), "60 s"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=6), "6 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=7), "7 days"),
    ],
)
def test_spans_are_spoken_in_the_largest_unit_that_fits_twice(span, words):
    assert spoken(span) == words
