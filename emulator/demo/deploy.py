"""The real `sam` command, run as a user runs it, into the emulator."""

import os
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emulator.demo.lambda_api import DemoError

ROOT = Path(__file__).resolve().parents[2]
_SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
_PYTHON = str(ROOT / ".venv" / "bin" / "python")
_TAIL_LINES = 15


@dataclass(slots=True)
class Commands:
    """Runs commands and ends those that still run when the demo is stopped."""

    environment: Mapping[str, str]
    running: list[subprocess.Popen[str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sam(self, *arguments: str, extra: Mapping[str, str] | None = None) -> str:
        """The output of `sam`. Raises: DemoError with the end of what it printed."""
        if not _SAM.exists():
            raise DemoError(f"there is no {_SAM.relative_to(ROOT)}; run make setup")
        return self.run([str(_SAM), *arguments], extra=extra)

    def run(self, command: Sequence[str], *, extra: Mapping[str, str] | None = None) -> str:
        """The output of `command`. Raises: DemoError with the end of what it printed."""
        with self._lock:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **self.environment, **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            self.running.append(process)
        output, _ = process.communicate()
        if process.returncode != 0:
            end = "\n  ".join(output.strip().splitlines()[-_TAIL_LINES:])
            raise DemoError(f"{Path(command[0]).name} {command[1]} failed with status {process.returncode}:\n  {end}")
        return output

    def end(self) -> None:
        """End every command that still runs."""
        with self._lock:
            for process in self.running:
                if process.poll() is None:
                    process.terminate()


def deploy_caretaker(commands: Commands, *, stack: str, folder: Path) -> None:
    """Build Caretaker with the demo's schedules and deploy it: a tick each minute, a janitor that may delete."""
    build, template = folder / "sam", folder / "template.yaml"
    schedules = str(ROOT / "examples" / "demo-schedules")
    # Copies: the demo's targets are not those that the checkout's template grants. sam looks for the rest beside it.
    for name in ("template.yaml", "samconfig.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    commands.run([_PYTHON, "-m", "cli", "iam", schedules, "--write", str(template)])
    commands.sam(
        *("build", "--base-dir", str(ROOT), "--template", str(template), "--build-dir", str(build)),
        extra={"SCHEDULES": schedules, "TEMPLATE": str(template)},
    )
    _deploy(
        commands,
        stack,
        build / "template.yaml",
        TickSchedule="cron(0/1 * * * ? *)",
        JanitorMode="delete",
        JanitorRate="15",
        JanitorMinSuperseded="1s",
        JanitorGrace="1s",
        JanitorMaxPerFunction="100",
        MetricMathAlarms="false",
    )


def deploy_shop(commands: Commands, *, stack: str) -> None:
    """Build the Django example as it ships and deploy it."""
    commands.run([_PYTHON, "examples/build.py", "--app", "django-mangum"])
    _deploy(commands, stack, ROOT / "examples" / "django-mangum" / "template.yaml")


def _deploy(commands: Commands, stack: str, template: Path, **parameters: str) -> None:
    overrides = [f'{name}="{value}"' for name, value in parameters.items()]
    commands.sam(
        "deploy",
        "--template-file",
        str(template),
        "--stack-name",
        stack,
        "--resolve-s3",
        "--capabilities",
        "CAPABILITY_IAM",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        *(["--parameter-overrides", *overrides] if overrides else []),
    )
