"""`caretaker janitor`: what people read, what machines read, exit statuses, and that it only reads."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from cli.command import main
from tests.janitor.fake_lambda import FakeLambda, Reply, serving

READS = {
    "Functions",
    "Aliases",
    "Function",
    "Policy",
    "EventSourceMappings",
    "ProvisionedConcurrencyConfigs",
    "FunctionEventInvokeConfigs",
}
LONG_AGO = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def account(monkeypatch, tmp_path):
    fake = FakeLambda()
    fake.add("shop", range(1, 8), published=LONG_AGO, live="2")
    fake.add("till", [1], published=LONG_AGO)
    with serving(fake) as url:
        for name, value in {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "CARETAKER_SCHEDULES": str(tmp_path),
            "CARETAKER_RATE": "15",
            "CARETAKER_MODE": "delete",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("CARETAKER_STATE_TABLE", raising=False)
        yield fake
    assert {seen.operation.removeprefix("List").removeprefix("Get") for seen in fake.seen} <= READS


def run(*arguments):
    return CliRunner().invoke(main, ["janitor", *arguments])


def test_the_plan_prints_every_version_with_its_reason(account):
    result = run("plan")
    unmarked = "unmarked: CARETAKER_STATE_TABLE is not set, so no run knows what an earlier one found"
    assert result.stdout.splitlines() == [
        "shop: all 7 versions stay (1 unmarked, 1 alias, 5 newest)",
        f"  keep              1  {unmarked}",
        "  keep              2  alias: live points to it",
        *(f"  keep    {number:>11}  newest: number {8 - number} of the newest 5 that stay" for number in range(3, 8)),
        "till: all 1 versions stay (1 newest)",
        "  keep              1  newest: number 1 of the newest 5 that stay",
        "plan: 0 of 8 versions of 2 functions may go, 0 deleted",
        "what stays: 6 newest, 1 unmarked, 1 alias",
    ]
    assert result.exit_code == 0


def test_the_plan_as_json_is_the_janitors_report(account):
    result = run("plan", "--function", "shop", "--format", "json")
    report = json.loads(result.stdout)
    assert (report["ok"], report["run"], [item["function"] for item in report["functions"]]) == (True, "plan", ["shop"])
    assert {"function", "versions", "keep", "delete", "deleted", "outcome", "reason"} <= set(report["functions"][0])
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_function_that_does_not_exist_is_a_finding(account):
    result = run("plan", "--function", "shpo", "--format", "json")
    assert json.loads(result.stdout)["ok"] is False
    assert 'no function "shpo"' in result.stderr
    assert result.exit_code == 1


def test_something_that_could_not_be_read_is_a_finding(account):
    account.rules.append(lambda seen: Reply(403, "AccessDeniedException") if seen.operation == "ListAliases" else None)
    result = run("plan", "--function", "shop")
    assert "lambda:ListAliases" in result.stdout
    assert result.exit_code == 1


def test_why_says_the_verdict_the_reason_and_what_would_change_it(account):
    result = run("why", "shop:2", "--format", "json")
    assert json.loads(result.stdout) == {
        "function": "shop",
        "version": "2",
        "verdict": "keep",
        "reason": "alias: live points to it",
        "would_change_if": "alias live points to another version",
    }
    assert result.exit_code == 0


def test_why_for_people_is_two_lines(account):
    assert run("why", "shop:7").stdout.splitlines() == [
        "shop:7  keep  newest: number 1 of the newest 5 that stay",
        "would change if 5 newer versions are published",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("why", "shop"), '"shop" is not FUNCTION:VERSION'),
        (("why", "shop:live"), '"shop:live" is not FUNCTION:VERSION'),
        (("why", "shop:$LATEST"), "is not FUNCTION:VERSION"),
        (("why", "shop:99"), 'function "shop" has no version 99; it has 1-7'),
        (("why", "shpo:1"), 'no function "shpo"'),
        (("plan", "--stack", "shop"), 'no stack "shop"'),
        (("plan", "--function", "a b"), '"a b" is not a function name'),
    ],
)
def test_an_unusable_argument_is_one_line_and_status_2(account, arguments, words):
    result = run(*arguments)
    assert words in result.stderr
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)


def test_an_endpoint_that_refuses_connections_is_one_line_and_status_2(account, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
    result = run("plan")
    assert "127.0.0.1:9" in result.stderr
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_missing_credentials_are_one_line_and_status_2(account, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(name, value)
    result = run("plan")
    assert "no AWS credentials were found" in result.stderr
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_an_unusable_setting_is_one_line_and_status_2(account, monkeypatch):
    monkeypatch.setenv("CARETAKER_RATE", "99")
    result = run("plan")
    assert 'CARETAKER_RATE is "99"' in result.stderr
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_the_plan_is_also_drawn_where_a_file_is_named(account, tmp_path):
    result = run("plan", "--html", str(tmp_path / "plan.html"), "--format", "json")
    drawn = (tmp_path / "plan.html").read_text()
    assert json.loads(result.stdout)["functions"][0]["function"] == "shop"
    assert result.stderr.splitlines() == [f"the page is in {tmp_path / 'plan.html'}"]
    assert drawn.count("<title>") == 1 + 8


def test_a_page_that_cannot_be_written_is_said(account, tmp_path):
    result = run("plan", "--html", str(tmp_path / "absent" / "plan.html"))
    assert result.exit_code == 2
    assert "plan.html cannot be written: No such file or directory" in result.stderr


def test_a_plan_is_compared_with_an_earlier_one(account, tmp_path):
    (tmp_path / "last.json").write_text(run("plan", "--format", "json").stdout)
    account.add("till", [2], published=LONG_AGO)
    result = run("plan", "--compare", str(tmp_path / "last.json"))
    assert result.stdout.splitlines()[-2:] == [
        "1 versions differ from the earlier report:",
        "  till:2  new: newest",
    ]


def test_a_drain_of_a_stack_that_there_is_none_of_is_said(account):
    result = CliRunner().invoke(main, ["drain", "absent"])
    assert result.exit_code == 2
    assert "caretaker: " in result.stderr


def test_a_drain_that_deletes_wants_the_table_where_it_is_written_down(account):
    result = CliRunner().invoke(main, ["drain", "shop", "--yes"])
    assert result.exit_code == 2
    assert "CARETAKER_STATE_TABLE is not set; every deletion is written down" in result.stderr
