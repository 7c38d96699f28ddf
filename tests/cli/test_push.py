"""`caretaker push`: what is uploaded, what is said of it, the way back, and the tick that follows."""

import json
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import warmer.handler
from profiles.compiled import load_compiled
from tests.cli.pushing import KEY, Bucket, push, pushed
from tests.cli.test_diff import git
from tests.warmer.lambda_machine import tick, write_schedule

BOTH = (sys.executable, "-m", "cli", "push")


def test_what_validates_is_uploaded_as_the_one_document_that_the_build_would_ship(
    schedules: Path, bucket: Bucket
) -> None:
    git(schedules.parent, "init", "-q", "-b", "main")
    git(schedules.parent, "add", ".")
    git(schedules.parent, "commit", "-q", "-m", "first")
    head = subprocess.check_output(["git", "-C", schedules, "rev-parse", "HEAD"], text=True).strip()

    result = pushed(schedules, bucket)

    assert bucket.keys() == [KEY]
    lying = load_compiled(bucket.body(), where="S3")
    assert (lying.revision, lying.schedules.services[0].file) == (head, "shop.yaml")
    assert f"{bucket.uri}/compiled.json: pushed 1 service, 1 target, {len(bucket.body()):,} bytes" in result.stdout
    assert f"revision {head[:12]} (version " in result.stdout
    assert "The next tick takes it, at " in result.stdout


def test_uncommitted_schedules_are_marked_as_such(schedules: Path, bucket: Bucket) -> None:
    git(schedules.parent, "init", "-q", "-b", "main")
    git(schedules.parent, "add", ".")
    git(schedules.parent, "commit", "-q", "-m", "first")
    write_schedule(schedules, baseline=3)
    pushed(schedules, bucket)
    assert load_compiled(bucket.body(), where="S3").revision.endswith("-changed")


def test_what_changes_is_said_in_words_levels_and_settings_alike(schedules: Path, bucket: Bucket) -> None:
    pushed(schedules, bucket)
    write_schedule(schedules, baseline=2)
    write_schedule(schedules, baseline=0, service="cart", function="cart")

    result = push(schedules, "--to", bucket.uri, "--dry-run")

    assert result.exit_code == 0
    assert "service cart is new" in result.stdout
    assert "shop: profiles changed" in result.stdout
    assert "rises from 0 to 2" in result.stdout
    assert "would push 2 services, 2 targets" in result.stdout
    assert bucket.services() == ["shop"]


def test_a_service_that_would_go_is_named(schedules: Path, bucket: Bucket) -> None:
    write_schedule(schedules, baseline=0, service="cart", function="cart")
    pushed(schedules, bucket)
    (schedules / "cart.yaml").unlink()
    assert "service cart goes: nothing of it is kept warm" in pushed(schedules, bucket).stdout
    assert bucket.services() == ["shop"]


def test_the_same_schedules_are_not_uploaded_again(schedules: Path, bucket: Bucket) -> None:
    pushed(schedules, bucket)
    before = bucket.s3.head_object(Bucket=bucket.name, Key=KEY)["VersionId"]
    (schedules / "shop.yaml").write_text("# another comment\n" + (schedules / "shop.yaml").read_text())
    assert f"{bucket.uri}/compiled.json: nothing to push; it says the same" in pushed(schedules, bucket).stdout
    assert bucket.s3.head_object(Bucket=bucket.name, Key=KEY)["VersionId"] == before


def test_with_an_error_in_any_file_nothing_is_uploaded(schedules: Path, bucket: Bucket) -> None:
    (schedules / "cart.yaml").write_text("version: 1\nservice: cart\nownr: team-cart\n")
    result = push(schedules, "--to", bucket.uri, "--yes")
    assert result.exit_code == 1
    assert "cart.yaml:3:1: " in result.stdout
    assert "nothing was pushed" in result.stderr
    assert bucket.keys() == []

    items = json.loads(push(schedules, "--to", bucket.uri, "--yes", "--format", "json").stdout)
    assert items["outcome"] == "rejected"
    assert {item["file"] for item in items["mistakes"]} == {str(schedules / "cart.yaml")}


def test_one_file_is_refused_because_all_others_would_go(schedules: Path, bucket: Bucket) -> None:
    result = push(schedules / "shop.yaml", "--to", bucket.uri, "--yes")
    assert result.exit_code == 2
    assert "shop.yaml is a file; a push replaces all schedules" in result.stderr


def test_where_nobody_can_be_asked_a_yes_is_needed(schedules: Path, bucket: Bucket) -> None:
    result = push(schedules, "--to", bucket.uri)
    assert (result.exit_code, bucket.keys()) == (2, [])
    assert "nobody can be asked here; add --yes, or --dry-run" in result.stderr


def test_a_folder_or_a_version_is_needed_and_not_both(schedules: Path) -> None:
    for arguments in ((), (schedules, "--restore", "1")):
        result = push(*arguments, "--yes")
        assert (result.exit_code, "with --restore the version" in result.stderr) == (2, True)


def test_a_way_back_without_a_version_is_no_success(schedules: Path, bucket: Bucket) -> None:
    push(schedules, "--to", bucket.uri, "--yes")
    result = push("--restore", "", "--to", bucket.uri, "--yes")
    assert (result.exit_code, "--restore names no version" in result.stderr) == (2, True)


@pytest.mark.parametrize(("answer", "keys", "status"), [("y", [KEY], 0), ("n", [], 1)])
def test_a_person_is_asked_first(schedules: Path, bucket: Bucket, answer: str, keys: list[str], status: int) -> None:
    terminal, its_end = pty.openpty()
    try:
        os.write(terminal, f"{answer}\n".encode())
        ended = subprocess.run(
            [*BOTH, schedules, "--to", bucket.uri],
            stdin=its_end,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(terminal)
        os.close(its_end)
    assert (ended.returncode, bucket.keys()) == (status, keys), ended.stderr
    assert "Push 1 service, 1 target, " in ended.stderr
    assert ("nothing was pushed" in ended.stdout) == (answer == "n")


def test_a_push_is_taken_back_by_the_version_that_it_names(schedules: Path, bucket: Bucket) -> None:
    pushed(schedules, bucket)
    first = bucket.body()
    write_schedule(schedules, baseline=7)
    last = pushed(schedules, bucket).stdout.splitlines()[-1]
    assert last.startswith("To go back: caretaker push --restore ")
    way_back = last.removeprefix("To go back: caretaker push ").split()

    result = push(*way_back, "--yes")

    assert result.exit_code == 0, result.output
    assert "falls from 7 to 0" in result.stdout
    assert bucket.body() == first


def test_a_version_that_is_not_there_or_holds_no_schedules_is_not_restored(bucket: Bucket) -> None:
    absent = push("--restore", "00000000-0000-0000-0000-000000000000", "--to", bucket.uri, "--yes")
    assert (absent.exit_code, "has no version 0000" in absent.stderr) == (2, True)
    bucket.put(KEY, b"something else")
    version = bucket.s3.head_object(Bucket=bucket.name, Key=KEY)["VersionId"]
    result = push("--restore", version, "--to", bucket.uri, "--yes")
    assert (result.exit_code, "not JSON" in result.stderr) == (2, True)
    assert bucket.body() == b"something else"


def test_another_interval_asks_for_another_rule(schedules: Path, bucket: Bucket) -> None:
    pushed(schedules, bucket)
    (schedules / "platform.yaml").write_text("version: 1\ninterval: 2m\n")
    assert "becomes 2m; deploy the stack with a TickSchedule that agrees" in pushed(schedules, bucket).stderr


def test_machines_read_what_changed_and_what_was_written(schedules: Path, bucket: Bucket) -> None:
    first = json.loads(pushed(schedules, bucket, "--format", "json").stdout)
    assert (first["outcome"], first["replaces"], first["levels"][0]["before"]) == ("pushed", None, None)
    write_schedule(schedules, baseline=1)
    second = json.loads(pushed(schedules, bucket, "--format", "json").stdout)
    assert second["replaces"] == first["written"]
    assert second["settings"] == [{"name": "shop", "change": "changed", "settings": ["profiles"]}]
    assert (second["levels"][0]["before"], second["levels"][0]["after"]) == (0, 1)
    assert json.loads(pushed(schedules, bucket, "--format", "json").stdout)["outcome"] == "unchanged"


def test_the_next_tick_follows_a_push_by_the_command_itself(
    schedules: Path, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    warmer.handler._library.cache_clear()
    endpoint = bucket.emulator.endpoint_url_lambda
    for baseline in (0, 3):
        write_schedule(schedules, baseline=baseline)
        with (schedules / "shop.yaml").open("a") as file:
            file.write("dryRun: true\n")
        subprocess.run([*BOTH, schedules, "--to", bucket.uri, "--yes"], check=True, capture_output=True, timeout=60)
        report = tick(monkeypatch, endpoint, bucket.uri)  # type: ignore[arg-type]
        assert [(target["service"], target["wanted"]) for target in report["targets"]] == [("shop", baseline)]
        assert report["schedules_source"]["from"] == "live"
    warmer.handler._library.cache_clear()
