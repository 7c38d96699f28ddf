"""What machines are told: every verb has `--format json`, and those that write a file say what they wrote."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from cli.command import main
from profiles.compiled import load_compiled

SERVICE = """\
version: 1
service: shop
owner: team-shop
timezone: UTC
profiles:
  day: {baseline: 2}
targets:
  - {function: shop-checkout, alias: live, profile: day}
"""
INIT = ["init", "--service", "shop", "--owner", "team-shop", "--function", "shop-prod", "--format", "json"]


def verbs(group: click.Group, *before: str) -> Iterator[tuple[str, click.Command]]:
    """Every verb and verb of a verb, by its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, *before, name)
        else:
            yield " ".join([*before, name]), command


VERBS = dict(verbs(main))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def told(ended: Result) -> dict[str, Any]:
    """What a machine reads: all of standard output is one object."""
    found = json.loads(ended.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "schedules" / "shop.yaml").write_text(SERVICE, encoding="utf-8")
    return tmp_path / "schedules"


def test_there_are_the_verbs_that_the_next_test_walks() -> None:
    assert {"init", "compile", "render", "validate", "janitor plan", "janitor audit"} <= VERBS.keys()
    assert len(VERBS) >= 16


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_takes_format_json(verb: str) -> None:
    (option,) = [one for one in VERBS[verb].params if "--format" in one.opts]
    assert isinstance(option.type, click.Choice)
    assert {"text", "json"} <= set(option.type.choices)


def test_init_says_which_file_it_wrote_and_asks_nothing(tmp_path: Path) -> None:
    ended = run(*INIT, "--folder", tmp_path)
    written = tmp_path / "shop.yaml"
    assert ended.exit_code == 0
    assert told(ended) == {
        "outcome": "written",
        "file": str(written),
        "service": "shop",
        "bytes": written.stat().st_size,
    }


@pytest.mark.parametrize("left_out", ["--service", "--owner", "--function"])
def test_what_init_cannot_know_it_names_and_does_not_ask_a_machine_for(tmp_path: Path, left_out: str) -> None:
    index = INIT.index(left_out)
    ended = run(*INIT[:index], *INIT[index + 2 :], "--folder", tmp_path)
    assert (ended.exit_code, ended.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert left_out in ended.stderr
    assert "--format json asks nobody" in ended.stderr


def test_a_framework_that_needs_a_host_gets_none_by_default(tmp_path: Path) -> None:
    refused = run(*INIT, "--folder", tmp_path, "--framework", "spring")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--host is missing" in refused.stderr
    assert run(*INIT, "--folder", tmp_path, "--framework", "spring", "--host", "shop.example.com").exit_code == 0


def test_compile_says_what_is_in_the_file_that_it_wrote(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "compiled.json"
    ended = run("compile", folder, "--revision", "4f2a", "--out", out, "--format", "json")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert told(ended) == {
        "outcome": "written",
        "file": str(out),
        "services": 1,
        "targets": 1,
        "bytes": out.stat().st_size,
        "revision": "4f2a",
        "hash": load_compiled(out.read_bytes(), where="compiled.json").digest,
    }


def test_without_a_file_to_write_compile_gives_the_document_in_either_format(folder: Path) -> None:
    assert run("compile", folder, "--format", "json").stdout_bytes == run("compile", folder).stdout_bytes


def test_compile_tells_a_machine_the_mistakes_for_which_it_wrote_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "other.yaml").write_text("version: 1\n", encoding="utf-8")
    ended = run("compile", folder, "--out", tmp_path / "compiled.json", "--format", "json")
    assert ended.exit_code == 1
    found = told(ended)
    assert found["outcome"] == "rejected"
    assert {Path(one["file"]).name for one in found["mistakes"]} == {"other.yaml"}
    assert not (tmp_path / "compiled.json").exists()


def test_render_says_what_its_page_shows(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "week.html"
    ended = run("render", folder, "--week", "2026-11-24", "--out", out, "--format", "json")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert told(ended) == {
        "outcome": "written",
        "file": str(out),
        "targets": 1,
        "week": "2026-11-23",
        "changes": 1,
        "bytes": out.stat().st_size,
    }
