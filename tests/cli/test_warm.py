"""`caretaker warm` against real environments: what people see, what machines read, and how it ends."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.command import main
from cli.warm_hints import hints_in
from fleet.model import Answer, BurstResult, Lost
from tests.warmer.lambda_machine import WITH_KIT, a_function, machine, write_schedule

AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "COLUMNS": "100",
}


@pytest.fixture
def schedules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CARETAKER_SCHEDULES", raising=False)
    # What the verb sets for its own process must not outlive the test.
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
    write_schedule(tmp_path / "schedules", baseline=4)
    write_schedule(tmp_path / "schedules", baseline=2, service="cart", function="cart")
    return tmp_path / "schedules"


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    with machine(a_function(tmp_path / "code")) as running:
        yield running.endpoint


def warm(schedules: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["warm", "--schedules", str(schedules), *arguments])


def test_a_service_is_warmed_shown_and_said(schedules: Path, endpoint: str) -> None:
    result = warm(schedules, "shop", "--endpoint-url", endpoint)

    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("shop:live burst 1: 4 of 4 answered, 4 environments counted, 4 cold, spread ")
    head, *picture = result.stdout.splitlines()
    assert head == "shop:live"
    assert "release +" in picture[0]
    # Pings that look alike share a row.
    assert sum(map(int, re.findall(r"(\d+) environments?, cold$", "\n".join(picture), re.MULTILINE))) == 4
    assert "4 of 4 environments counted by their ids" in result.stdout
    assert result.stdout.splitlines()[-1] == "ok: 4 of 4 environments over 1 targets"


def test_the_json_is_the_handlers_report(schedules: Path, endpoint: str) -> None:
    result = warm(schedules, "--function", "shop:live", "--count", "2", "--endpoint-url", endpoint, "--format", "json")

    report: dict[str, Any] = json.loads(result.stdout)
    (target,) = report["targets"]
    assert (result.exit_code, report["ok"], report["outcome"]) == (0, True, "served")
    assert (target["function"], target["wanted"], target["covered"], target["evidence"]) == ("shop", 2, 2, "counted")
    assert report["schedules_source"]["location"] == str(schedules)


def test_a_target_that_falls_short_ends_with_1_and_says_why(schedules: Path, endpoint: str) -> None:
    result = warm(schedules, "cart", "--endpoint-url", endpoint)

    assert result.exit_code == 1
    assert "Function not found" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("not ok: 0 of 2 environments")


def test_a_dry_run_pings_nobody(schedules: Path) -> None:
    result = warm(schedules, "shop", "--dry-run", "--endpoint-url", "http://127.0.0.1:9")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("shop  shop:live  would-ping: dryRun: would ping 4")


def test_the_level_may_be_that_of_another_instant(schedules: Path) -> None:
    path = schedules / "shop.yaml"
    window = 'windows: [{name: morning, from: "08:00", to: "09:00", concurrency: 9}]'
    path.write_text(path.read_text().replace("windows: []", window))

    assert "would ping 9" in warm(schedules, "shop", "--dry-run", "--at", "2026-11-24T08:30:00Z").stdout
    assert "would ping 4" in warm(schedules, "shop", "--dry-run", "--at", "2026-11-24T09:30:00Z").stdout


def test_a_count_of_ones_own_goes_before_windows_scale_and_overrides(schedules: Path) -> None:
    path = schedules / "shop.yaml"
    override = (
        'overrides: [{name: stop, from: "2026-11-24T00:00", until: "2026-11-25T00:00", mode: set, concurrency: 0, '
        "reason: test, ticket: T-1}]"
    )
    path.write_text(path.read_text().replace("profile: day}", "profile: day, scale: 0.5}") + override + "\n")
    asked = ("shop", "--dry-run", "--at", "2026-11-24T08:30:00Z")

    assert "nothing-due" in warm(schedules, *asked).stdout
    assert "would ping 7" in warm(schedules, *asked, "--count", "7").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name the service"),
        (("shoop",), 'no usable service "shoop"'),
        (("shop", "--function", "cart"), 'no target "cart"'),
        (("shop", "--count", "0"), "--count"),
        (("shop", "--at", "noon"), "not an instant"),
        (("shop", "--schedules", "nowhere"), "no such folder"),
        (("shop", "--endpoint-url", "ftp://127.0.0.1", "--dry-run", "--seconds", "1"), "--seconds"),
    ],
)
def test_what_cannot_be_done_ends_with_2_in_one_line(arguments: tuple[str, ...], words: str, schedules: Path) -> None:
    command = [sys.executable, "-m", "cli", "warm", "--schedules", str(schedules), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_an_endpoint_without_a_server_ends_with_1_in_clear_words(schedules: Path) -> None:
    result = warm(schedules, "shop", "--endpoint-url", "http://127.0.0.1:9")

    assert result.exit_code == 1
    assert "Connection refused" in result.stdout


def test_a_second_burst_is_said_too(schedules: Path, tmp_path: Path) -> None:
    crash_once = WITH_KIT.replace(
        '    return {"statusCode"',
        f"    import os\n    try:\n        os.close(os.open({str(tmp_path / 'flag')!r}, os.O_CREAT | os.O_EXCL))\n"
        '        os._exit(3)\n    except FileExistsError:\n        pass\n    return {"statusCode"',
    )
    with machine(a_function(tmp_path / "code", crash_once)) as running:
        result = warm(schedules, "shop", "--endpoint-url", running.endpoint)

    assert [line.split(":", 2)[1] for line in result.stderr.splitlines()] == ["live burst 1", "live burst 2"]
    assert result.stdout.startswith("shop:live: the last of its bursts\n")
    assert result.exit_code == 0


def test_what_defeats_warmth_by_the_application_s_own_word_is_shown_once(schedules: Path, tmp_path: Path) -> None:
    hint = "CONN_MAX_AGE is 0\x1b[2J, so each request opens a connection of its own"
    hinting = WITH_KIT.replace('"ok"', repr(json.dumps({"status": "ok", "hints": [hint, 7]})))
    with machine(a_function(tmp_path / "code", hinting)) as running:
        result = warm(schedules, "shop", "--endpoint-url", running.endpoint)

    said = "  hint of the application: CONN_MAX_AGE is 0 [2J, so each request opens a connection of its own"
    assert [line for line in result.stdout.splitlines() if "hint" in line] == [said]
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "body", ["", "ok", "[1]", '{"hints": "x"}', '{"hints": [[]]}', "[" * 100_000, '{"hints": null}']
)
def test_an_answer_without_hints_has_none(body: str) -> None:
    answer = Answer(status=200, payload=json.dumps({"statusCode": 200, "body": body}).encode())
    result = BurstResult(outcomes=(answer, Lost(reason="reset")), release_at_ms=0, released_ms=0, spread_ms=0)
    assert hints_in(result) == []
