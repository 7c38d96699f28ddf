"""docs/start.md, done as it says: every command of the guide in a checkout of its own, against the emulator."""

import re
import time
from collections.abc import Iterator
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
    seen = run(["sh", "-c", doctor], folder=checkout, variables=emulator.environment)
    assert re.search(r"✓ last tick: completed less than a minute ago .*: (\d) of \1 environments over 1 targets", seen)
    assert "✓ result: no target was short" in seen


def the_fifth_minute_comes(emulator: RunningEmulator) -> None:
    """The tick that the rule would send, so that the test need not wait for it."""
    (stack,) = client_of(emulator, "cloudformation").describe_stacks(StackName="caretaker-dev")["Stacks"]
    (name,) = [one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == "WarmerFunctionName"]
    now = datetime.now(UTC)
    assert answered(client_of(emulator, "lambda"), name, {"time": now.isoformat()})["ok"] is True
    it_is_in_the_log(emulator, f"/aws/lambda/{name}", now)


def it_is_in_the_log(emulator: RunningEmulator, group: str, since: datetime) -> None:
    """What a function has written is in CloudWatch a moment later."""
    logs, deadline = client_of(emulator, "logs"), time.monotonic() + PATIENCE_S

    def ticks() -> list[str]:
        found = logs.filter_log_events(logGroupName=group)["events"]
        late = [each["message"] for each in found if each["timestamp"] >= since.timestamp() * 1000]
        return [message for message in late if '"message":"tick"' in message]

    while not ticks():
        assert time.monotonic() < deadline, f"no tick in {group} after {PATIENCE_S} s"
        time.sleep(0.1)
