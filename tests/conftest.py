"""Which tests stay together when `make test` runs them in several processes."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What a folder's tests build once and share, such as an example's package, is theirs alone.
TOGETHER = {"examples": "packages", "kits": "packages", "template": "template"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One group a file, because its fixtures are made once; one for the folders that share what they build."""
    for item in items:
        if item.path.is_relative_to(HERE):
            place = item.path.relative_to(HERE)
            item.add_marker(pytest.mark.xdist_group(TOGETHER.get(place.parts[0], str(place))))
