"""`caretaker plan --diff REV`, in real git repositories."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.command import main

SERVICE = """\
version: 1
service: shop
owner: team-storefront
timezone: America/New_York
profiles:
  storefront:
    baseline: 1
    windows:
      - {name: daytime, days: mon-fri, from: "08:00", to: "20:00", concurrency: 8}
targets:
  - {function: shop-prod, alias: live, profile: storefront}
"""
WEEK = ("--from", "2026-11-23T00:00-05:00", "--to", "2026-11-30T00:00-05:00")


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def schedules(tmp_path: Path) -> Path:
    folder = tmp_path / "schedules"
    folder.mkdir()
    (folder / "shop.yaml").write_text(SERVICE)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return folder


def diff(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["plan", str(path), "--diff", "main", *WEEK, *arguments])


def test_a_higher_window_is_said_once_for_all_its_days(schedules: Path) -> None:
    (schedules / "shop.yaml").write_text(SERVICE.replace("concurrency: 8", "concurrency: 20"))

    result = diff(schedules)
    assert result.exit_code == 0
    assert result.stdout.strip() == (
        "shop-prod:live Mon to Fri 08:00 to 20:00 (5 times from 2026-11-23 to 2026-11-27) America/New_York: "
        "rises from 8 to 20"
    )


def test_machines_get_every_span_with_its_instants(schedules: Path) -> None:
    (schedules / "shop.yaml").write_text(SERVICE.replace('to: "20:00"', 'to: "19:00"').replace("mon-fri", "mon"))

    items = json.loads(diff(schedules, "--format", "json").stdout)
    assert items[0] == {
        "service": "shop",
        "function": "shop-prod",
        "qualifier": "live",
        "from": "2026-11-24T00:00:00Z",
        "to": "2026-11-24T01:00:00Z",
        "before": 8,
        "after": 1,
    }
    assert len(items) == 5


def test_a_new_target_and_a_lost_one_are_told_apart(schedules: Path) -> None:
    (schedules / "shop.yaml").write_text(SERVICE.replace("shop-prod", "shop-next"))

    lines = diff(schedules).stdout
    assert "shop-next:live" in lines
    assert "new target, 8" in lines
    assert "shop-prod:live" in lines
    assert "no target any more, 8 until now" in lines


def test_nothing_changed_is_said(schedules: Path) -> None:
    assert diff(schedules).stdout.startswith("No level differs from main")
    assert json.loads(diff(schedules, "--format", "json").stdout) == []


def test_the_platform_file_beside_a_lone_service_is_the_revisions_too(schedules: Path) -> None:
    shared = "profiles:\n  common:\n    baseline: {}\n    windows: []\n"
    (schedules / "platform.yaml").write_text(shared.format(4))
    (schedules / "cart.yaml").write_text(
        "version: 1\nservice: cart\nowner: t\ntimezone: UTC\n"
        "targets: [{function: cart, alias: live, profile: common}]\n"
    )
    git(schedules, "add", ".")
    git(schedules, "commit", "-q", "-m", "shared")
    (schedules / "platform.yaml").write_text(shared.format(6))

    assert "cart:live" in diff(schedules / "cart.yaml").stdout
    assert "rises from 4 to 6" in diff(schedules / "cart.yaml").stdout


def test_windows_that_the_asked_span_cuts_are_told_with_their_own_hours(schedules: Path) -> None:
    (schedules / "shop.yaml").write_text(SERVICE.replace("concurrency: 8", "concurrency: 20"))
    span = ("--from", "2026-11-24T00:00Z", "--to", "2026-12-01T00:00Z")

    result = CliRunner().invoke(main, ["plan", str(schedules), "--diff", "main", *span])
    assert result.stdout.strip() == (
        "shop-prod:live Mon to Fri 08:00 to 20:00 (6 times from 2026-11-23 to 2026-11-30) America/New_York: "
        "rises from 8 to 20"
    )


@pytest.mark.parametrize("broken_now", [True, False])
def test_a_file_that_has_errors_in_one_version_is_not_compared(schedules: Path, broken_now: bool) -> None:
    broken, path = SERVICE.replace("concurrency: 8", "concurrency: many"), schedules / "shop.yaml"
    (schedules / "cart.yaml").write_text(SERVICE.replace("service: shop", "service: cart").replace("shop-prod", "cart"))
    path.write_text(SERVICE if broken_now else broken)
    git(schedules, "add", ".")
    git(schedules, "commit", "-q", "-m", "second")
    path.write_text(broken if broken_now else SERVICE)

    result = diff(schedules)
    assert result.exit_code == (1 if broken_now else 0)
    assert result.stdout.startswith("No level differs")
    assert f"{path}: left out of the comparison; it has errors {'now' if broken_now else 'at main'}" in result.stderr


def test_files_that_the_revision_lacks_are_said_to_be_new(schedules: Path) -> None:
    (schedules / "shop.yaml").rename(schedules / "store.yaml")

    result = diff(schedules / "store.yaml")
    assert "at main: no schedule files at these paths, so every target is new" in result.stderr
    assert "new target, 8" in result.stdout


def test_a_target_that_another_service_takes_over_is_no_new_one(schedules: Path) -> None:
    (schedules / "shop.yaml").unlink()
    (schedules / "store.yaml").write_text(SERVICE.replace("service: shop", "service: store"))

    assert diff(schedules).stdout.startswith("No level differs")


def test_the_folder_may_be_the_repositorys_root(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SERVICE)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")

    assert diff(tmp_path).stdout.startswith("No level differs")


def test_without_a_span_it_is_the_next_seven_days(schedules: Path) -> None:
    result = CliRunner().invoke(main, ["plan", str(schedules), "--diff", "main"])

    assert result.exit_code == 0
    assert result.stdout.startswith("No level differs")


def test_an_unknown_revision_and_a_folder_outside_git_are_one_line(schedules: Path, tmp_path_factory: object) -> None:
    unknown = CliRunner().invoke(main, ["plan", str(schedules), "--diff", "nowhere", *WEEK])
    assert (unknown.exit_code, "nowhere is no revision" in unknown.stderr) == (2, True)

    (schedules.parent / ".git").rename(schedules.parent / "not-git")
    outside = diff(schedules)
    assert outside.exit_code == 2
    assert len(outside.stderr.strip().splitlines()) == 1


def test_an_option_in_the_place_of_a_revision_is_no_option_for_git(schedules: Path) -> None:
    result = CliRunner().invoke(main, ["plan", str(schedules), "--diff", "--output=/tmp/never", *WEEK])

    assert result.exit_code == 2
