"""`caretaker janitor sweep` and `audit`: what they do, print and leave, and their exit statuses."""

import json

import pytest
from click.testing import CliRunner

from cli import janitor_sweep
from cli.command import main
from fleet.aws.clients import client
from tests.janitor.conftest import standing, world  # noqa: F401 - fixtures
from tests.janitor.fake_lambda import Reply
from tests.janitor.reading import LONG_AGO


@pytest.fixture
def shop(world, monkeypatch):  # noqa: F811 - a fixture asked for by its name
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.account.functions["shop"].versions[2]["Description"] = "the new basket"

    class Clock(janitor_sweep.datetime):
        @classmethod
        def now(cls, tz=None):
            return world.now.astimezone(tz)

    monkeypatch.setattr(janitor_sweep, "datetime", Clock)
    return world


def run(*arguments):
    return CliRunner().invoke(main, ["janitor", *arguments])


def test_a_sweep_marks_first_and_deletes_in_a_later_one_and_tells_each_function_as_it_goes(shop):
    first = run("sweep")
    assert (first.exit_code, shop.account.deleted) == (0, [])
    assert "the first run after installation only plans" in first.stdout
    shop.later(hours=6)
    second = run("sweep")
    assert second.exit_code == 0
    assert shop.account.numbers("shop") == [4, 5]
    assert second.stderr.splitlines() == ["shop: deleted 3 of 3 versions that may go"]
    assert "sweep: 3 of 5 versions of 1 functions may go, 3 deleted" in second.stdout


def test_a_sweep_in_plan_mode_deletes_nothing_and_says_why(shop):
    shop.set(mode="plan")
    run("sweep")
    shop.later(hours=6)
    result = run("sweep", "--format", "json")
    report = json.loads(result.stdout)
    assert (report["run"], shop.account.deleted) == ("plan", [])
    assert "CARETAKER_MODE is plan" in report["reason"]


@pytest.mark.parametrize("word", ["off", "janitor-off", "offf"])
@pytest.mark.parametrize("verb", [("janitor", "sweep"), ("drain", "shop", "--yes")], ids=["sweep", "drain"])
def test_the_kill_switch_holds_for_what_deletes_from_a_terminal(shop, word, verb):
    shop.set(switch="/caretaker/switch")
    client("ssm").put_parameter(Name="/caretaker/switch", Value=word, Type="String", Overwrite=True)
    result = CliRunner().invoke(main, verb)
    assert (result.exit_code, shop.account.deleted) == (2, [])
    assert f'the kill switch /caretaker/switch says "{word}"' in result.stderr


def test_a_kill_switch_that_cannot_be_read_stops_what_deletes_and_no_plan(shop):
    shop.set(switch="/nobody")
    assert "the kill switch was not read" in run("sweep").stderr
    shop.set(mode="plan")
    assert run("sweep").exit_code == 0


def test_a_sweep_deletes_while_the_switch_is_on(shop):
    shop.set(switch="/caretaker/switch")
    client("ssm").put_parameter(Name="/caretaker/switch", Value="on", Type="String", Overwrite=True)
    assert run("sweep").exit_code == 0
    shop.later(hours=6)
    assert run("sweep").exit_code == 0
    assert shop.account.numbers("shop") == [4, 5]


def test_a_sweep_of_named_functions_looks_at_no_other(shop):
    shop.account.add("till", range(1, 6), published=LONG_AGO)
    run("sweep", "--function", "till")
    shop.later(hours=6)
    report = json.loads(run("sweep", "--function", "till", "--format", "json").stdout)
    assert [item["function"] for item in report["functions"]] == ["till"]
    assert shop.account.numbers("shop") == [1, 2, 3, 4, 5]
    assert shop.account.numbers("till") == [4, 5]


def test_a_sweep_that_met_trouble_exits_with_1_and_names_it(shop):
    run("sweep")
    shop.later(hours=6)
    shop.account.rules.append(
        lambda seen: Reply(403, "AccessDeniedException") if seen.operation == "DeleteFunction" else None
    )
    result = run("sweep")
    assert result.exit_code == 1
    assert "lambda:DeleteFunction" in result.stdout


def test_the_audit_lists_what_was_deleted_with_what_it_was(shop):
    run("sweep")
    shop.later(hours=6)
    run("sweep")
    found = json.loads(run("audit", "--format", "json").stdout)
    assert [(one["function"], one["version"], one["state"]) for one in found] == [
        ("shop", "1", "deleted"), ("shop", "2", "deleted"), ("shop", "3", "deleted")
    ]  # fmt: skip
    assert found[1].items() >= {
        "code_sha256": "sha-2", "code_size_bytes": 1002, "description": "the new basket", "runtime": "python3.13"
    }.items()  # fmt: skip
    assert found[1]["reason"].startswith("replaced ")
    assert found[1]["started_at"].startswith("2026-11-24T18:00:0")


def test_the_audit_for_people_ends_with_how_much_it_was(shop):
    run("sweep")
    shop.later(hours=6)
    run("sweep")
    lines = run("audit", "--function", "shop").stdout.splitlines()
    assert len(lines) == 4
    assert 'shop:2  0.0 MB  python3.13  sha-2  "the new basket"' in lines[1]
    assert lines[-1] == "3 versions, 0.0 MB of code"
    assert run("audit", "--function", "till").stdout.splitlines() == ["0 versions, 0.0 MB of code"]


def test_without_a_table_there_is_no_audit(shop):
    shop.set(state_table="")
    result = run("audit")
    assert result.exit_code == 2
    assert "CARETAKER_STATE_TABLE is not set" in result.stderr
    assert "the output StateTableName of Caretaker's stack" in result.stderr


def test_a_table_that_is_not_there_is_named(shop):
    client("dynamodb").delete_table(TableName="state")
    result = run("audit")
    assert result.exit_code == 2
    assert "dynamodb:" in result.stderr
