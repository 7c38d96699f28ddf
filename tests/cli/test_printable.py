"""Nothing that the command prints steers a terminal, forges a line or breaks its JSON; its own colours stay."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.printable import guarded, printable

ROOT = Path(__file__).resolve().parents[2]
STEERING = [
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\r",
    "\x08",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u2028",
    "\x1b[8m",
    "\x1b[41m",
]


@pytest.mark.parametrize("code", STEERING)
def test_what_steers_a_terminal_becomes_its_escape(code: str) -> None:
    shown = printable(f"a{code}b")

    assert shown.startswith("a\\u")
    assert shown.isprintable()
    assert json.loads(f'"{shown}"') == f"a{code}b"


@pytest.mark.parametrize("colour", ["red", "bright_cyan", "yellow"])
def test_the_command_s_own_styles_stay(colour: str) -> None:
    styled = click.style("E005", fg=colour, bold=True)

    assert printable(styled) == styled


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_reads_the_same_from_what_is_printed(text: str) -> None:
    whole = json.dumps({"a": text}, ensure_ascii=False)

    assert json.loads(printable(whole)) == {"a": text}


def test_every_verb_prints_through_the_guard(capsys: pytest.CaptureFixture[str]) -> None:
    with guarded():
        click.echo("a\x07b")
        click.echo("c\rd", err=True)
        print("e\x1b[2Jf")  # noqa: T201 - any way of printing

    assert capsys.readouterr() == ("a\\u0007b\ne\\u001b[2Jf\n", "c\\u000dd\n")


def run(folder: Path, *, in_terminal: bool) -> bytes:
    command = [sys.executable, "-m", "cli", "validate", str(folder)]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "300"}
    if not in_terminal:
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False).stdout
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while chunk := _read(ours):
            said += chunk
        process.wait()
    os.close(ours)
    return said


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize("in_terminal", [False, True])
def test_a_file_of_a_pull_request_neither_clears_the_screen_nor_commands_the_workflow(
    tmp_path: Path, in_terminal: bool
) -> None:
    name = "a\n::error file=x::forged\x1b[2J.yaml"
    (tmp_path / name).write_text('version: 1\nservice: "\\e[2J\\u202e"\n"\\e]0;t\\a": 1\n')

    said = run(tmp_path, in_terminal=in_terminal)

    assert b"E101" in said
    assert (b"\x1b[31mE101" in said) is in_terminal
    assert b"\x1b[2J" not in said
    assert b"\x1b]" not in said
    assert "\u202e".encode() not in said
    assert [line for line in said.splitlines() if line.startswith(b"::")] == []
