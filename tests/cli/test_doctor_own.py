"""What the doctor thinks of Caretaker's own two functions and their roles."""

from dataclasses import replace

import pytest

from cli.doctor.check import Verdict
from cli.doctor.facts import Own
from fleet.deployed import DeployedRole
from fleet.policy import statements_of
from tests.cli import doctor_world as given
from tests.cli.doctor_world import found, world

OK, WARNING, BROKEN = Verdict.OK, Verdict.WARNING, Verdict.BROKEN
EDGE = "arn:aws:iam::1:policy/edge"


@pytest.mark.parametrize(("reserved", "verdict"), [(1, OK), (0, BROKEN), (None, WARNING), (3, WARNING)])
def test_each_own_function_runs_once_at_a_time(reserved: int | None, verdict: Verdict) -> None:
    assert found(world(janitor=given.own("janitor", reserved=reserved)), "janitor", "concurrency").verdict is verdict


def test_an_own_function_that_is_gone_is_broken() -> None:
    check = found(world(warmer=Own(function=None)), "warmer", "function")
    assert (check.verdict, check.found) == (BROKEN, "it is gone")


def test_a_timeout_beyond_the_interval_is_broken() -> None:
    check = found(world(warmer=given.own("warmer", timeout_s=300)), "warmer", "timeout")
    assert (check.verdict, "two would run at once" in check.found) == (BROKEN, True)


def test_variables_that_the_functions_would_refuse_are_broken_in_their_own_words() -> None:
    variables = {"CARETAKER_STATE_TABLE": "state", "CARETAKER_SWITCH": "/caretaker/switch"}
    warmer = given.own("warmer", variables={**variables, "CARETAKER_USERS_SHARE": "95"})
    janitor = given.own("janitor", variables={**variables, "CARETAKER_KEEP": "one"})
    facts = world(warmer=warmer, janitor=janitor)
    assert "CARETAKER_USERS_SHARE" in found(facts, "warmer", "variables").found
    assert "CARETAKER_KEEP" in found(facts, "janitor", "variables").found


def test_a_folder_inside_the_function_is_not_looked_for_on_this_machine() -> None:
    variables = {"CARETAKER_SCHEDULES": "/opt/schedules", "CARETAKER_STATE_TABLE": "state"}
    variables["CARETAKER_SWITCH"] = "/caretaker/switch"
    assert found(world(warmer=given.own("warmer", variables=variables)), "warmer", "variables").verdict is OK


def test_the_janitors_mode_is_told() -> None:
    assert found(world(), "janitor", "variables").found == "mode plan: deletes nothing"


def test_a_table_that_is_not_the_stacks_is_broken() -> None:
    variables = {"CARETAKER_STATE_TABLE": "another", "CARETAKER_SWITCH": "/caretaker/switch"}
    check = found(world(janitor=given.own("janitor", variables=variables)), "janitor", "names")
    assert check.verdict is BROKEN
    assert 'CARETAKER_STATE_TABLE is "another"' in check.found


def test_a_role_that_may_not_write_its_log_is_broken_with_what_to_allow() -> None:
    silent = replace(given.own("warmer"), role=replace(given.role("warmer"), statements=()))
    check = found(world(warmer=silent), "warmer", "log")
    assert check.verdict is BROKEN
    assert "logs:PutLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/warmer" in check.mend


def test_a_role_that_may_not_read_the_schedules_bucket_is_broken() -> None:
    place = {"CARETAKER_SCHEDULES": "s3://bucket/team", "CARETAKER_STATE_TABLE": "state"}
    check = found(world(warmer=given.own("warmer", variables=place)), "warmer", "schedules")
    assert check.verdict is BROKEN
    assert "s3:ListBucket on arn:aws:s3:::bucket" in check.mend
    assert "s3:GetObject on arn:aws:s3:::bucket/team/any.yaml" in check.mend


def reads(prefix: str, objects: str) -> DeployedRole:
    """A role that may list one prefix of the bucket and read some objects."""
    document = {
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": "arn:aws:s3:::bucket",
                "Condition": {"StringEquals": {"s3:prefix": prefix}},
            },
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::bucket/{objects}"},
        ]
    }
    return replace(given.role("warmer"), statements=statements_of(document))


@pytest.mark.parametrize(
    ("place", "prefix", "objects", "verdict"),
    [
        ("s3://bucket/team", "team/", "team/*", OK),
        ("s3://bucket/team", "other/", "team/*", BROKEN),
        ("s3://bucket", "", "*", OK),
        ("s3://bucket/team/now.json", "team/now.json/", "team/now.json", OK),
    ],
)
def test_a_role_must_list_no_more_of_the_schedules_bucket_than_is_asked_for(
    place: str, prefix: str, objects: str, verdict: Verdict
) -> None:
    variables = {"CARETAKER_SCHEDULES": place, "CARETAKER_STATE_TABLE": "state"}
    own = replace(given.own("warmer", variables=variables), role=reads(prefix, objects))
    assert found(world(warmer=own), "warmer", "schedules").verdict is verdict


@pytest.mark.parametrize(
    ("which", "name", "action", "lacking"),
    [
        ("warmer", "kill switch", "ssm:GetParameter", "parameter/caretaker/switch"),
        ("warmer", "memory", "dynamodb:Query", "table/state"),
        ("janitor", "memory", "dynamodb:DeleteItem", "table/state"),
    ],
)
def test_a_role_that_lacks_what_nothing_else_would_tell_of_is_broken(
    which: str, name: str, action: str, lacking: str
) -> None:
    deny = {"Effect": "Deny", "Action": action, "Resource": "*"}
    check = found(world(**{which: replace(given.own(which), role=given.role(which, deny))}), which, name)
    assert check.verdict is BROKEN
    assert f"{action} on arn:aws:" in check.mend
    assert lacking in check.mend


def test_a_janitor_that_may_delete_whole_functions_is_broken() -> None:
    free = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
    check = found(world(janitor=replace(given.own("janitor"), role=given.role("janitor", free))), "janitor", "leash")
    assert check.verdict is BROKEN
    assert check.mend.startswith(
        "allow lambda:DeleteFunction on arn:aws:lambda:eu-west-1:123456789012:function:*:* only"
    )


def bounded(*allowed: str) -> Own:
    """The warmer under a boundary that allows these actions."""
    bounds = statements_of({"Statement": {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}})
    return replace(given.own("warmer"), role=replace(given.role("warmer"), boundary=EDGE, bounds=bounds))


def test_a_permissions_boundary_that_could_not_be_read_is_named() -> None:
    held = replace(given.own("warmer"), role=replace(given.role("warmer"), boundary=EDGE))
    check = found(world(warmer=held), "warmer", "boundary")
    assert (check.verdict, check.found) == (
        WARNING,
        f"the permissions boundary {EDGE} limits warmer-role, and could not be read",
    )


def test_what_a_permissions_boundary_takes_away_is_broken_and_mended_there() -> None:
    facts = world(warmer=bounded("logs:*", "dynamodb:*", "lambda:*"))
    check = found(facts, "warmer", "kill switch")
    assert check.verdict is BROKEN
    assert check.found == "warmer-role may not: because no permissions boundary allows the ssm:GetParameter action"
    assert check.mend.startswith("make deploy-role REPOSITORY=<as before>, of the release that is deployed")
    assert check.mend.endswith("parameter/caretaker/switch there as well")
    assert f"where that made {EDGE}" in check.mend
    assert (found(facts, "warmer", "memory").verdict, found(facts, "warmer", "boundary").verdict) == (OK, OK)


def test_a_bucket_of_schedules_that_a_boundary_leaves_out_is_named_as_make_deploy_role_takes_it() -> None:
    place = {"CARETAKER_SCHEDULES": "s3://bucket/team", "CARETAKER_STATE_TABLE": "state"}
    bounds = statements_of({"Statement": {"Effect": "Allow", "Action": ["logs:*", "dynamodb:*"], "Resource": "*"}})
    role = replace(reads("team/", "team/*"), boundary=EDGE, bounds=bounds)
    check = found(world(warmer=replace(given.own("warmer", variables=place), role=role)), "warmer", "schedules")
    assert check.verdict is BROKEN
    assert check.mend.startswith('make deploy-role REPOSITORY=<as before> PARAMETERS="SchedulesBucket=bucket", where')
