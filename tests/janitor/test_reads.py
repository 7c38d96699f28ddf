"""The reads behind the safeguards: each one's refusal keeps and is named, none is asked without need."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleet.ports import Refused
from janitor.policy import Scope
from tests.janitor.account import Account
from tests.janitor.account_api import refusal
from tests.janitor.rehearsal import Rehearsal

LONG_AGO = datetime(2026, 6, 1, tzinfo=UTC)
READS = [
    ("lambda", "ListAliases"),
    ("lambda", "GetFunction"),
    ("lambda", "GetPolicy"),
    ("lambda", "ListEventSourceMappings"),
    ("lambda", "ListProvisionedConcurrencyConfigs"),
    ("lambda", "ListFunctionEventInvokeConfigs"),
    ("lambda", "ListDurableExecutionsByFunction"),
    ("cloudformation", "DescribeStacks"),
    ("cloudformation", "ListStackResources"),
    ("codedeploy", "ListDeployments"),
    ("codedeploy", "GetDeployment"),
    ("codedeploy", "ListDeploymentTargets"),
    ("codedeploy", "GetDeploymentTarget"),
    ("cloudfront", "ListDistributions"),
    ("cloudwatch", "ListMetrics"),
]


@pytest.fixture
def rehearsal(tmp_path: Path) -> Rehearsal:
    """One function with ten old versions, a stack, a durable execution behind each, and somebody else's deployment."""
    account = Account()
    shop = account.add("shop", range(1, 11), published=LONG_AGO)
    for version in shop.versions.values():
        version.durable, version.executions = True, ["SUCCEEDED"]
    account.own(account.stack("prod"), "shop")
    account.add("other", [1], published=LONG_AGO)
    account.deployments["d-1"] = ("InProgress", "other")
    return Rehearsal(account, tmp_path)


def after_two_runs(rehearsal: Rehearsal) -> list[int]:
    rehearsal.run()
    rehearsal.later(hours=7)
    rehearsal.run()
    assert rehearsal.api.complaints == []
    assert [one for one in rehearsal.account.deleted if one[2]] == []
    return sorted(number for _, number, _ in rehearsal.account.deleted)


def test_what_nothing_uses_goes(rehearsal):
    assert after_two_runs(rehearsal) == list(range(1, 9))


@pytest.mark.parametrize(("service", "operation"), READS)
@pytest.mark.parametrize(
    ("status", "code"), [(403, "AccessDeniedException"), (500, "InternalError"), (400, "SomethingNew")]
)
def test_a_read_that_is_refused_or_fails_keeps_every_version_and_is_named(rehearsal, service, operation, status, code):
    def refuse(_service: str, asked: str, _parameters: Mapping[str, Any]) -> None:
        if asked == operation:
            raise refusal(operation, status, code)

    rehearsal.api.before.append(refuse)
    assert after_two_runs(rehearsal) == []
    report = rehearsal.reports[-1]
    assert not report.ok
    (item,) = [one for one in report.functions if one.function == "shop"]
    assert f"{service}:{operation}" in " ".join(line.reason for line in item.keep)
    assert {line.code.value for line in item.keep if line.code} == {"unverified", "newest"}


def test_tags_that_lambda_withholds_keep_every_version(rehearsal):
    original = rehearsal.api._get_function

    def withheld(**asked: str) -> Any:
        reply = original(**asked)
        reply.pop("Tags", None)
        return (
            reply
            if "Qualifier" in asked
            else {**reply, "TagsError": {"ErrorCode": "AccessDenied", "Message": "no " * 30}}
        )

    rehearsal.api._get_function = withheld  # type: ignore[method-assign]
    assert after_two_runs(rehearsal) == []
    assert "lambda:ListTags" in str(rehearsal.reports[-1].as_json())


def test_a_function_with_no_more_versions_than_stay_is_asked_nothing(tmp_path):
    account = Account()
    account.add("shop", [1, 2], published=LONG_AGO)
    rehearsal = Rehearsal(account, tmp_path)
    rehearsal.run()
    assert {name for _, name, _ in rehearsal.api.calls} == {"ListFunctions"}


def test_a_function_that_cheap_safeguards_keep_whole_is_asked_nothing_dear(tmp_path):
    account = Account()
    account.add("shop", range(1, 20), published=account.now)
    rehearsal = Rehearsal(account, tmp_path)
    rehearsal.run()
    assert {name for _, name, _ in rehearsal.api.calls} == {"ListFunctions", "ListAliases"}


def test_what_holds_for_the_region_or_a_stack_is_read_once_a_run(tmp_path):
    account = Account()
    stack = account.stack("prod")
    for number in range(20):
        account.add(f"f{number}", range(1, 5), published=LONG_AGO)
        account.own(stack, f"f{number}")
    rehearsal = Rehearsal(account, tmp_path)
    rehearsal.run()
    for operation in (
        "ListEventSourceMappings",
        "ListDeployments",
        "ListDistributions",
        "DescribeStacks",
        "ListStackResources",
    ):
        assert rehearsal.api.asked(operation) == 1, operation


def test_distributions_are_read_in_the_region_of_edge_functions_only(tmp_path):
    account = Account(region="eu-west-1")
    account.add("shop", range(1, 9), published=LONG_AGO)
    rehearsal = Rehearsal(account, tmp_path)
    rehearsal.run()
    assert rehearsal.api.asked("ListDistributions") == 0


def test_a_run_looks_at_no_more_versions_alone_than_it_and_the_next_can_delete(tmp_path):
    account = Account()
    account.add("shop", range(1, 1001), published=LONG_AGO)
    rehearsal = Rehearsal(account, tmp_path)
    rehearsal.run()
    assert rehearsal.api.asked("GetPolicy") == 50
    codes = [line.code.value for line in rehearsal.reports[-1].functions[0].keep if line.code]
    assert {code: codes.count(code) for code in set(codes)} == {"unmarked": 50, "limit": 948, "newest": 2}


def test_a_stack_that_begins_to_move_after_the_plan_keeps_what_the_plan_let_go(rehearsal):
    rehearsal.run()
    rehearsal.later(hours=7)
    looks = rehearsal.api.asked("DescribeStacks")

    def move(_service: str, operation: str, _parameters: Mapping[str, Any]) -> None:
        if operation == "DescribeStacks" and rehearsal.api.asked("DescribeStacks") == looks + 2:
            next(iter(rehearsal.account.stacks.values())).status = "UPDATE_IN_PROGRESS"

    rehearsal.api.before.append(move)
    rehearsal.run()
    assert rehearsal.account.deleted == []
    assert "stack-busy" in str(rehearsal.reports[-1].as_json())


def test_a_stack_that_moves_in_the_outermost_of_nested_ones_keeps_every_version(tmp_path):
    account = Account()
    account.add("shop", range(1, 11), published=LONG_AGO)
    root = account.stack("root", "UPDATE_ROLLBACK_FAILED")
    inner = account.stack("inner", inside=account.stack("middle", inside=root.stack_id).stack_id)
    account.own(inner, "shop")
    assert after_two_runs(Rehearsal(account, tmp_path)) == []


def test_a_function_whose_stack_is_long_gone_is_pruned_as_any_other(tmp_path):
    account = Account()
    account.add("shop", range(1, 11), published=LONG_AGO)
    account.own(account.stack("gone"), "shop")
    account.stacks.clear()
    assert after_two_runs(Rehearsal(account, tmp_path)) == list(range(1, 9))


def test_what_an_alias_pointed_to_before_stays_two_deep(tmp_path):
    account = Account()
    shop = account.add("shop", range(1, 11), published=LONG_AGO)
    rehearsal = Rehearsal(account, tmp_path)
    for number in (1, 2, 3, 4):
        shop.aliases["live"] = (str(number), {})
        rehearsal.run(delete=False)
        rehearsal.later(days=10)
    rehearsal.settle()
    assert sorted(shop.versions) == [2, 3, 4, 9, 10]
    kept = {str(line.version): line.code.value for line in rehearsal.reports[-1].functions[0].keep if line.code}
    assert kept == {"2": "previously-live", "3": "previously-live", "4": "alias", "9": "newest", "10": "newest"}


def test_a_stack_chooses_its_functions_and_those_of_stacks_inside_it(tmp_path):
    account = Account()
    root = account.stack("root")
    inner = account.stack("inner", inside=root.stack_id)
    for name, stack in (("a", root), ("b", inner), ("c", None)):
        account.add(name, range(1, 6), published=LONG_AGO)
        if stack is not None:
            account.own(stack, name)
    rehearsal = Rehearsal(account, tmp_path)
    assert [item.function for item in rehearsal.run(stack="root").functions] == ["a", "b"]
    assert [item.function for item in rehearsal.run(stack="root", only={"b", "c"}).functions] == ["b"]


def test_a_stack_without_functions_chooses_none_and_never_all(tmp_path):
    account = Account()
    account.add("shop", range(1, 6), published=LONG_AGO)
    account.stack("empty")
    assert Rehearsal(account, tmp_path).run(stack="empty").functions == ()


def test_a_stack_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(Refused, match='no stack "missing"'):
        Rehearsal(Account(), tmp_path).run(stack="missing")


def test_names_and_tags_choose_what_the_janitor_looks_at(tmp_path):
    account = Account()
    for name in ("shop-a", "shop-b", "shop-legacy", "till"):
        account.add(name, range(1, 6), published=LONG_AGO).tags["team"] = "shop"
    account.functions["shop-b"].tags["team"] = "other"
    scope = Scope(patterns=("shop-*", "!*legacy*"), tags=(("team", "shop"),))
    rehearsal = Rehearsal(account, tmp_path, scope=scope)
    rehearsal.run()
    rehearsal.later(hours=7)
    report = rehearsal.run()
    assert [item.function for item in report.functions] == ["shop-a", "shop-b"]
    assert {name for name, _, _ in account.deleted} == {"shop-a"}
    assert report.ok


@pytest.mark.parametrize(
    "operation", ["GetFunction", "ListProvisionedConcurrencyConfigs", "ListFunctionEventInvokeConfigs"]
)
def test_a_read_that_does_not_know_a_function_which_is_there_keeps_it_and_is_named(rehearsal, operation):
    def unknown(_: str, asked: str, parameters: Mapping[str, Any]) -> None:
        if asked == operation and parameters["FunctionName"] == "shop":
            raise refusal(operation, 404, "ResourceNotFoundException")

    rehearsal.api.before.append(unknown)
    assert after_two_runs(rehearsal) == []
    item = next(item for item in rehearsal.reports[-1].functions if item.function == "shop")
    assert item.outcome.value == "unverified"
    assert item.reason.startswith(f"lambda:{operation} ")
    assert {line.code.value for line in item.keep} == {"newest", "unverified"}
    assert not rehearsal.reports[-1].ok


def test_a_function_that_goes_while_it_is_read_leaves_the_report(rehearsal):
    def goes(_: str, asked: str, __: Mapping[str, Any]) -> None:
        if asked == "ListProvisionedConcurrencyConfigs":
            rehearsal.account.functions.pop("shop", None)

    rehearsal.api.before.append(goes)
    report = rehearsal.run()
    assert [item.function for item in report.functions if item.function == "shop"] == []
    assert report.ok


def test_a_reply_that_lambda_would_not_give_is_not_taken_for_a_function_without_tags(rehearsal, monkeypatch):
    answer = rehearsal.api.answer

    def no_reply(service: str, operation: str, parameters: Mapping[str, Any]) -> Any:
        nothing = operation == "GetFunction" and "Qualifier" not in parameters
        return {} if nothing else answer(service, operation, parameters)

    monkeypatch.setattr(rehearsal.api, "answer", no_reply)
    assert after_two_runs(rehearsal) == []
    item = next(item for item in rehearsal.reports[-1].functions if item.function == "shop")
    assert item.reason.startswith("lambda:GetFunction: the reply cannot be understood")
