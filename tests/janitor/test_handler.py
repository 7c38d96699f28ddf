"""The handler end to end: real adapters over HTTP, several runs in a row, and everything that can go wrong."""

import json
from datetime import UTC, datetime

import boto3
import pytest

from tests.janitor.conftest import NOON, Context
from tests.janitor.fake_lambda import FakeLambda, Reply, serving

LONG_AGO = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
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


def item(report, name="shop"):
    (found,) = [item for item in report["functions"] if item["function"] == name]
    return found


def kept(report, name="shop"):
    return {int(line["version"]): line["code"] for line in item(report, name)["keep"]}


def two_runs(world, event=None):
    world.run(event)
    world.later(hours=6)
    return world.run(event)


def test_the_first_run_deletes_nothing_and_a_run_after_the_grace_deletes(world):
    world.account.add("shop", range(1, 8), published=LONG_AGO, live="4")
    first = world.run()
    assert (first["ok"], first["run"]) == (True, "sweep")
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


@pytest.mark.parametrize("text", ["version: 1\nservice: [", "version: 1\nservice: other\nowners: x\n", "\x00"])
def test_a_broken_schedule_of_another_service_unprotects_nothing(world, text):
    world.account.add("shop", range(1, 8), published=LONG_AGO)
    world.schedule(text, file="broken.yaml")
    report = two_runs(world)
    assert (report["ok"], world.account.deleted) == (False, [])
    assert set(kept(report).values()) == {"unverified", "newest"}
    assert "broken.yaml" in report["problems"][0]


@pytest.mark.parametrize("value", ["/no/such/folder", "s3://bucket/prefix", "schedules.json"])
def test_schedules_that_cannot_be_read_keep_everything_and_are_named(world, value):
    world.account.add("shop", range(1, 8), published=LONG_AGO)
    world.set(schedules=value)
    report = two_runs(world)
    assert (report["ok"], world.account.deleted) == (False, [])
    assert value in report["problems"][0]


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


def test_an_alias_that_moves_between_the_plan_and_the_delete_keeps_its_version(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.run()
    world.later(hours=6)
    before = len(world.account.asked("ListAliases"))

    def move(seen):
        if seen.operation == "ListAliases" and len(world.account.asked("ListAliases")) == before + 2:
            world.account.functions["shop"].aliases["rollback"] = ("5", {"2": 0.5})

    world.account.rules.append(move)
    report = world.run()
    assert world.account.numbers("shop") == [2, 4, 5]
    assert kept(report)[2] == "alias-weight"
    assert "2" not in item(report)["deleted"]


def test_an_alias_moved_back_after_the_last_look_is_lambdas_own_refusal(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.run()
    world.later(hours=6)

    def move(seen):
        if seen.operation == "DeleteFunction" and seen.qualifier == "1":
            world.account.functions["shop"].aliases["rollback"] = ("1", {})

    world.account.rules.append(move)
    report = world.run()
    assert world.account.numbers("shop") == [1, 4, 5]
    assert kept(report)[1] == "alias"
    assert report["ok"] is True


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


def test_a_version_whose_code_changed_since_its_mark_waits_anew(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.run()
    world.account.publish("shop", 1, LONG_AGO, code="other")
    world.later(hours=6)
    assert kept(world.run())[1] == "unmarked"


def test_a_function_deleted_in_the_middle_of_a_run_is_dropped(world):
    world.account.add("cart", range(1, 6), published=LONG_AGO)
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.run()
    world.later(hours=6)

    def vanish(seen):
        if (seen.operation, seen.function, seen.qualifier) == ("DeleteFunction", "cart", "2"):
            world.account.functions.pop("cart", None)

    world.account.rules.append(vanish)
    report = world.run()
    assert item(report, "cart")["outcome"] == "absent"
    assert (item(report)["deleted"], report["ok"]) == (["1", "2", "3"], True)


@pytest.mark.parametrize("operation", ["ListFunctions", "ListAliases", "DeleteFunction"])
def test_a_denied_operation_is_named_by_its_api_name_and_deletes_nothing(world, operation):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.run()
    world.later(hours=6)
    denied = Reply(403, "AccessDeniedException", "User is not authorized")
    world.account.rules.append(lambda seen: denied if seen.operation == operation else None)
    report = world.run()
    assert report["ok"] is False
    assert operation in json.dumps(report)
    assert world.account.deleted == []
    assert len(world.account.asked("DeleteFunction")) == (1 if operation == "DeleteFunction" else 0)


def test_one_function_whose_aliases_are_denied_stops_no_other(world):
    for name in ("cart", "shop"):
        world.account.add(name, range(1, 6), published=LONG_AGO)
    denied = Reply(403, "AccessDeniedException")
    world.account.rules.append(
        lambda seen: denied if (seen.operation, seen.function) == ("ListAliases", "cart") else None
    )
    report = two_runs(world)
    assert (item(report, "cart")["outcome"], item(report)["outcome"]) == ("unverified", "swept")
    assert set(kept(report, "cart").values()) == {"unverified", "newest"}
    assert world.account.numbers("cart") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("operation", ["ListFunctions", "ListAliases", "DeleteFunction"])
def test_a_storm_of_throttles_ends_the_run_within_a_few_dozen_calls(world, operation):
    for number in range(40):
        world.account.add(f"f{number:02}", range(1, 6), published=LONG_AGO)
    world.run()
    world.later(hours=6)
    world.account.seen.clear()
    storm = Reply(429, "TooManyRequestsException", "Rate exceeded")
    world.account.rules.append(lambda seen: storm if seen.operation == operation else None)
    report = world.run()
    assert len(world.account.asked(operation)) == 6
    assert (report["ok"], world.account.deleted) == (False, [])
    assert "throttled" in json.dumps(report)


def test_a_short_storm_is_waited_out(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.run()
    world.later(hours=6)
    deletes = []

    def briefly(seen):
        if seen.operation == "DeleteFunction":
            deletes.append(seen)
            if len(deletes) in {1, 2}:
                return Reply(429, "TooManyRequestsException")
        return None

    world.account.rules.append(briefly)
    assert item(world.run())["deleted"] == ["1", "2", "3"]
    assert max(world.slept) > 2 / 15


@pytest.mark.parametrize("steps", range(1, 40, 3))
def test_a_run_that_is_out_of_time_at_any_step_ends_without_raising_and_leaves_the_newest(world, steps):
    for name in ("cart", "shop"):
        world.account.add(name, range(1, 6), published=LONG_AGO)
    world.run()
    world.later(hours=6)
    report = world.run(context=Context(left_ms=10_000, step_ms=7_000 // steps))
    assert isinstance(report["reason"], str)
    for name in ("cart", "shop"):
        left = world.account.numbers(name)
        assert left == list(range(min(left), 6))


def test_a_sweep_that_ran_out_of_time_goes_on_in_the_next_run(world):
    world.account.add("shop", range(1, 13), published=LONG_AGO)
    world.run()
    world.later(hours=6)
    report = world.run(context=Context(left_ms=10_000, step_ms=500))
    assert item(report)["outcome"] == "unfinished"
    assert report["ok"] is True
    assert 0 < len(world.account.deleted) < 10
    world.run()
    assert world.account.numbers("shop") == [11, 12]


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
        ({"run": "sweep", "stack": "shop"}, "not yet supported"),
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


def test_unusable_settings_are_named_and_nothing_is_asked(world):
    world.set(keep="1")
    report = world.run()
    assert report["ok"] is False
    assert 'CARETAKER_KEEP is "1"' in report["reason"]
    assert world.account.seen == []


def test_an_endpoint_that_refuses_connections_is_named(world, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
    report = world.run()
    assert (report["ok"], report["functions"]) == (False, [])
    assert "127.0.0.1:9" in report["reason"]


def test_a_table_that_is_not_there_keeps_everything(world):
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.set(state_table="other")
    report = world.run()
    assert (report["ok"], set(kept(report).values())) == (False, {"unverified", "newest"})


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


def test_half_of_the_time_is_left_for_deleting_and_the_next_run_reads_on(world):
    for number in range(10):
        world.account.add(f"f{number}", range(1, 6), published=LONG_AGO)
    clock = Context(left_ms=900_000)
    hits = []

    def slow(seen):
        if seen.operation == "ListAliases":
            hits.append(seen.function)
            clock.left_ms -= 150_000

    world.account.rules.append(slow)
    report = world.run(context=clock)
    assert hits == ["f0", "f1", "f2", "f3"]
    assert kept(report, "f9")[1] == "unverified"
    world.account.rules.clear()
    world.account.seen.clear()
    world.run()
    assert world.account.asked("ListAliases")[0].function == "f4"


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
    items = boto3.client("dynamodb", region_name="eu-west-1").scan(TableName="state")["Items"]
    assert [(item["pk"]["S"], item["sk"]["S"]) for item in items] == [
        ("function#shop", "history"),
        ("function#shop", "mark#000000000001"),
    ]
    assert items[1]["marked_at"]["S"] == NOON.isoformat()
