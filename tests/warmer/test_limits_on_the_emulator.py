"""The warmer against Lambda's control plane: weights, limits and absent targets as they are read over HTTP.

The functions answer without a kit, in time enough to overlap; what each version got is asked of the emulator.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.controlplane.ministack import Account
from emulator.stack import Options, RunningEmulator
from tests.emulator.controlled import controlled, create
from tests.template.reading import Stack, read_template
from tests.warmer.lambda_machine import tick, write_schedule
from tests.warmer.raw_server import serving
from tests.warmer.test_deploy_hook import HOOK, CodeDeploy

# Long enough for a busy machine to start twenty processes before the first one answers.
SOURCE = """
import time

def handler(event, context):
    time.sleep(2.5)
    return {"statusCode": 200, "body": "ok"}
"""


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[RunningEmulator, Any]]:
    with controlled(Options(account=Account(region="us-east-1"))) as both:
        yield both


def warmed(
    running: tuple[RunningEmulator, Any], monkeypatch: pytest.MonkeyPatch, folder: Path, function: str, baseline: int
) -> tuple[dict[str, Any], Counter[str]]:
    """The target's report, and the number of environments of each version of it."""
    emulator, _ = running
    write_schedule(folder, baseline=baseline, function=function, service=function)
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint_url)
    (target,) = tick(monkeypatch, emulator.endpoint_url_lambda, folder)["targets"]
    found = Counter(each.version for each in emulator.snapshot().environments if each.function == function)
    return target, found


def test_both_versions_behind_a_weighted_alias_are_warmed_by_their_weights(
    running: tuple[RunningEmulator, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, aws = running
    create(aws, "canary", versions=2, source=SOURCE, timeout_s=30)
    weights = {"AdditionalVersionWeights": {"2": 0.25}}
    aws.create_alias(FunctionName="canary", Name="live", FunctionVersion="1", RoutingConfig=weights)
    target, environments = warmed(running, monkeypatch, tmp_path, "canary", 20)
    assert (target["wanted"], target["sent"], target["qualifier"]) == (20, 20, "live")
    # An alias that draws for each ping would seldom share twenty so.
    assert environments == {"1": 15, "2": 5}


def test_a_reservation_is_never_asked_for_more_than_it_has(
    running: tuple[RunningEmulator, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, aws = running
    create(aws, "small", versions=1, source=SOURCE, timeout_s=30)
    aws.create_alias(FunctionName="small", Name="live", FunctionVersion="1")
    aws.put_function_concurrency(FunctionName="small", ReservedConcurrentExecutions=2)
    target, environments = warmed(running, monkeypatch, tmp_path, "small", 5)
    assert (target["wanted"], target["throttled"], target["outcome"]) == (5, 0, "short")
    assert "reserved concurrency 2 of the function" in target["reason"]
    assert environments["1"] == 2


def test_an_alias_that_is_not_there_gets_no_ping_and_the_reason_names_it(
    running: tuple[RunningEmulator, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, aws = running
    create(aws, "plain", versions=1, source=SOURCE, timeout_s=30)
    target, environments = warmed(running, monkeypatch, tmp_path, "plain", 3)
    assert (target["sent"], target["outcome"], environments) == (0, "refused", Counter())
    assert "Lambda knows no such target" in target["reason"]
    assert "plain" in target["reason"]


def test_enough_provisioned_concurrency_is_left_to_itself(
    running: tuple[RunningEmulator, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, aws = running
    create(aws, "ready", versions=1, source=SOURCE, timeout_s=30)
    aws.create_alias(FunctionName="ready", Name="live", FunctionVersion="1")
    aws.put_provisioned_concurrency_config(FunctionName="ready", Qualifier="live", ProvisionedConcurrentExecutions=3)
    target, _ = warmed(running, monkeypatch, tmp_path, "ready", 3)
    assert (target["sent"], target["outcome"], target["short"]) == (0, "left-to-provisioned", 0)
    assert "keeps 3 ready" in target["reason"]


def test_in_a_small_account_the_deploy_hook_leaves_users_as_much_as_a_tick_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stack = Stack(read_template(), DeployHook="true", UsersShare=70, PresentUsers="false")
    small = Options(account=Account(region="us-east-1", concurrency=10))
    with controlled(small) as (emulator, aws), serving(CodeDeploy()) as codedeploy:
        create(aws, "shop", versions=2, source=SOURCE, timeout_s=30)
        aws.create_alias(FunctionName="shop", Name="live", FunctionVersion="1")
        write_schedule(tmp_path, baseline=8)
        monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint_url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_CODEDEPLOY", codedeploy.endpoint)
        for name, event in (("WarmerFunction", None), ("DeployHookFunction", HOOK)):
            variables = stack.function(name)["Environment"]["Variables"]
            with monkeypatch.context() as own:
                for setting in sorted({"CARETAKER_USERS_SHARE", "CARETAKER_PRESENT_USERS"} & set(variables)):
                    own.setenv(setting, str(variables[setting]))
                (target,) = tick(own, emulator.endpoint_url_lambda, tmp_path, event=event)["targets"]
            assert (target["wanted"], target["outcome"]) == (8, "short")
            assert "of which 70% stays free for users" in target["reason"]
        assert Counter(each.version for each in emulator.snapshot().environments) == {"1": 3, "2": 3}
