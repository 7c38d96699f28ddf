"""Fixtures of the kit's tests."""

import pytest

from caretaker_kit.environment import Environment
from tests.kits.stage import Clock, set_stage


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> tuple[Clock, Environment]:
    """The clock and the environment that the kit sees in this test."""
    return set_stage(monkeypatch)
