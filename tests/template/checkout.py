"""A copy of this checkout to build in, and the stock `sam` command run on it.

The copy is what keeps these tests apart from a build that a person runs at the same time.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
PYTHON = ROOT / ".venv" / "bin" / "python"
Command = Sequence[str | Path]
# What is made, also by another test's process at this moment: Maven's folder, and bytecode that is half written.
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".tools", ".aws-sam", "build", "target", ".*_cache", ".hypothesis", "*.egg-info", "*.pyc.*"
)


def copy_checkout(to: Path) -> Path:
    """The sources in folder `to`, bytecode and all, with the installed tools lent by a link."""
    shutil.copytree(ROOT, to, ignore=_LEFT_OUT)
    (to / ".venv").symlink_to(ROOT / ".venv")
    (to / ".tools").symlink_to(ROOT / ".tools")
    for source in (to / "pyproject.toml", *(to / "requirements").iterdir()):
        os.utime(source, (0, 0))  # older than the tools, so that make never installs anew through the links
    return to


def run(command: Command, *, folder: Path, variables: Mapping[str, str] | None = None) -> str:
    """What `command` printed, both streams together. Raises: AssertionError with it when the command fails."""
    ended = ended_run(command, folder=folder, variables=variables)
    assert ended.returncode == 0, f"{command} ended with {ended.returncode}:\n{ended.stdout}"
    return ended.stdout


def ended_run(
    command: Command, *, folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The same however it ends; nobody answers what it asks."""
    return subprocess.run(
        command,
        cwd=folder,
        env=_environment(variables or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    # Nothing of the caller's AWS account, and no make flags of the `make test` that started this.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS"))}
    return {**kept, "SAM_CLI_TELEMETRY": "0", **variables}


def files_of(folder: Path) -> dict[str, str]:
    """Path → hash of mode, time and bytes, of every file below `folder`."""
    return {str(path.relative_to(folder)): _mark(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def _mark(path: Path) -> str:
    facts = path.stat()
    return hashlib.sha256(f"{facts.st_mode} {facts.st_mtime_ns} ".encode() + path.read_bytes()).hexdigest()
