"""What a run remembers: where aliases pointed, what was in use, what is left alone; and two runs at once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fleet.ports import AliasHistory, FunctionMemory, Quarantine, RecordMoved, Unreachable
from janitor.inventory import Unread
from janitor.keep import KeepCode
from janitor.plan import plan_sweep
from janitor.quarantine import at_the_edge, joined, unforeseen
from janitor.record import history_after, leave_alone, memory_after, remember
from tests.janitor.builders import NOW, MemoryRecord, a_memory, a_sweep_policy, an_alias, an_inventory, facts, v

DAY = timedelta(days=1)
MONTH = timedelta(days=30)


def past(*versions, alias="live"):
    return AliasHistory(alias=alias, versions=tuple((v(number), at) for number, at in versions))


def after(*known, aliases, now=NOW):
    return history_after(known, aliases, now, gone_for=MONTH)


def a_plan(one):
    return plan_sweep(an_inventory(one), a_sweep_policy(), NOW)


def test_an_alias_seen_for_the_first_time_is_remembered_where_it_points():
    assert after(aliases=[an_alias("live", 7)]) == (past((7, NOW)),)


def test_where_an_alias_pointed_before_follows_with_the_last_run_that_saw_it_there():
    assert after(past((7, NOW - DAY)), aliases=[an_alias("live", 9)]) == (past((9, NOW), (7, NOW - DAY)),)


def test_a_share_of_the_traffic_counts_as_pointing():
    assert after(past((7, NOW - DAY)), aliases=[an_alias("live", 7, v9=0.1)]) == (past((7, NOW), (9, NOW)),)


def test_a_rollback_puts_the_version_in_front_again():
    known = past((9, NOW - DAY), (7, NOW - 2 * DAY), (5, NOW - 3 * DAY))
    assert after(known, aliases=[an_alias("live", 7)]) == (past((7, NOW), (9, NOW - DAY), (5, NOW - 3 * DAY)),)


def test_twenty_versions_before_the_present_ones_are_remembered_and_no_more():
    known = past(*((number, NOW - DAY) for number in range(40, 0, -1)))
    (found,) = after(known, aliases=[an_alias("live", 50)])
    assert [number.value for number, _ in found.versions] == [50, *range(40, 20, -1)]


def test_an_alias_that_is_gone_is_remembered_for_a_month():
    known = past((9, NOW - DAY), (7, NOW - 31 * DAY))
    assert after(known, aliases=[]) == (past((9, NOW - DAY)),)
    assert after(past((7, NOW - 31 * DAY)), aliases=[]) == ()


def test_an_alias_of_the_unpublished_code_points_to_no_version():
    assert after(aliases=[an_alias("dev", "$LATEST")]) == ()


def test_the_version_an_alias_left_since_the_last_run_stays_as_previously_live():
    known = replace(a_memory(marked=range(1, 11)), history=(past((3, NOW - 2 * DAY)),))
    plan = a_plan(facts(range(1, 11), aliases=(an_alias("live", 10),), memory=known)).functions[0]
    kept = {verdict.version.number.value: verdict.keep[0].code for verdict in plan.verdicts if verdict.keep}
    assert kept[3] is KeepCode.PREVIOUSLY_LIVE
    assert kept.keys() == {3, 9, 10}


def test_aliases_that_were_not_read_leave_the_history_as_it_was():
    known = replace(a_memory(live=[3]), history=(past((3, NOW - DAY)),))
    learned = memory_after(a_plan(facts(aliases=Unread(reason="denied"), memory=known)).functions[0], NOW)
    assert learned is not None
    assert (learned.live, learned.history) == (known.live, known.history)


def test_one_function_that_cannot_be_remembered_is_named_and_the_others_are_remembered():
    record = MemoryRecord()
    other = record.recall("cart")
    record.remember("cart", a_memory(live=[1]), before=other)
    plan = plan_sweep(
        an_inventory(facts(name="cart", memory=other), facts(name="shop", memory=FunctionMemory())),
        a_sweep_policy(),
        NOW,
    )
    failed = remember(plan, record, NOW)
    assert list(failed) == ["cart"]
    assert record.known["cart"] == a_memory(live=[1])
    assert len(record.known["shop"].marks) == 8


def test_a_quarantine_is_added_to_what_another_run_has_just_written():
    class Raced(MemoryRecord):
        raced = False

        def remember(self, function, memory, *, before):
            if not self.raced:
                self.raced = True
                super().remember(function, a_memory(marked=[5]), before=before)
            super().remember(function, memory, before=before)

    record = Raced()
    leave_alone(record, "shop", at_the_edge(v(3), "replicated function", NOW))
    assert record.known["shop"].marks == a_memory(marked=[5]).marks
    assert [one.version for one in record.known["shop"].quarantine] == [v(3)]


def test_a_table_that_does_not_answer_is_not_hidden():
    with pytest.raises(Unreachable):
        leave_alone(MemoryRecord(error=Unreachable("no")), "shop", at_the_edge(v(3), "replicated", NOW))


def test_the_longer_quarantine_of_the_same_holds():
    short, long = (Quarantine(until=NOW + span, reason="r") for span in (DAY, 2 * DAY))
    assert joined([long], [short]) == joined([short], [long]) == (long,)


@pytest.mark.parametrize(
    ("quarantine", "kept"),
    [
        (at_the_edge(v(3), "replicated function", NOW), {3: KeepCode.EDGE}),
        (unforeseen(v(3), "odd", NOW), dict.fromkeys(range(1, 9), KeepCode.UNVERIFIED)),
        (unforeseen(v(3), "odd", NOW - DAY), {3: KeepCode.UNVERIFIED}),
        (unforeseen(v(3), "odd", NOW - 7 * DAY), {}),
        (at_the_edge(v(3), "replicated function", NOW - DAY), {}),
        (unforeseen(None, "odd", NOW - DAY), {}),
    ],
)
def test_what_was_refused_is_left_alone_for_a_while_and_the_others_are_not(quarantine, kept):
    known = replace(a_memory(marked=range(1, 11)), quarantine=quarantine)
    plan = a_plan(facts(range(1, 11), memory=known)).functions[0]
    found = {verdict.version.number.value: verdict.keep[0].code for verdict in plan.verdicts if verdict.keep}
    assert {number: code for number, code in found.items() if number <= 8} == kept


def test_a_quarantine_that_is_over_is_forgotten():
    known = replace(a_memory(), quarantine=unforeseen(v(3), "odd", NOW - 2 * DAY))
    learned = memory_after(a_plan(facts(memory=known)).functions[0], NOW)
    assert learned is not None
    assert [one.version for one in learned.quarantine] == [v(3)]


def test_a_second_writer_is_told():
    record = MemoryRecord()
    seen = record.recall("shop")
    record.remember("shop", a_memory(live=[1]), before=seen)
    with pytest.raises(RecordMoved):
        record.remember("shop", a_memory(live=[2]), before=seen)
