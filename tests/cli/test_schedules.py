"""`caretaker validate`, `plan` and `explain` as a user and a machine meet them: output, exit status, bad arguments."""

import io
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.command import main

SERVICE = """\
version: 1
service: shop
owner: team-shop
timezone: America/New_York
profiles:
  day:
    baseline: 1
    windows:
      - {name: night, days: sat, from: "22:00", to: "06:00", concurrency: 5, rampUp: 10m}
targets:
  - {function: shop-web, alias: live, profile: day}
"""
OTHER = SERVICE.replace("service: shop", "service: other").replace("shop-web", "other-web")
NIGHT = ("--from", "2027-11-06T20:00-04:00", "--to", "2027-11-07T12:00-05:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(SERVICE)
    return tmp_path


@pytest.mark.parametrize("terminal", [True, False])
def test_validate_shows_how_far_it_is_to_a_person_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    for number in range(120):
        (folder / f"s{number}.yaml").write_text(SERVICE.replace("shop", f"s{number}"))
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("cli.schedules.sys", SimpleNamespace(stderr=shown))
    ended = run("validate", folder)
    assert ended.exit_code == 0
    assert "121 files" in ended.stdout
    assert ("100%" in shown.getvalue()) is terminal


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def answer(*arguments: object) -> Any:
    return json.loads(run(*arguments, "--format", "json").stdout)


def test_validate_of_a_clean_folder_is_an_empty_list(folder: Path) -> None:
    result = run("validate", folder, "--format", "json")
    assert (result.exit_code, json.loads(result.stdout), result.stderr) == (0, [], "")


def test_validate_points_at_every_mistake_of_every_file(folder: Path) -> None:
    (folder / "a.yaml").write_text(SERVICE.replace("baseline: 1", "baseline: -1").replace("sat", "saturday"))
    (folder / "b.yaml").write_text("version: 1\n\tx: 1\n")
    result = run("validate", folder, "--format", "json")
    assert result.exit_code == 1
    assert [(Path(one["file"]).name, one["line"], one["column"], one["code"]) for one in json.loads(result.stdout)] == [
        ("a.yaml", 7, 15, "E102"),
        ("a.yaml", 9, 29, "E105"),
        ("b.yaml", 2, 1, "E001"),
    ]
    assert set(json.loads(result.stdout)[0]) == {"file", "line", "column", "code", "severity", "message"}


def test_validate_speaks_to_people_in_lines_that_editors_know(folder: Path) -> None:
    (folder / "shop.yaml").write_text(SERVICE.replace("profile: day", "profile: dya"))
    result = run("validate", folder)
    first, last = result.stdout.splitlines()
    assert first == f'{folder}/shop.yaml:11:48: E201 targets[0].profile: no profile "dya", did you mean "day"?'
    assert last == "1 file, 0 usable services: 1 error, 0 warnings"
    assert result.exit_code == 1


def test_warnings_pass_unless_strict(folder: Path) -> None:
    (folder / "shop.yaml").write_text(SERVICE.replace('"22:00"', '"22:03"'))
    assert [one["severity"] for one in answer("validate", folder)] == ["warning"]
    assert run("validate", folder).exit_code == 0
    assert run("validate", folder, "--strict").exit_code == 1


def test_validate_writes_annotations_for_github(folder: Path) -> None:
    (folder / "shop.yaml").write_text(SERVICE.replace("sat,", "saturday,"))
    result = run("validate", folder / "shop.yaml", "--github")
    assert result.stdout.startswith(
        f"::error file={folder}/shop.yaml,line=9,col=29,title=E105::profiles.day.windows[0]"
    )


def test_plan_lists_changes_in_time_order_beginning_at_from(folder: Path) -> None:
    found = answer("plan", folder, *NIGHT)
    assert [(one["at"], one["level"]) for one in found] == [
        ("2027-11-07T00:00:00Z", 1),
        ("2027-11-07T01:55:00Z", 3),
        ("2027-11-07T02:00:00Z", 5),
        ("2027-11-07T11:00:00Z", 1),
    ]
    assert found[1] == {
        "service": "shop",
        "function": "shop-web",
        "qualifier": "live",
        "at": "2027-11-07T01:55:00Z",
        "level": 3,
        "reason": '3: window "night" of profile day (22:00 to 06:00 America/New_York) ramps up to 5 at 22:00',
    }


def test_plan_for_people_names_local_times_and_counts_pings(folder: Path) -> None:
    lines = run("plan", folder, *NIGHT).stdout.splitlines()
    assert lines[2].startswith("Sat 2027-11-06 22:00 EDT   shop-web:live     5  window")
    assert lines[-1] == "shop shop-web:live: 638 pings in all"


def test_plan_warns_of_the_night_that_clocks_change_on_standard_error(folder: Path) -> None:
    (folder / "shop.yaml").write_text(SERVICE.replace('"22:00", to: "06:00"', '"22:00", to: "01:30"'))
    result = run("plan", folder, *NIGHT, "--format", "json")
    assert "W303" in result.stderr
    assert result.exit_code == 0
    assert json.loads(result.stdout)


def test_explain_lists_the_instants_that_windows_resolve_to(folder: Path) -> None:
    (found,) = answer("explain", folder, "--at", "2027-11-07T01:30-05:00")
    assert (found["level"], found["at"]) == (5, "2027-11-07T06:30:00Z")
    assert found["windows"] == [
        {
            "name": "night",
            "starts": "2027-11-07T02:00:00Z",
            "ends": "2027-11-07T11:00:00Z",
            "level": 5,
            "active": True,
        }
    ]


def test_explain_speaks_to_people(folder: Path) -> None:
    text = run("explain", folder / "shop.yaml", "--at", "2027-11-07T06:30Z").stdout
    assert "shop-web:live of shop at Sun 2027-11-07 01:30 EST" in text
    assert "*    5  Sat 2027-11-06 22:00 EDT to Sun 2027-11-07 06:00 EST  night" in text


def test_explain_can_be_narrowed_to_a_function(folder: Path) -> None:
    (folder / "other.yaml").write_text(OTHER)
    assert [one["function"] for one in answer("explain", folder, "--at", "2027-01-01T00:00Z")] == [
        "other-web",
        "shop-web",
    ]
    found = answer("explain", folder, "--at", "2027-01-01T00:00Z", "--function", "shop-web")
    assert [one["function"] for one in found] == ["shop-web"]


def test_a_broken_file_is_named_and_the_others_are_planned(folder: Path) -> None:
    (folder / "other.yaml").write_text(OTHER.replace("owner", "ovner"))
    result = run("plan", folder, *NIGHT, "--format", "json")
    assert result.exit_code == 1
    assert {one["service"] for one in json.loads(result.stdout)} == {"shop"}
    assert "other.yaml:3:1: E003" in result.stderr


def test_a_lone_file_is_read_with_the_platform_file_beside_it(folder: Path) -> None:
    (folder / "platform.yaml").write_text("calendars: {off: ['2027-11-06']}\n")
    text = SERVICE.replace("targets:", "    dates: [{calendar: off, windows: []}]\ntargets:")
    (folder / "shop.yaml").write_text(text)
    assert [one["level"] for one in answer("plan", folder / "shop.yaml", *NIGHT)] == [1]


def test_an_instant_without_an_offset_is_utc_and_said_so(folder: Path) -> None:
    result = run("explain", folder, "--at", "2027-11-07T06:30", "--format", "json")
    assert json.loads(result.stdout)[0]["at"] == "2027-11-07T06:30:00Z"
    assert "taken as UTC" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["validate"], "PATH"),
        (["validate", "nowhere"], "nowhere: no such file or folder"),
        (["validate", "EMPTY"], "no schedule files"),
        (["validate", "FOLDER", "--format", "xml"], "xml"),
        (["plan", "FOLDER"], "--from"),
        (["plan", "FOLDER", "--from", "yesterday", "--to", "2027-01-01T00:00Z"], "yesterday"),
        (["plan", "FOLDER", "--from", "2027-01-02T00:00Z", "--to", "2027-01-01T00:00Z"], "is before"),
        (["plan", "FOLDER", "--from", "1990-01-02T00:00Z", "--to", "2027-01-01T00:00Z"], "days apart"),
        (["plan", "FOLDER", "--from", "0001-01-01T00:00+14:00", "--to", "2027-01-01T00:00Z"], "instant"),
        (["explain", "FOLDER", "--at", "2027-01-01T00:00Z", "--function", "shop-wbe"], 'did you mean "shop-web"?'),
        (["nonsense"], "nonsense"),
    ],
)
def test_bad_arguments_are_one_line_and_status_two(folder: Path, arguments: list[str], words: str) -> None:
    (folder / "empty").mkdir()
    places = {"FOLDER": str(folder), "EMPTY": str(folder / "empty")}
    result = run(*(places.get(one, one) for one in arguments))
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("caretaker: ")
    assert words in line


def test_a_link_that_leads_to_itself_is_a_file_that_cannot_be_read(folder: Path) -> None:
    (folder / "loop.yaml").symlink_to("loop.yaml")
    result = run("validate", folder, "--format", "json")
    assert result.exit_code == 1
    assert [(Path(one["file"]).name, one["code"]) for one in json.loads(result.stdout)] == [("loop.yaml", "E001")]


def test_a_file_name_that_is_not_utf_8_leaves_the_json_readable(folder: Path) -> None:
    (folder / os.fsdecode(b"\xff.yaml")).write_text(OTHER.replace("America/New_York", "Nowhere"))
    result = run("validate", folder, "--format", "json")
    assert "E106" in {one["code"] for one in json.loads(result.stdout_bytes.decode("utf-8"))}


def test_a_name_that_the_output_cannot_spell_is_escaped(folder: Path) -> None:
    (folder / "café.yaml").write_text(OTHER.replace("America/New_York", "Nowhere"))
    result = CliRunner(charset="ascii").invoke(main, ["validate", str(folder)])
    assert (result.exit_code, "caf\\xe9.yaml:4:11: E106" in result.stdout) == (1, True)


def test_nothing_usable_is_status_two(folder: Path) -> None:
    (folder / "shop.yaml").write_text("version: 2\n")
    result = run("plan", folder, *NIGHT)
    assert result.exit_code == 2
    assert result.stdout == ""
