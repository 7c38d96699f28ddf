"""Boosts end to end: the deployed topic, a message on it, the deployed warmer, and environments counted."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emulator.stack import RunningEmulator, running_emulator
from tests.emulator.controlled import client_of, create
from tests.template.checkout import PYTHON, ROOT, SAM, run
from tests.warmer.boosting import an_alarm
from tests.warmer.lambda_machine import WITH_KIT

# The rules stay still, so that nothing but the boosts warms anything.
OVERRIDES = ["RulesState=DISABLED", "MetricMathAlarms=false"]
PATIENCE_S = 120.0

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The stack in the emulator, beside the function that it warms: two environments by its schedule."""

    emulator: RunningEmulator
    checkout: Path
    outputs: dict[str, str]

    def caretaker(self, *arguments: str) -> Any:
        command = [PYTHON, "-m", "cli", "boost", *arguments, "--format", "json"]
        return json.loads(run(command, folder=self.checkout, variables=self.emulator.environment))

    @property
    def environments(self) -> int:
        return sum(one.function == "shop-checkout" for one in self.emulator.snapshot().environments)

    def alarm(self, state: str, level: int) -> None:
        """What CloudWatch publishes when an alarm changes its state."""
        event = an_alarm(
            NewStateValue=state,
            StateChangeTime=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000"),
            AlarmDescription=f"The shop is busy. caretaker: boost shop at-least {level} for 30m",
        )
        message = event["Records"][0]["Sns"]["Message"]
        client_of(self.emulator, "sns").publish(TopicArn=self.outputs["BoostTopicArn"], Message=message)

    def until(self, met: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not met():
            assert time.monotonic() < deadline, f"not after {PATIENCE_S:.0f} s"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def deployed(built_checkout: Path) -> Iterator[Deployed]:
    with running_emulator() as emulator:
        deploy = [SAM, "deploy", "--no-confirm-changeset", "--parameter-overrides", *OVERRIDES]
        run(deploy, folder=built_checkout, variables=emulator.environment)
        functions = client_of(emulator, "lambda")
        create(functions, "shop-checkout", versions=1, source=WITH_KIT, folder=ROOT / "kits/python/caretaker_kit")
        functions.create_alias(FunctionName="shop-checkout", Name="live", FunctionVersion="1")
        (stack,) = client_of(emulator, "cloudformation").describe_stacks(StackName="caretaker")["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        yield Deployed(emulator=emulator, checkout=built_checkout, outputs=outputs)


def test_a_boost_by_command_is_taken_warm_within_seconds_listed_and_ended(deployed: Deployed) -> None:
    asked = ("shop", "--at-least", "4", "--for", "10m", "--reason", "the newsletter", "--wait", "120")
    report = deployed.caretaker(*asked)
    assert report["outcome"] == "boosted"
    deployed.until(lambda: deployed.environments == 4)
    (held,) = deployed.caretaker("--list")
    assert (held["service"], held["boost"], held["at_least"], held["reason"]) == (
        "shop",
        "by-hand",
        4,
        "the newsletter",
    )
    assert deployed.caretaker("shop", "--end", "--wait", "120")["outcome"] == "ended"
    assert deployed.caretaker("--list") == []


def test_an_alarm_boosts_while_it_lasts(deployed: Deployed) -> None:
    deployed.alarm("ALARM", 6)
    deployed.until(lambda: deployed.environments == 6)
    assert [held["boost"] for held in deployed.caretaker("--list")] == ["shop-is-busy"]
    deployed.alarm("OK", 6)
    deployed.until(lambda: deployed.caretaker("--list") == [])
