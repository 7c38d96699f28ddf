"""`make deploy ARGS=…`, `make deploy-role`: what a person wrote is what `sam` understands, spaces and all."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.template.checkout import ROOT, SAM, copy_checkout
from tests.template.reading import read_template

MANUAL = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
EVERY_TEN = "cron(0/10 * * * ? *)"
# Builds nothing, and reads its options and samconfig.toml with the stock command's own parser.
READER = """\
#!{python}
import json, sys
if sys.argv[1] == "deploy":
    from samcli.cli.main import cli
    whole = cli.make_context("sam", sys.argv[1:])
    name, command, rest = cli.resolve_command(whole, sys.argv[1:])
    found = command.make_context(name, rest, parent=whole).params
    print("understood " + json.dumps(found["parameter_overrides"]))
"""
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
ACCOUNT = {**KEYS, "AWS_REGION": "eu-west-1"}
Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_checkout(tmp_path_factory.mktemp("arguments") / "a checkout")
    reader = folder / "sam"
    reader.write_text(READER.format(python=SAM.with_name("python")), encoding="utf-8")
    reader.chmod(0o755)
    return folder


@pytest.fixture
def shell(checkout: Path) -> Shell:
    """A line as a person types it into a shell in the checkout, with `sam` in place of the stock one."""

    def typed(line: str, variables: dict[str, str] = ACCOUNT) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["env", *(f"{name}={value}" for name, value in variables.items()), "sh", "-c", f"{line} SAM=./sam"],
            cwd=checkout,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return typed


def overrides(ended: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The parameters that sam would deploy with."""
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("understood ")]
    found: dict[str, str] = json.loads(line.removeprefix("understood "))
    return found


def test_the_manual_s_line_hands_a_value_with_spaces_and_brackets_to_sam(shell: Shell) -> None:
    (line,) = re.findall(r"(?m)^(make deploy .*TickSchedule.*)$", MANUAL)
    assert overrides(shell(line)) == {"TickSchedule": EVERY_TEN, "JanitorMode": "plan"}


def test_the_manual_s_line_of_samconfig_is_read_as_it_is_meant(shell: Shell, checkout: Path) -> None:
    (line,) = re.findall(r"(?m)^(parameter_overrides = .*TickSchedule.*)$", MANUAL)
    theirs = (ROOT / "samconfig.toml").read_text(encoding="utf-8")
    (ours,) = re.findall(r"(?m)^parameter_overrides = .*$", theirs)
    (checkout / "samconfig.toml").write_text(theirs.replace(ours, line), encoding="utf-8")
    try:
        assert overrides(shell("make deploy ENV=dev"))["TickSchedule"] == EVERY_TEN
    finally:
        (checkout / "samconfig.toml").write_text(theirs, encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        """'--parameter-overrides {name}="{value}"'""",
        """"--parameter-overrides '{name}={value}'\"""",
    ],
    ids=["quotes that the shell takes away", "no quotes for sam"],
)
@pytest.mark.parametrize("name", ["TickSchedule", "SweepSchedule"])
def test_a_value_that_sam_cuts_at_a_space_is_none_that_the_template_takes(
    shell: Shell, arguments: str, name: str
) -> None:
    cut = overrides(shell(f"make deploy ARGS={arguments.format(name=name, value=EVERY_TEN)}"))[name]
    pattern = read_template()["Parameters"][name]["AllowedPattern"]
    assert re.fullmatch(pattern, EVERY_TEN)
    assert not re.fullmatch(pattern, cut)


@pytest.mark.parametrize(
    "arguments",
    [
        "--region eu-west-1",
        r"--parameter-overrides 'SweepSchedule=\"cron(17 1/6 * * ? *)\"' --region eu-west-1",
    ],
)
def test_where_the_region_is_said_no_variable_is_asked_for(shell: Shell, arguments: str) -> None:
    assert overrides(shell(f'make deploy ARGS="{arguments}"', KEYS)) in ({}, {"SweepSchedule": "cron(17 1/6 * * ? *)"})


def test_a_profile_among_the_arguments_stands_for_credentials_and_region(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile acme]\nregion = eu-west-1\n", encoding="utf-8")
    assert overrides(shell('make deploy ARGS="--profile acme"', {"AWS_CONFIG_FILE": str(tmp_path / "config")})) == {}


@pytest.mark.parametrize(
    ("variables", "lacking"),
    [({}, "found no AWS credentials"), (KEYS, "no AWS region is set")],
)
def test_what_is_lacking_is_said_before_anything_is_built(
    shell: Shell, variables: dict[str, str], lacking: str
) -> None:
    arguments = r"--parameter-overrides 'TickSchedule=\"cron(0/10 * * * ? *)\"'"
    refused = shell(f'make deploy ARGS="{arguments}"', variables)
    assert (refused.returncode, refused.stdout.count("\n")) == (2, 1)
    assert f"deploy: {lacking}" in refused.stdout


ROLE = "make deploy-role REPOSITORY=acme@1234/caretaker@5678"


def test_the_roles_of_a_pipeline_are_made_from_a_folder_with_a_space_in_its_name(shell: Shell, checkout: Path) -> None:
    assert " " in checkout.name
    assert overrides(shell(f'{ROLE} PARAMETERS="StackName=warm"')) == {
        "Repository": "acme@1234/caretaker@5678",
        "StackName": "warm",
    }


@pytest.mark.parametrize(
    ("variables", "lacking"),
    [({}, "found no AWS credentials"), (KEYS, "no AWS region is set")],
)
def test_what_the_roles_of_a_pipeline_lack_is_said_in_one_line(
    shell: Shell, variables: dict[str, str], lacking: str
) -> None:
    refused = shell(ROLE, variables)
    assert (refused.returncode, refused.stdout.count("\n")) == (2, 1)
    assert f"deploy-role: {lacking}" in refused.stdout


def test_the_roles_of_a_pipeline_may_have_their_region_among_the_arguments(shell: Shell) -> None:
    assert overrides(shell(f'{ROLE} ARGS="--region eu-west-1"', KEYS)) == {"Repository": "acme@1234/caretaker@5678"}
