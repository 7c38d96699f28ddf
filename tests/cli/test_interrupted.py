"""Ctrl-C ends a verb in one way at any moment: a line, status 130, and no traceback. Real processes, a real signal."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CARETAKER = Path(sys.executable).with_name("caretaker")
# Takes part in every import, and in one of them says so and waits: the moment to press.
SLOW = """
import sys

class Slow:
    def find_spec(self, name, *_):
        if name == {module!r}:
            print("importing", flush=True)
            sys.stdin.readline()

sys.meta_path.insert(0, Slow())
"""


def pressed(
    tmp_path: Path, command: list[str | Path], module: str, *, signals: signal.Handlers | None = None
) -> tuple[int, str]:
    """How `command` ends when Ctrl-C is pressed while it imports `module`, and what it says."""
    (tmp_path / "sitecustomize.py").write_text(SLOW.format(module=module), encoding="utf-8")
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Who starts these tests in the background may have switched the signal off for all that they start.
        preexec_fn=partial(signal.signal, signal.SIGINT, signals or signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate("go on\n", timeout=60)
        return process.returncode, said


@pytest.mark.parametrize("module", ["cli.command", "click", "botocore", "rich.console"])
@pytest.mark.parametrize("command", [[CARETAKER, "doctor"], [sys.executable, "-m", "cli", "validate", "schedules"]])
def test_an_interruption_while_the_command_is_loading_is_one_line_and_a_status(
    tmp_path: Path, command: list[str | Path], module: str
) -> None:
    assert pressed(tmp_path, command, module) == (130, "caretaker: interrupted\n")


def test_an_interruption_that_was_switched_off_stays_off(tmp_path: Path) -> None:
    assert pressed(tmp_path, [CARETAKER, "--version"], "click", signals=signal.SIG_IGN) == (0, "")
