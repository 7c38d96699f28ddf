"""Where schedules and a template lie in the command's tests."""

from pathlib import Path

import pytest

from tests.cli.granting import TEMPLATE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of schedules, empty."""
    made = tmp_path / "schedules"
    made.mkdir()
    return made


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """With an empty block of permissions."""
    path = tmp_path / "template.yaml"
    path.write_bytes(TEMPLATE.encode())
    return path
