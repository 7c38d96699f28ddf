"""The report: what counts as ok, and that it always fits a reply."""

import json
import re
from dataclasses import replace

import pytest

from fleet.model import CodeStorage
from janitor.inventory import Inventory
from janitor.plan import plan_sweep
from janitor.report import Report, function_reports
from janitor.sweep import TROUBLE, FunctionSweep, Outcome
from janitor.telemetry import publish
from tests.janitor.builders import NOW, a_sweep_policy, an_inventory, facts


def a_report(*functions, swept=None, problems=()):
    inventory = an_inventory(*functions)
    items = function_reports(plan_sweep(inventory, a_sweep_policy(), NOW), inventory, swept or {})
    return Report(run="sweep", at=NOW, reason="scheduled run", functions=items, problems=problems)


def ended(outcome):
    return {"shop": FunctionSweep(function="shop", deleted=(), spared=(), outcome=outcome, reason="said")}


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_what_wants_a_persons_eye_makes_a_report_not_ok(outcome):
    assert a_report(facts(), swept=ended(outcome)).ok is (outcome not in TROUBLE)


def test_running_out_of_time_and_a_function_that_went_away_are_no_trouble():
    assert {Outcome.UNFINISHED, Outcome.ABSENT} & TROUBLE == set()


def test_a_problem_of_the_run_makes_it_not_ok():
    assert a_report(facts(), problems=("the record was not read",)).ok is False


def test_functions_come_in_the_order_of_their_names():
    report = a_report(facts(name="till"), facts(name="cart"), facts(name="shop"))
    assert [item.function for item in report.functions] == ["cart", "shop", "till"]


def test_a_function_without_published_versions_is_told():
    report = a_report(facts([]))
    assert (report.functions[0].versions, report.functions[0].reason) == (0, "no published versions")


def test_a_function_asked_for_that_does_not_exist_is_told():
    items = function_reports(
        plan_sweep(Inventory(functions=()), a_sweep_policy(), NOW), Inventory(functions=(), absent=("x",)), {}
    )
    assert [(item.function, item.outcome) for item in items] == [("x", Outcome.ABSENT)]


def test_a_report_too_large_for_a_reply_leaves_out_what_stays_and_says_so():
    report = a_report(facts(range(1, 41)))
    whole = report.as_reply()
    assert whole == report.as_json()
    short = report.as_reply(max_bytes=len(json.dumps(whole)) - 1)
    assert short["functions"][0]["keep"] == []
    assert short["functions"][0]["delete"] == whole["functions"][0]["delete"]
    assert "15 lines of what stays left out" in short["functions"][0]["reason"]
    assert "name fewer functions" in short["reason"]


def test_how_many_versions_each_reason_kept_is_a_metric_of_its_own(capsys):
    publish(a_report(facts(range(1, 9))))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kept = {line["reason"]: line["VersionsKept"] for line in lines if "_aws" in line and "reason" in line}
    assert kept == {"newest": [2.0]}


def test_code_storage_that_was_not_read_is_no_trouble_and_says_why():
    denied = "lambda:GetAccountSettings was denied; allow lambda:GetAccountSettings in the role's policy"
    report = replace(a_report(facts()), storage_unread=denied)
    assert (report.ok, report.as_json()["storage_percent"]) == (True, None)
    assert report.as_json()["storage_unread"] == denied
    assert "storage_unread" not in a_report(facts()).as_json()


def test_code_storage_is_told_in_bytes_and_per_cent_and_left_out_where_it_was_not_read(capsys):
    publish(replace(a_report(facts()), storage=CodeStorage(used_bytes=15, limit_bytes=60)))
    publish(a_report(facts()))
    read, unread = [
        line
        for line in map(json.loads, capsys.readouterr().out.splitlines())
        if "_aws" in line and "reason" not in line
    ]
    assert (read["CodeStorageBytes"], read["CodeStorageShare"]) == ([15.0], [25.0])
    assert "CodeStorageShare" not in unread


def test_every_log_line_has_a_level_and_a_timestamp_of_rfc_3339(capsys):
    publish(a_report(facts(range(1, 9)), problems=("denied",)))
    lines = [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" not in line]
    assert {line["level"] for line in lines} == {"INFO", "ERROR"}
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
    assert [line["timestamp"] for line in lines if not stamp.fullmatch(line["timestamp"])] == []
