"""The handler end to end, on real adapters over HTTP: what it deletes, what it keeps, what may be asked of it."""

import json

import boto3
import pytest

from tests.janitor.conftest import NOON
from tests.janitor.fake_lambda import FakeLambda, serving
from tests.janitor.reading import LONG_AGO, item, kept, two_runs

SWEEP = {"caretaker": {"run": "sweep"}}
PLAN = {"caretaker": {"run": "plan"}}
SCHEDULE = """
version: 1
service: checkout
owner: team-shop
timezone: UTC
profiles:
  p: {baseline: 1, windows: []}
targets:
  - {function: shop, version: "3", profile: p}
"""


def test_the_first_run_deletes_nothing_and_a_run_after_the_grace_deletes(world):
    world.account.add("shop", range(1, 8), published=LONG_AGO, live="4")
    first = world.run()
    assert (first["ok"], first["run"]) == (True, "plan")
    assert "the first run after installation only plans" in first["reason"]
    assert kept(first) == {
        1: "unmarked", 2: "unmarked", 3: "unmarked", 4: "alias", 5: "unmarked", 6: "newest", 7: "newest"
    }  # fmt: skip
    assert world.account.deleted == []
    world.later(hours=5, minutes=59)
    assert item(world.run())["deleted"] == []
    world.later(minutes=1)
    last = world.run()
    assert [line["version"] for line in item(last)["delete"]] == ["1", "2", "3", "5"]
    assert item(last)["deleted"] == ["1", "2", "3", "5"]
    assert item(last)["outcome"] == "swept"
    assert world.account.numbers("shop") == [4, 6, 7]


def test_the_report_is_json_and_has_the_contracts_fields(world):
    world.account.add("shop", range(1, 8), published=LONG_AGO)
    report = json.loads(json.dumps(two_runs(world)))
    assert {"ok", "run", "functions", "reason"} <= set(report)
    assert {"function", "versions", "keep", "delete", "deleted", "outcome", "reason"} <= set(item(report))
    assert all(line["reason"] for line in item(report)["keep"] + item(report)["delete"])
    assert item(report)["versions"] == 7


def test_plan_mode_marks_and_deletes_nothing_so_that_the_first_sweep_after_it_may_delete(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.set(mode="plan")
    planned = two_runs(world)
    assert planned["run"] == "plan"
    assert [line["version"] for line in item(planned)["delete"]] == ["1", "2", "3"]
    assert (item(planned)["deleted"], item(planned)["outcome"]) == ([], "planned")
    assert world.account.asked("DeleteFunction") == []
    world.set(mode="delete")
    assert item(world.run())["deleted"] == ["1", "2", "3"]


def test_a_plan_on_demand_deletes_nothing_in_delete_mode(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    assert [line["version"] for line in item(two_runs(world, PLAN))["delete"]] == ["1", "2", "3"]
    assert world.account.asked("DeleteFunction") == []


def test_a_sweep_on_demand_in_plan_mode_deletes_nothing_and_says_so(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.set(mode="plan")
    report = two_runs(world, SWEEP)
    assert report["run"] == "plan"
    assert "CARETAKER_MODE is plan" in report["reason"]
    assert world.account.asked("DeleteFunction") == []


def test_an_event_that_is_no_schedule_never_deletes(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    assert two_runs(world, {"caretakr": {"run": "plan"}})["run"] == "plan"
    assert world.account.asked("DeleteFunction") == []


def test_without_a_state_table_everything_stays_unmarked_and_the_reason_names_the_variable(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.set(state_table="")
    report = two_runs(world)
    assert report["ok"] is True
    assert set(kept(report).values()) == {"unmarked", "newest"}
    assert "CARETAKER_STATE_TABLE" in item(report)["keep"][0]["reason"]


def test_a_version_that_a_schedule_names_is_kept_by_number(world):
    world.account.add("shop", range(1, 8), published=LONG_AGO)
    world.schedule(SCHEDULE)
    report = two_runs(world)
    assert kept(report)[3] == "schedule"
    assert world.account.numbers("shop") == [3, 6, 7]


def test_a_service_with_versions_disabled_keeps_all_of_its_functions(world):
    world.account.add("shop", range(1, 8), published=LONG_AGO)
    world.schedule(SCHEDULE + "versions: {enabled: false}\n")
    assert set(kept(two_runs(world)).values()) == {"schedule", "newest"}


def test_a_platform_that_switched_the_janitor_off_keeps_the_functions_of_no_schedule_too(world):
    world.account.add("shop", range(1, 8), published=LONG_AGO)
    world.schedule("version: 1\nversions: {enabled: false}\n", file="platform.yaml")
    report = two_runs(world)
    assert set(kept(report).values()) == {"schedule", "newest"}
    assert "platform.yaml says versions.enabled: false" in item(report)["keep"][0]["reason"]


def test_of_the_platforms_word_and_the_settings_the_more_careful_holds_for_functions_of_no_schedule(world):
    world.account.add("shop", range(1, 8), published=LONG_AGO)
    world.schedule("version: 1\nversions: {keep: 6}\n", file="platform.yaml")
    two_runs(world)
    assert world.account.numbers("shop") == [2, 3, 4, 5, 6, 7]


def test_a_services_own_policy_decides_how_many_stay(world):
    world.account.add("shop", range(1, 11), published=LONG_AGO)
    world.schedule(SCHEDULE + "versions: {keep: 6}\n")
    two_runs(world)
    assert world.account.numbers("shop") == [3, 5, 6, 7, 8, 9, 10]


def test_120_versions_and_60_aliases_over_pages_listed_newest_first(world):
    world.account.add("shop", range(1, 121), published=LONG_AGO, **{f"a{n}": str(n) for n in range(10, 70)})
    world.account.newest_first = True
    world.set(max_per_function="1000")
    two_runs(world)
    assert world.account.numbers("shop") == [*range(10, 70), 119, 120]


def test_what_a_run_may_delete_is_limited_by_function_and_by_run_and_the_next_runs_go_on(world):
    for name in ("a", "b", "c"):
        world.account.add(name, range(1, 13), published=LONG_AGO)
    world.set(max_per_function="4", max_per_run="6")
    report = two_runs(world)
    assert [(name, number) for name, number in world.account.deleted] == [
        ("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 1), ("b", 2)
    ]  # fmt: skip
    assert kept(report, "c")[1] == "limit"
    world.account.deleted.clear()
    world.run()
    assert [name for name, _ in world.account.deleted] == ["c"] * 4 + ["a"] * 2


def test_a_version_put_back_into_use_waits_for_a_new_mark_and_a_new_age(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.run()
    world.account.functions["shop"].aliases["live"] = ("2", {})
    world.later(hours=6)
    world.run()
    del world.account.functions["shop"].aliases["live"]
    world.later(hours=6)
    assert kept(world.run())[2] == "young"
    world.later(days=7)
    assert kept(world.run())[2] == "unmarked"
    world.later(hours=6)
    assert item(world.run())["deleted"] == ["2"]


def test_the_filter_by_function_looks_at_no_other(world):
    for name in ("cart", "shop"):
        world.account.add(name, range(1, 6), published=LONG_AGO)
    report = two_runs(world, {"caretaker": {"run": "sweep", "functions": ["cart"]}})
    assert [item["function"] for item in report["functions"]] == ["cart"]
    assert {seen.function for seen in world.account.asked("ListAliases")} == {"cart"}
    assert world.account.numbers("shop") == [1, 2, 3, 4, 5]


def test_a_function_that_does_not_exist_is_named(world):
    report = world.run({"caretaker": {"run": "plan", "functions": ["shpo"]}})
    assert (report["ok"], item(report, "shpo")["outcome"]) == (False, "absent")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"run": "purge"}, '"plan" or "sweep"'),
        ({}, '"plan" or "sweep"'),
        ("sweep", '"plan" or "sweep"'),
        ({"run": "sweep", "stack": ""}, "name or id of a stack"),
        ({"run": "sweep", "function": ["shop"]}, "caretaker.function is unknown"),
        ({"run": "sweep", "functions": []}, "at least one"),
        ({"run": "sweep", "functions": "shop"}, "list of function names"),
        ({"run": "sweep", "functions": ["shop:3"]}, "shop:3"),
        ({"run": "sweep", "functions": ["arn:aws:lambda:us-east-1:123456789012:function:shop"]}, "another region"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_in_words_and_nothing_is_asked(world, asked, words):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    report = world.run({"caretaker": asked})
    assert (report["ok"], report["functions"]) == (False, [])
    assert words in report["reason"]
    assert world.account.seen == []


def test_one_process_may_call_the_handler_with_one_endpoint_after_the_other(world, monkeypatch):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.run()
    other = FakeLambda()
    other.add("till", range(1, 3), published=LONG_AGO)
    with serving(other) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        assert [item["function"] for item in world.run()["functions"]] == ["till"]


def test_only_functions_with_more_versions_than_stay_cost_calls(world):
    world.account.add("small", range(1, 3), published=LONG_AGO)
    world.account.add("big", range(1, 4), published=LONG_AGO)
    world.run()
    assert [seen.function for seen in world.account.asked("ListAliases")] == ["big"]


def test_an_empty_account_is_fine(world):
    assert (world.run()["ok"], world.run()["functions"]) == (True, [])


def test_the_report_goes_to_the_log_and_to_metrics_without_secrets(world, capsys):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    two_runs(world)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    logged = [line for line in lines if line.get("function") == "shop"]
    assert logged[-1]["deleted"] == ["1", "2", "3"]
    metrics = [line for line in lines if "_aws" in line]
    assert metrics[-1]["VersionsDeleted"] == [3.0]
    assert metrics[-1]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Caretaker"


def test_marks_are_in_the_table_under_the_functions_key(world):
    world.account.add("shop", range(1, 4), published=LONG_AGO)
    world.run()
    scanned = boto3.client("dynamodb", region_name="eu-west-1").scan(TableName="state")["Items"]
    items = [item for item in scanned if item["pk"]["S"] != "janitor"]
    assert [(item["pk"]["S"], item["sk"]["S"]) for item in items] == [
        ("function#shop", "history"),
        ("function#shop", "mark#000000000001"),
    ]
    assert items[1]["marked_at"]["S"] == NOON.isoformat()
