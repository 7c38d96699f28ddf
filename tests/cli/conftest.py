"""What the command's tests share: folders, templates, and an emulator for the whole of a file."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.stack import RunningEmulator, running_emulator
from tests.cli.granting import TEMPLATE
from tests.cli.pushing import Bucket, a_bucket
from tests.warmer.lambda_machine import write_schedule


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of schedules, empty."""
    made = tmp_path / "schedules"
    made.mkdir()
    return made


@pytest.fixture
def schedules(folder: Path) -> Path:
    """A folder with a service that wants nothing."""
    write_schedule(folder, baseline=0)
    return folder


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """With an empty block of permissions."""
    path = tmp_path / "template.yaml"
    path.write_bytes(TEMPLATE.encode())
    return path


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator() as started:
        yield started


@pytest.fixture
def bucket(emulator: RunningEmulator, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket that keeps versions, and an SDK that is pointed at it."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    return a_bucket(emulator, f"plans-{hashlib.sha256(request.node.name.encode()).hexdigest()[:16]}")
