"""A stack that is about to be deleted: what nobody refers to goes at once, and nothing else does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet.ports import Baseline
from janitor.drain import asked_for
from janitor.handler import RequestError, request_of
from janitor.report import Report
from tests.janitor.account import Account
from tests.janitor.rehearsal import Rehearsal

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def account() -> Account:
    """A stack with a function of eight versions from an hour ago, one in a nested stack, and one that is no part."""
    account = Account(now=NOW)
    shop = account.stack("shop")
    inner = account.stack("shop-inner", inside=shop.stack_id)
    for name, stack in (("shop", shop), ("till", inner), ("other", None)):
        account.add(name, range(1, 9), published=NOW - timedelta(hours=1))
        if stack is not None:
            account.own(stack, name)
    return account


@pytest.fixture
def rehearsal(account: Account, tmp_path: Path) -> Rehearsal:
    found = Rehearsal(account, tmp_path)
    found.record.save_baseline(Baseline(size=10))
    return found


def deleted(account: Account) -> dict[str, list[int]]:
    gone: dict[str, list[int]] = {}
    for function, number, _ in account.deleted:
        gone.setdefault(function, []).append(number)
    return gone


def test_what_nobody_refers_to_goes_however_young_and_without_a_mark(rehearsal: Rehearsal) -> None:
    report = rehearsal.run(stack="shop", drain=True)
    assert report.ok, report.as_json()
    assert deleted(rehearsal.account) == {"shop": [1, 2, 3, 4, 5, 6, 7], "till": [1, 2, 3, 4, 5, 6, 7]}


def test_a_plan_of_a_drain_deletes_nothing(rehearsal: Rehearsal) -> None:
    report = rehearsal.run(stack="shop", drain=True, delete=False)
    assert [len(item.delete) for item in report.functions] == [7, 7]
    assert rehearsal.account.deleted == []


def test_what_something_may_use_stays_and_so_does_the_newest(rehearsal: Rehearsal) -> None:
    account = rehearsal.account
    shop = account.functions["shop"]
    shop.aliases |= {"live": ("2", {"3": 0.1})}
    account.mappings.append(account.arn("shop", 4))
    shop.versions[5].policy = True
    shop.provisioned.add("6")
    rehearsal.run(stack="shop", drain=True)
    assert deleted(account)["shop"] == [1, 7]
    assert sorted(shop.versions) == [2, 3, 4, 5, 6, 8]


def test_a_tag_that_keeps_versions_holds_in_a_drain_too(rehearsal: Rehearsal) -> None:
    rehearsal.account.functions["shop"].tags["caretaker:keep"] = "3"
    rehearsal.account.functions["till"].tags["caretaker:off"] = "true"
    rehearsal.run(stack="shop", drain=True)
    assert deleted(rehearsal.account) == {"shop": [1, 2, 3, 4, 5]}


@pytest.mark.parametrize(("status", "goes"), [("DELETE_IN_PROGRESS", True), ("UPDATE_IN_PROGRESS", False)])
def test_a_stack_that_is_being_deleted_is_drained_and_one_in_another_move_is_not(
    rehearsal: Rehearsal, status: str, goes: bool
) -> None:
    for stack in rehearsal.account.stacks.values():
        stack.status = status
    rehearsal.run(stack="shop", drain=True)
    assert bool(rehearsal.account.deleted) is goes


def test_the_limits_of_a_run_do_not_hold_a_drain_up(account: Account, tmp_path: Path) -> None:
    rehearsal = Rehearsal(account, tmp_path, per_function=1, per_run=2)
    rehearsal.record.save_baseline(Baseline(size=10))
    rehearsal.run(stack="shop", drain=True)
    assert len(account.deleted) == 14


def test_every_deletion_of_a_drain_is_in_the_audit(rehearsal: Rehearsal) -> None:
    rehearsal.run(stack="shop", drain=True)
    assert len(rehearsal.audit.closed) == 14


def test_what_will_still_be_slow_is_said_and_no_minutes_are_promised(rehearsal: Rehearsal) -> None:
    account = rehearsal.account
    shop = next(stack for stack in account.stacks.values() if stack.name == "shop")
    shop.resources.append(("Custom::Certificate", "certificate-1", "CREATE_COMPLETE"))
    account.functions["shop"].provisioned.add("6")
    said = rehearsal.run(stack="shop", drain=True).still_slow
    assert any("custom resources (R2)" in one for one in said)
    assert any(one.startswith("shop: provisioned concurrency") for one in said)
    assert not any("minute" in one for one in said)


def test_a_sweep_speaks_of_no_slowness(rehearsal: Rehearsal) -> None:
    report: Report = rehearsal.run(stack="shop")
    assert report.still_slow == ()
    assert rehearsal.account.deleted == []


def an_event(status: str = "DELETE_IN_PROGRESS") -> dict[str, object]:
    detail = {"stack-id": "arn:aws:cloudformation:eu-west-1:1:stack/shop/0a1b", "status-details": {"status": status}}
    kind = "CloudFormation Stack Status Change"
    return {"source": "aws.cloudformation", "detail-type": kind, "time": "2026-11-24T12:00:00Z", "detail": detail}


def test_the_event_of_a_deletion_asks_for_a_drain_of_a_tagged_stack() -> None:
    request = request_of(an_event())
    assert (request.may_delete, request.if_tagged, request.select.drain) == (True, True, True)
    assert request.select.stack == "arn:aws:cloudformation:eu-west-1:1:stack/shop/0a1b"


@pytest.mark.parametrize(
    "event", [an_event("UPDATE_COMPLETE"), {**an_event(), "detail": None}, {"source": "aws.cloudformation"}]
)
def test_any_other_event_of_a_stack_is_refused_and_never_a_scheduled_run(event: dict[str, object]) -> None:
    with pytest.raises(RequestError, match="served when its deletion begins"):
        request_of(event)


def test_a_drain_on_demand_needs_its_stack() -> None:
    request = request_of({"caretaker": {"run": "drain", "stack": "shop"}})
    assert (request.may_delete, request.if_tagged, request.select.drain) == (True, False, True)
    with pytest.raises(RequestError, match='"drain" needs a "stack"'):
        request_of({"caretaker": {"run": "drain"}})


@pytest.mark.parametrize(
    ("tags", "asked"), [({}, False), ({"caretaker:drain": "true"}, True), ({"caretaker:drain": "no"}, False)]
)
def test_only_the_tag_asks_for_a_drain(account: Account, tmp_path: Path, tags: dict[str, str], asked: bool) -> None:
    stack = next(one for one in account.stacks.values() if one.name == "shop")
    stack.tags |= tags
    uses = Rehearsal(account, tmp_path)._doors().uses
    assert asked_for(uses, stack.stack_id) is asked
    assert asked_for(uses, "absent") is False
