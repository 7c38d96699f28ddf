"""docs/start.md, done as it says: every command of the guide in a checkout of its own, against the emulator."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulator.stack import RunningEmulator, running_emulator
from tests.emulator.controlled import PATIENCE_S, answered, client_of, create
from tests.template.checkout import ROOT, copy_checkout, run

GUIDE = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
HANDLER = """
from caretaker_kit import warmable

@warmable
def handler(event, context):
    return {"statusCode": 200, "body": "ok"}
"""

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator() as running:
        lambdas = client_of(running, "lambda")
        kit = ROOT / "kits" / "python" / "caretaker_kit"
        create(lambdas, "shop-prod", versions=1, source=HANDLER, timeout_s=20, folder=kit)
        lambdas.create_alias(FunctionName="shop-prod", Name="live", FunctionVersion="1")
        yield running


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = copy_checkout(tmp_path / "checkout")
    settings = folder / "samconfig.toml"
    text, changed = re.subn(
        r'(\[dev\.deploy\.parameters\].*?parameter_overrides = ")',
        # The emulator has no metric math.
        r"\1MetricMathAlarms=false ",
        settings.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    assert changed == 1
    settings.write_text(text, encoding="utf-8")
    return folder


def commands() -> list[str]:
    return [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]


def test_the_guide_ends_with_a_proven_tick(emulator: RunningEmulator, checkout: Path) -> None:
    *before, doctor = commands()
    said = {line: run(["sh", "-c", line], folder=checkout, variables=emulator.environment) for line in before}
    printed = "".join(said.values())
    assert "Build Succeeded" in said["make build"]
    for promised in (
        "schedules/shop.yaml: written",
        "2 files, 1 usable service: 0 errors, 0 warnings",
        'shop-prod:live     5  window "peak" of profile day (08:00 to 20:00 America/New_York) is active',
        "environments counted by their ids",
        "Successfully created/updated stack - caretaker-dev",
    ):
        assert promised in GUIDE
        assert promised in printed
    the_fifth_minute_comes(emulator)
    seen = until_it_is_seen(lambda: run(["sh", "-c", doctor], folder=checkout, variables=emulator.environment))
    assert "✓ result: no target was short" in seen


def the_fifth_minute_comes(emulator: RunningEmulator) -> None:
    """The tick that the rule would send, so that the test need not wait for it."""
    (stack,) = client_of(emulator, "cloudformation").describe_stacks(StackName="caretaker-dev")["Stacks"]
    (name,) = [one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == "WarmerFunctionName"]
    report = answered(client_of(emulator, "lambda"), name, {"time": datetime.now(UTC).isoformat()})
    assert report["ok"] is True


def until_it_is_seen(doctor: Callable[[], str]) -> str:
    """What the doctor says as soon as it says of the tick: logs and metrics are in CloudWatch a moment later."""
    told = r"✓ last tick: completed (less than a minute|\d+ min) ago .*: (\d) of \2 environments over 1 targets"
    deadline = time.monotonic() + PATIENCE_S
    while not re.search(told, seen := doctor()):
        assert time.monotonic() < deadline, seen
    return seen
