"""The handler when things go wrong: races, denials, storms, lack of time, and what cannot be read."""

import json

import pytest

from tests.janitor.conftest import Context
from tests.janitor.fake_lambda import Reply
from tests.janitor.reading import LONG_AGO, item, kept, two_runs


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
    report = world.run(context=Context(left_ms=65_000, step_ms=1_000))
    assert item(report)["outcome"] == "unfinished"
    assert report["ok"] is True
    assert 0 < len(world.account.deleted) < 10
    world.run()
    assert world.account.numbers("shop") == [11, 12]


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
