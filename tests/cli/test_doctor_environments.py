"""Mends of the doctor deploy the stack that was looked at, and no other that this checkout can deploy."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cli.doctor.environments import environments_of, in_samconfig, make_deploy
from cli.doctor.facts import Facts
from tests.cli import doctor_world as given
from tests.cli.doctor_world import found, without_output, world

ROOT = Path(__file__).parents[2]


def of(stack: str, *environments: str) -> Facts:
    return world(stack=given.stack(name=stack), environments=environments)


@pytest.mark.parametrize(
    ("stack", "environments"),
    [("caretaker", ("default", "prod")), ("caretaker-dev", ("dev",)), ("caretaker-till", ())],
)
def test_the_environments_that_deploy_a_stack_are_those_of_samconfig(stack: str, environments: tuple[str, ...]) -> None:
    assert environments_of(stack, ROOT) == environments


@pytest.mark.parametrize("text", [None, b"", b"version = [", b"\xff", b"dev = 1", b"[dev.global]\nparameters = 1"])
def test_a_folder_whose_samconfig_says_nothing_of_a_stack_has_no_environments(
    tmp_path: Path, text: bytes | None
) -> None:
    if text is not None:
        (tmp_path / "samconfig.toml").write_bytes(text)
    assert environments_of("caretaker", tmp_path) == ()


def test_the_name_among_the_parameters_of_deploy_wins_over_that_of_all_commands(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(
        '[prod.global.parameters]\nstack_name = "a"\n[prod.deploy.parameters]\nstack_name = "b"\n', encoding="utf-8"
    )
    assert (environments_of("a", tmp_path), environments_of("b", tmp_path)) == ((), ("prod",))


@pytest.mark.parametrize(
    ("facts", "command"),
    [
        (of("caretaker", "default"), "make deploy SCHEDULES=plans"),
        (of("caretaker-dev", "dev"), "make deploy ENV=dev SCHEDULES=plans"),
        (of("caretaker", "default", "prod"), "make deploy SCHEDULES=plans (with ENV=prod if you deploy it so)"),
        (of("till"), 'make deploy SCHEDULES=plans ARGS="--stack-name till"'),
    ],
)
def test_the_command_deploys_the_stack_that_was_looked_at(facts: Facts, command: str) -> None:
    assert make_deploy(facts, "SCHEDULES=plans") == command


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (of("caretaker", "default"), "under [default.deploy.parameters] beside what it sets there, then make deploy"),
        (
            of("caretaker-dev", "dev"),
            "under [dev.deploy.parameters] beside what it sets there, then make deploy ENV=dev",
        ),
        (
            of("caretaker", "default", "prod"),
            (
                "under [default.deploy.parameters] beside what it sets there, then make deploy; "
                "under [prod.deploy.parameters] instead if you deploy with ENV=prod"
            ),
        ),
        (
            of("till"),
            (
                'under [<env>.deploy.parameters] of an environment whose stack_name is "till", which the file here '
                "does not have, then make deploy ENV=<env>"
            ),
        ),
    ],
)
def test_a_parameter_is_set_where_the_stack_is_deployed_from(facts: Facts, words: str) -> None:
    assert in_samconfig(facts, "A", "b") == f'set parameter_overrides = "A=b" in samconfig.toml, {words}'


def test_mends_of_another_stack_name_its_environment() -> None:
    older = replace(without_output("BoostTopicArn"), environments=("dev",))
    assert found(older, "stack", "outputs").mend == "deploy the current template: make deploy ENV=dev"
    each_minute = given.schedules(interval=timedelta(minutes=1))
    check = found(world(environments=("dev",), schedules=each_minute), "rules", "interval")
    assert check.mend.endswith("under [dev.deploy.parameters] beside what it sets there, then make deploy ENV=dev")
    others = replace(given.words(), schedules=given.served(digest="0" * 64))
    check = found(world(environments=("dev",), words=others), "schedules", "served")
    assert check.mend == "make deploy ENV=dev, or go to the commit that was deployed"
    role = given.role("warmer")
    statements = tuple(one for one in role.statements if "lambda:InvokeFunction" not in one.actions)
    warmer = replace(given.own("warmer"), role=replace(role, statements=statements))
    for place, mend in (("plans", "make deploy ENV=dev SCHEDULES=plans"), ("s3://plans", "make deploy ENV=dev SCHED")):
        facts = world(environments=("dev",), warmer=warmer, place=place)
        assert found(facts, "target shop:live", "permission").mend.startswith(mend)
