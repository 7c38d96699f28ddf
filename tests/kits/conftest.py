"""Fixtures of the kit's tests."""

import pytest

from tests.kits.stage import Stage, set_stage


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The clock and the environment that the kit sees in this test."""
    return set_stage(monkeypatch)
