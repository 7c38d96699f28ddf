"""The sweep: the second look, the order, and what each of Lambda's answers leads to."""

from dataclasses import dataclass, field

import pytest

from fleet.model import VersionNumber
from fleet.ports import AccessDenied, OutOfTime, Refused, ThrottleStorm, Unreachable, VersionInUse
from janitor import sweep as sweep_module
from janitor.plan import plan_sweep
from janitor.sweep import Outcome, sweep
from tests.janitor.builders import (
    NOW,
    THROTTLE,
    Account,
    NoUses,
    a_journal,
    a_sweep_policy,
    an_alias,
    an_inventory,
    facts,
)

DENIED = AccessDenied("lambda:DeleteFunction was denied: no", action="lambda:DeleteFunction")


def an_account(*names: str) -> Account:
    return Account(published={name: set(range(1, 6)) for name in names})


def a_plan(*names: str):
    return plan_sweep(an_inventory(*(facts(range(1, 6), name=name) for name in names)), a_sweep_policy(), NOW)


def swept(account, *names):
    return {result.function: result for result in sweep(a_plan(*names), account, NoUses(), a_journal())}


def test_the_oldest_go_first_and_the_newest_stay():
    account = an_account("shop")
    result = swept(account, "shop")["shop"]
    assert account.deletes == [("shop", 1), ("shop", 2), ("shop", 3)]
    assert account.published["shop"] == {4, 5}
    assert (result.outcome, result.reason) == (Outcome.SWEPT, "deleted 3 of 3 versions that may go")


def test_the_aliases_are_read_again_before_a_functions_first_delete():
    account = an_account("shop", "cart")
    swept(account, "shop", "cart")
    calls = [(call, function) for call, function, _ in account.calls]
    assert calls == [("aliases", "shop"), *[("delete", "shop")] * 3, ("aliases", "cart"), *[("delete", "cart")] * 3]


def test_an_alias_that_moved_after_the_plan_keeps_its_version():
    account = an_account("shop")
    account.named["shop"] = [an_alias("live", 5, v2=0.05)]
    result = swept(account, "shop")["shop"]
    assert account.published["shop"] == {2, 4, 5}
    assert [(number.value, str(reason)) for number, reason in result.spared] == [(2, "alias-weight: live sends it 5 %")]


def test_a_function_without_anything_to_delete_is_not_asked_about():
    account = an_account("shop")
    plan = plan_sweep(an_inventory(facts(range(1, 3))), a_sweep_policy(), NOW)
    assert list(sweep(plan, account, NoUses(), a_journal())) == []
    assert account.calls == []


def test_a_version_that_lambda_says_is_in_use_stays_and_aliases_are_read_again():
    account = an_account("shop")
    account.trouble["delete", "shop:1"] = VersionInUse("lambda:DeleteFunction shop:1: aliases reference it: live")
    result = swept(account, "shop")["shop"]
    assert account.published["shop"] == {1, 4, 5}
    assert [number.value for number, _ in result.spared] == [1]
    assert [call for call, _, _ in account.calls] == ["aliases", "delete", "aliases", "delete", "delete"]


def test_a_function_that_went_away_is_dropped_and_the_next_one_swept():
    account = an_account("cart")
    results = swept(account, "shop", "cart")
    assert results["shop"].outcome is Outcome.ABSENT
    assert account.published["cart"] == {4, 5}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DENIED, Outcome.DENIED),
        (Unreachable("lambda:DeleteFunction answered 500"), Outcome.UNKNOWN),
        (Refused("lambda:DeleteFunction was refused (InvalidParameterValueException): edge"), Outcome.FAILED),
    ],
)
@pytest.mark.parametrize("call", ["aliases", "delete"])
def test_one_functions_failure_at_any_step_stops_it_and_no_other(error, outcome, call):
    account = an_account("shop", "cart")
    account.trouble[call, "shop"] = error
    results = swept(account, "shop", "cart")
    assert results["shop"].outcome is outcome
    assert str(error) in results["shop"].reason
    assert account.published == {"shop": {1, 2, 3, 4, 5}, "cart": {4, 5}}


def test_a_denied_delete_is_not_tried_again():
    account = an_account("shop")
    account.trouble["delete", "shop"] = DENIED
    assert "lambda:DeleteFunction" in swept(account, "shop")["shop"].reason
    assert len(account.deletes) == 1


def test_a_failure_half_way_leaves_a_run_of_the_newest_without_a_gap():
    account = an_account("shop")
    account.trouble["delete", "shop:2"] = Unreachable("lambda:DeleteFunction answered 503")
    result = swept(account, "shop")["shop"]
    assert account.published["shop"] == {2, 3, 4, 5}
    assert [version.number.value for version in result.deleted] == [1]


def test_a_mistake_of_our_own_in_one_function_stops_no_other():
    @dataclass
    class Buggy(Account):
        def aliases(self, function):
            if function == "shop":
                raise KeyError("oops")
            return super().aliases(function)

    account = Buggy(published={"shop": {1, 2, 3, 4, 5}, "cart": {1, 2, 3, 4, 5}})
    results = swept(account, "shop", "cart")
    assert results["shop"].outcome is Outcome.FAILED
    assert account.published["cart"] == {4, 5}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (OutOfTime("3.0 s of this run are left"), Outcome.UNFINISHED),
        (ThrottleStorm("throttled; still so after the rate was halved 5 times"), Outcome.THROTTLED),
    ],
)
@pytest.mark.parametrize("call", ["aliases", "delete"])
def test_no_time_and_a_storm_end_the_run_and_every_function_says_so(error, outcome, call):
    account = an_account("shop", "cart", "till")
    account.trouble[call, "cart"] = error
    results = swept(account, "shop", "cart", "till")
    assert [results[name].outcome for name in ("shop", "cart", "till")] == [Outcome.SWEPT, outcome, outcome]
    assert account.published["till"] == {1, 2, 3, 4, 5}
    assert str(error) in results["till"].reason


def test_a_throttled_delete_is_tried_again_and_deletes_nothing_twice():
    @dataclass
    class Slow(Account):
        throttles: int = 3

        def delete(self, function, version):
            if self.throttles:
                self.throttles -= 1
                raise THROTTLE
            super().delete(function, version)

    account = Slow(published={"shop": {1, 2, 3, 4, 5}})
    assert swept(account, "shop")["shop"].outcome is Outcome.SWEPT
    assert account.deletes == [("shop", 1), ("shop", 2), ("shop", 3)]


def test_endless_throttling_of_one_delete_ends():
    account = an_account("shop")
    account.trouble["delete", "shop"] = THROTTLE
    assert swept(account, "shop")["shop"].outcome is Outcome.THROTTLED
    assert len(account.deletes) == 6


@dataclass
class TimedAccount(Account):
    """Deletes and waits cost time on a clock of its own; records how old the aliases were at each delete."""

    now: float = 0.0
    turn_s: float = 0.0
    read_at: float = 0.0
    ages: list[float] = field(default_factory=list)

    def wait_turn(self) -> None:
        self.now += self.turn_s

    def aliases(self, function):
        self.read_at = self.now
        return super().aliases(function)

    def delete(self, function: str, version: VersionNumber) -> None:
        self.ages.append(self.now - self.read_at)
        super().delete(function, version)


@pytest.mark.parametrize("turn_s", [0.3, 4.0, 9.0])
def test_no_delete_leaves_with_aliases_older_than_ten_seconds(monkeypatch, turn_s):
    account = TimedAccount(published={"shop": set(range(1, 6))}, turn_s=turn_s)
    monkeypatch.setattr(sweep_module.time, "monotonic", lambda: account.now)
    assert swept(account, "shop")["shop"].outcome is Outcome.SWEPT
    assert len(account.ages) == 3
    assert max(account.ages) <= 10.0


def test_a_rate_too_low_to_look_again_in_time_deletes_nothing(monkeypatch):
    account = TimedAccount(published={"shop": set(range(1, 6))}, turn_s=11.0)
    monkeypatch.setattr(sweep_module.time, "monotonic", lambda: account.now)
    result = swept(account, "shop")["shop"]
    assert (result.outcome, account.deletes) == (Outcome.FAILED, [])
    assert "more than 10 s" in result.reason
