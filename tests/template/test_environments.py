"""`samconfig.toml`'s environments: each complete by itself, each with parameters that the template has."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator.stack import running_emulator
from tests.template.checkout import ROOT, SAM, run
from tests.template.reading import read_template

CONFIG = ROOT / "samconfig.toml"
ENVIRONMENTS = ["default", "dev", "prod"]
# The rules stay still; the emulator has no metric math. A value with spaces is written as docs/delivery.md says.
FOR_THE_EMULATOR = r" RulesState=DISABLED MetricMathAlarms=false TickSchedule=\"cron(0/10 * * * ? *)\""


@pytest.fixture
def config() -> dict[str, Any]:
    return tomllib.loads(CONFIG.read_text(encoding="utf-8"))


def overrides(config: dict[str, Any], environment: str) -> dict[str, str]:
    """The parameters that an environment sets."""
    text = config[environment]["deploy"]["parameters"].get("parameter_overrides", "")
    return dict(pair.split("=", 1) for pair in text.split())


def test_there_is_one_to_try_and_one_that_counts_beside_the_default(config: dict[str, Any]) -> None:
    assert [name for name in config if name != "version"] == ENVIRONMENTS
    names = [config[name]["global"]["parameters"]["stack_name"] for name in ENVIRONMENTS]
    assert names == ["caretaker", "caretaker-dev", "caretaker"]


def test_one_stack_has_one_set_of_tags_or_a_deployment_would_turn_the_kill_switch_on(config: dict[str, Any]) -> None:
    tags: dict[str, set[str]] = {}
    for name in ENVIRONMENTS:
        stack = config[name]["global"]["parameters"]["stack_name"]
        tags.setdefault(stack, set()).add(config[name]["deploy"]["parameters"]["tags"])
    assert {stack for stack, sets in tags.items() if len(sets) > 1} == set()


# sam takes nothing over from "default" into another environment.
@pytest.mark.parametrize("environment", ENVIRONMENTS[1:])
@pytest.mark.parametrize("verb", ["deploy", "delete"])
def test_an_environment_lacks_nothing_that_the_default_has(config: dict[str, Any], environment: str, verb: str) -> None:
    wanted, found = (config[name][verb]["parameters"] for name in ("default", environment))
    assert wanted.keys() <= found.keys()
    assert found["s3_prefix"] == config[environment]["global"]["parameters"]["stack_name"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_it_sets_are_parameters_of_the_template_with_values_that_these_take(
    config: dict[str, Any], environment: str
) -> None:
    parameters = read_template()["Parameters"]
    for name, value in overrides(config, environment).items():
        assert name in parameters
        allowed = [str(one) for one in parameters[name].get("AllowedValues", [value])]
        assert value in allowed
        assert re.fullmatch(parameters[name].get("AllowedPattern", ".*"), value)


def test_where_nobody_is_asked_nothing_is_deleted(config: dict[str, Any]) -> None:
    for environment in ENVIRONMENTS:
        asked = config[environment]["deploy"]["parameters"]["confirm_changeset"]
        assert asked or overrides(config, environment)["JanitorMode"] == "plan"
    assert config["prod"]["deploy"]["parameters"]["confirm_changeset"]


@pytest.mark.parametrize("verb", ["deploy", "delete"])
def test_an_environment_that_nobody_wrote_is_refused_before_anything_is_done(verb: str) -> None:
    ended = subprocess.run(
        ["make", "--no-print-directory", verb, "ENV=live"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == f'{verb}: samconfig.toml has no environment "live"; it has default dev prod\n'


@pytest.mark.parametrize(("arguments", "environment"), [([], None), (["ENV=dev"], "dev"), (["ENV=prod"], "prod")])
def test_make_hands_the_environment_to_sam(tmp_path: Path, arguments: list[str], environment: str | None) -> None:
    lines = subprocess.check_output(
        ["make", "--no-print-directory", "--dry-run", "deploy", "SAM=sam", *arguments], cwd=ROOT, text=True, timeout=60
    ).splitlines()
    (deploy,) = [line.split() for line in lines if line.startswith("sam deploy")]
    assert deploy == ["sam", "deploy", *(["--config-env", environment] if environment else [])]


@pytest.mark.stack
def test_the_stock_sam_deploys_what_dev_says_and_then_what_make_is_told(built_checkout: Path, tmp_path: Path) -> None:
    text = CONFIG.read_text(encoding="utf-8")
    (written,) = re.findall(r'(?m)^parameter_overrides = "(.*)"$', text)
    ours = tmp_path / "samconfig.toml"
    ours.write_text(text.replace(written, written + FOR_THE_EMULATOR), encoding="utf-8")
    with running_emulator() as emulator:
        deploy = [SAM, "deploy", "--config-env", "dev", "--config-file", ours]
        run(deploy, folder=built_checkout, variables=dict(emulator.environment))
        told = (
            f"""ARGS=--config-file {ours} --parameter-overrides 'SweepSchedule="cron(23 0/4 * * ? *)"' JanitorKeep=9"""
        )
        run(["make", "deploy", "ENV=dev", told], folder=built_checkout, variables=dict(emulator.environment))
        session = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=emulator.account.region
        )
        cloudformation = session.client("cloudformation", endpoint_url=emulator.endpoint_url)
        (stack,) = cloudformation.describe_stacks(StackName="caretaker-dev")["Stacks"]
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    assert parameters["LogRetentionDays"] == "7"
    assert parameters["JanitorMode"] == "plan"
    assert parameters["TickSchedule"] == "cron(0/10 * * * ? *)"
    assert (parameters["SweepSchedule"], parameters["JanitorKeep"]) == ("cron(23 0/4 * * ? *)", "9")
    assert {"Key": "environment", "Value": "dev"} in stack["Tags"]
