"""Each deletion is written down before it is asked for; whatever ends the run, the audit tells the truth in the end."""

from datetime import timedelta

import pytest

from fleet.audit import DeletionState
from fleet.ports import AccessDenied, OutOfTime, Refused, ReplicatedAtEdge, ThrottleStorm, Unreachable, VersionInUse
from janitor.plan import plan_sweep
from janitor.sweep import Outcome, sweep
from tests.janitor.builders import (
    NOW,
    Account,
    MemoryAudit,
    NoUses,
    a_journal,
    a_sweep_policy,
    an_alias,
    an_inventory,
    facts,
)
from tests.janitor.fake_lambda import Reply
from tests.janitor.reading import LONG_AGO, item, kept, two_runs


def swept(account, audit, *names):
    plan = plan_sweep(an_inventory(*(facts(range(1, 6), name=name) for name in names)), a_sweep_policy(), NOW)
    return {result.function: result for result in sweep(plan, account, NoUses(), a_journal(audit))}


@pytest.fixture
def audit():
    return MemoryAudit()


@pytest.fixture
def account():
    return Account(published={"shop": set(range(1, 6)), "cart": set(range(1, 6))})


def test_each_deleted_version_is_written_down_whole(account, audit):
    swept(account, audit, "shop")
    assert sorted(audit.closed) == [("shop", 1), ("shop", 2), ("shop", 3)]
    one = audit.closed["shop", 2]
    assert (one.code_sha256, one.code_size_bytes, one.state) == ("sha-2", 1002, DeletionState.DELETED)
    assert one.reason.startswith("replaced ")
    assert one.started_at >= NOW
    assert one.ended_at >= one.started_at
    assert audit.open() == ()


def test_what_cannot_be_written_down_is_not_deleted(account, audit):
    audit.error = AccessDenied("dynamodb:PutItem was denied", action="dynamodb:PutItem")
    results = swept(account, audit, "shop", "cart")
    assert account.deletes == []
    assert [result.outcome for result in results.values()] == [Outcome.UNVERIFIED] * 2
    assert "dynamodb:PutItem" in results["shop"].reason


def test_what_stays_after_the_last_look_leaves_nothing_in_the_audit(account, audit):
    account.named["shop"] = [an_alias("live", 2)]
    swept(account, audit, "shop")
    assert sorted(number for _, number in audit.closed) == [1, 3]
    assert audit.open() == ()


@pytest.mark.parametrize(
    ("error", "still_open"),
    [
        (VersionInUse("aliases reference it"), False),
        (ReplicatedAtEdge("because it is a replicated function"), False),
        (AccessDenied("no", action="lambda:DeleteFunction"), False),
        (ThrottleStorm("throttled"), False),
        (OutOfTime("no time"), False),
        (Refused("odd"), False),
        (Unreachable("lambda:DeleteFunction answered 500"), True),
    ],
)
def test_only_a_delete_whose_answer_nobody_saw_stays_open(account, audit, error, still_open):
    account.trouble["delete", "shop:1"] = error
    swept(account, audit, "shop")
    assert ("shop", 1) not in audit.closed
    assert [(one.function, one.version.value) for one in audit.open()] == ([("shop", 1)] if still_open else [])


def test_one_at_the_edge_stays_and_the_versions_behind_it_go(account, audit):
    account.trouble["delete", "shop:1"] = ReplicatedAtEdge("because it is a replicated function")
    result = swept(account, audit, "shop")["shop"]
    assert account.published["shop"] == {1, 4, 5}
    assert [(one.version.value, one.edge, one.until) for one in result.quarantine] == [
        (1, True, NOW + timedelta(days=1))
    ]


def left_open(audit, *, age):
    journal = a_journal(audit, now=NOW - age)
    verdict = plan_sweep(an_inventory(facts(range(1, 6))), a_sweep_policy(), NOW).functions[0].to_delete[0]
    journal.start(verdict)
    return verdict.version


def close(audit, account, present):
    a_journal(audit).close_what_was_left(present, account)


HOUR = timedelta(hours=1)


def test_what_a_killed_run_left_open_is_closed_as_gone_when_it_is_gone(account, audit):
    left_open(audit, age=HOUR)
    close(audit, account, {"shop": set()})
    assert audit.closed["shop", 1].state is DeletionState.GONE
    assert audit.open() == ()


def test_what_a_killed_run_left_open_is_dropped_when_it_is_there(account, audit):
    version = left_open(audit, age=HOUR)
    close(audit, account, {"shop": {(version.number, version.code_sha256)}})
    assert (audit.closed, audit.open()) == ({}, ())


def test_what_a_run_beside_this_one_may_be_at_is_left_to_it(account, audit):
    left_open(audit, age=timedelta(minutes=19))
    close(audit, account, {"shop": set()})
    assert len(audit.open()) == 1


def test_a_function_that_this_run_does_not_look_at_stays_open_and_one_that_is_gone_is_closed(account, audit):
    left_open(audit, age=HOUR)
    close(audit, account, {"till": set()})
    assert len(audit.open()) == 1
    del account.published["shop"]
    close(audit, account, {"till": set()})
    assert audit.closed["shop", 1].state is DeletionState.GONE


@pytest.mark.parametrize(
    "words",
    [
        "Lambda was unable to delete arn:aws:lambda:us-east-1:1:function:shop:1 because it is a replicated function.",
        "Please see our documentation for Deleting Lambda@Edge Functions and Replicas.",
        "The function is in use at the edge",
    ],
)
def test_the_edges_refusal_in_any_of_its_words_leaves_the_version_alone_for_a_day(world, words):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    refusal = Reply(400, "InvalidParameterValueException", words)
    world.account.rules.append(
        lambda seen: refusal if (seen.operation, seen.qualifier) == ("DeleteFunction", "1") else None
    )
    report = two_runs(world)
    assert (item(report)["deleted"], kept(report)[1]) == (["2", "3"], "edge")
    assert report["ok"] is True
    tries = len(world.account.asked("DeleteFunction"))
    world.later(hours=23)
    assert kept(world.run())[1] == "edge"
    assert len(world.account.asked("DeleteFunction")) == tries
    world.account.rules.clear()
    world.later(hours=1)
    world.run()
    world.later(hours=6)
    world.run()
    assert world.account.numbers("shop") == [4, 5]


def test_a_refusal_that_nobody_foresaw_leaves_the_function_alone_for_a_day_and_the_version_for_a_week(world):
    for name in ("cart", "shop"):
        world.account.add(name, range(1, 6), published=LONG_AGO)
    odd = Reply(400, "SomethingNewException", "no words that we know")
    world.account.rules.append(
        lambda seen: odd if (seen.operation, seen.function, seen.qualifier) == ("DeleteFunction", "shop", "1") else None
    )
    report = two_runs(world)
    assert (item(report)["outcome"], item(report, "cart")["deleted"]) == ("failed", ["1", "2", "3"])
    world.later(hours=12)
    assert set(kept(world.run()).values()) == {"unverified", "newest"}
    world.later(hours=12)
    assert item(world.run())["deleted"] == ["2", "3"]
    assert world.account.numbers("shop") == [1, 4, 5]
    world.account.rules.clear()
    world.later(days=6)
    world.run()
    assert world.account.numbers("shop") == [4, 5]
