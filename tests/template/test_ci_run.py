"""What `.ci/run` does with its verbs: their order, its end at the first failure, and its last line."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.template.checkout import ROOT

# What it would install where they are missing, and these tests never have it install.
PROGRAMS = ("chromium", "npm", "mvn", "javac")
MAKEFILE = """\
setup test check audit:
\t@echo "ran $@ CI=$$CI"
\t@test "$$FAIL" != $@
\t@test -w "$$HOME"
\t@read line && echo "was answered" || true
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    for program in PROGRAMS:
        (tmp_path / "bin" / program).symlink_to("/bin/true")
    return tmp_path


def ci_run(checkout: Path, **variables: str) -> tuple[int, list[str]]:
    ended = subprocess.run(
        [checkout / ".ci" / "run"],
        cwd="/",
        env={"PATH": f"{checkout / 'bin'}:{os.environ['PATH']}", **variables},
        input="an answer\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout.splitlines()


@pytest.mark.parametrize("home", [{}, {"HOME": ""}, {"HOME": "/nonexistent"}, {"HOME": "/tmp"}])
def test_set_up_tests_checks_and_audit_run_in_this_order_whatever_home_is(checkout: Path, home: dict[str, str]) -> None:
    status, lines = ci_run(checkout, **home)
    assert [line for line in lines if line.startswith("ran ")] == [
        "ran setup CI=true",
        "ran test CI=true",
        "ran check CI=true",
        "ran audit CI=true",
    ]
    assert (status, lines[-1]) == (0, "ci: all passed")


def test_nothing_waits_for_an_answer(checkout: Path) -> None:
    _, lines = ci_run(checkout)
    assert "was answered" not in lines


@pytest.mark.parametrize(("failing", "ran"), [("setup", 1), ("test", 2), ("check", 3), ("audit", 4)])
def test_the_first_failure_ends_it_and_the_last_line_names_it(checkout: Path, failing: str, ran: int) -> None:
    status, lines = ci_run(checkout, FAIL=failing)
    assert sum(line.startswith("ran ") for line in lines) == ran
    assert (status, lines[-1]) == (1, f"ci: make {failing} failed with status 2")
