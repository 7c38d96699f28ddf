"""What the doctor thinks of the hook for CodeDeploy."""

from dataclasses import replace
from typing import Any

import pytest

from cli.doctor.check import Verdict
from cli.doctor.facts import Facts, Own
from cli.doctor.verb import judge
from fleet.deployed import Unread
from tests.cli import doctor_world as given
from tests.cli.doctor_world import found, world

OK, WARNING, BROKEN, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.BROKEN, Verdict.UNKNOWN
HOOK = "deploy hook"
ANSWERS = {
    "Effect": "Allow",
    "Action": ["codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus"],
    "Resource": "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:*",
}


def hook(**fields: Any) -> Own:
    """The hook as it is deployed, under the warmer's role."""
    return replace(given.own("warmer", **{"reserved": None, **fields}), role=given.role("warmer", ANSWERS))


def with_variables(**more: str) -> dict[str, str]:
    return {"CARETAKER_STATE_TABLE": "state", "CARETAKER_SWITCH": "/caretaker/switch", **more}


def hooked(**fields: Any) -> Facts:
    return world(hook=hook(**fields))


def test_a_hook_in_which_all_is_well_is_looked_at_and_a_stack_without_one_is_not() -> None:
    assert {one.verdict for one in judge(hooked()) if one.group == HOOK} == {OK}
    assert [one for one in judge(world()) if one.group == HOOK] == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CARETAKER_USERS_SHARE", "50", 'CARETAKER_USERS_SHARE is "20", the warmer\'s is "50"'),
        ("CARETAKER_PRESENT_USERS", "true", 'CARETAKER_PRESENT_USERS is "false", the warmer\'s is "true"'),
        ("CARETAKER_SCHEDULES", "s3://plans/prod", 'CARETAKER_SCHEDULES is "", the warmer\'s is "s3://plans/prod"'),
    ],
)
def test_a_hook_that_warms_by_other_settings_than_the_ticks_is_a_warning(name: str, value: str, words: str) -> None:
    warmer = given.own("warmer", variables=with_variables(**{name: value}))
    check = found(world(warmer=warmer, hook=hook()), HOOK, "variables")
    assert (check.verdict, check.found) == (WARNING, words)
    same = world(warmer=warmer, hook=hook(variables=with_variables(**{name: value})))
    assert found(same, HOOK, "variables").verdict is OK


def test_what_a_setting_leaves_open_is_the_same_as_its_default() -> None:
    spelt = hook(variables=with_variables(CARETAKER_USERS_SHARE="20", CARETAKER_PRESENT_USERS="false"))
    assert found(world(hook=spelt), HOOK, "variables").verdict is OK


@pytest.mark.parametrize(("reserved", "verdict"), [(None, OK), (0, BROKEN), (1, WARNING)])
def test_deployments_run_side_by_side(reserved: int | None, verdict: Verdict) -> None:
    assert found(hooked(reserved=reserved), HOOK, "concurrency").verdict is verdict


@pytest.mark.parametrize(
    ("fields", "name", "verdict"),
    [
        ({"state": "Failed"}, "state", BROKEN),
        ({"log_format": "Text"}, "log format", WARNING),
        ({"variables": {"CARETAKER_STATE_TABLE": "another"}}, "names", BROKEN),
    ],
)
def test_it_is_judged_as_the_warmer_is(fields: dict[str, Any], name: str, verdict: Verdict) -> None:
    assert found(hooked(**fields), HOOK, name).verdict is verdict


def test_a_role_that_may_not_answer_codedeploy_is_broken_with_what_to_allow() -> None:
    check = found(world(hook=replace(hook(), role=given.role("warmer"))), HOOK, "deployments")
    assert check.verdict is BROKEN
    assert "codedeploy:PutLifecycleEventHookExecutionStatus on arn:aws:codedeploy:eu-west-1:" in check.mend


def test_a_hook_that_is_gone_is_broken_and_one_that_was_not_read_is_unknown() -> None:
    gone, unread = world(hook=Own(function=None)), world(hook=Own(function=Unread(reason="no", action="a:B")))
    assert found(gone, HOOK, "function").verdict is BROKEN
    assert found(unread, HOOK, "function").verdict is UNKNOWN
