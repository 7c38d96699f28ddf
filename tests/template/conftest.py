"""What the template's tests share, made once: its values, and what `sam build` makes of a copy of the checkout."""

from pathlib import Path
from typing import Any

import pytest

from tests.template.checkout import PYTHON, SAM, copy_checkout, run
from tests.template.reading import FUNCTIONS, Stack, read_template

SCHEDULE = """\
version: 1
service: shop
owner: team-shop
timezone: UTC
profiles:
  day: {baseline: 2}
targets:
  - {function: shop-checkout, alias: live, profile: day}
"""


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    return read_template()


@pytest.fixture(scope="session")
def stack(template: dict[str, Any]) -> Stack:
    """The template with every parameter at its default."""
    return Stack(template)


@pytest.fixture(scope="session")
def built_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, with one schedule in place of ours, in which `sam build` has run."""
    folder = copy_checkout(tmp_path_factory.mktemp("template") / "checkout")
    for ours in (folder / "schedules").glob("*.yaml"):
        ours.unlink()
    (folder / "schedules" / "shop.yaml").write_text(SCHEDULE, encoding="utf-8")
    (folder / "schedules" / "notes.txt").write_text("not a schedule\n", encoding="utf-8")
    run([PYTHON, "-m", "cli", "iam", "schedules", "--write", "template.yaml"], folder=folder)
    run([SAM, "build"], folder=folder)
    return folder


@pytest.fixture(scope="session")
def bundles(built_checkout: Path) -> dict[str, Path]:
    """Logical id of each function → the folder that sam would upload for it."""
    build = built_checkout / ".aws-sam" / "build"
    return {name: build / name for name in FUNCTIONS}
