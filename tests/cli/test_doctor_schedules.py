"""What the doctor says of schedules wherever they are: mends that work there, and whether they are those served."""

import json
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from cli.doctor.check import Verdict
from cli.doctor.environments import in_samconfig
from cli.doctor.facts import Facts, Seen
from cli.doctor.verb import judge
from fleet.deployed import Unread, WarmerWords
from fleet.model import FunctionRef
from profiles.model import Mistake
from tests.cli import doctor_world as given
from tests.cli.doctor_world import ARN, KEY, found, world

OK, WARNING, BROKEN, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.BROKEN, Verdict.UNKNOWN
PLACE = "s3://plans/prod"
PUSH_THERE = f"caretaker push <folder> --to {PLACE}"
SAM_PYTHON = Path(__file__).parents[2] / ".tools" / "sam" / "bin" / "python"
# What sam itself makes of a text in samconfig.toml.
PARSE = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType
print(json.dumps(CfnParameterOverridesType().convert(sys.argv[1], None, None)))
"""


def may_not_invoke(**fields: object) -> Facts:
    """A warmer that may invoke nothing."""
    role = given.role("warmer")
    statements = tuple(one for one in role.statements if "lambda:InvokeFunction" not in one.actions)
    return world(warmer=replace(given.own("warmer"), role=replace(role, statements=statements)), **fields)


def understood_by_sam(mend: str) -> dict[str, str]:
    """The parameters in the line that a mend gives for samconfig.toml."""
    line = mend[mend.index("parameter_overrides = ") : mend.index(" in samconfig.toml")]
    text = tomllib.loads(line)["parameter_overrides"]
    parsed: dict[str, str] = json.loads(subprocess.check_output([SAM_PYTHON, "-c", PARSE, text], timeout=120))
    return parsed


@pytest.mark.parametrize(
    ("place", "mend"),
    [
        ("schedules", "caretaker validate schedules"),
        ("my schedules", "caretaker validate 'my schedules'"),
        (
            PLACE,
            f"correct the folder that they come from: caretaker validate <folder>, then {PUSH_THERE}",
        ),
    ],
)
def test_mistakes_are_corrected_where_the_files_are(place: str, mend: str) -> None:
    mistake = Mistake(file="shop.yaml", line=3, column=1, code="E100", message="no such key")
    facts = world(schedules=replace(given.schedules(), mistakes=(mistake,)), place=place)
    assert found(facts, "schedules", place).mend == mend


@pytest.mark.parametrize(
    ("place", "mend"), [("elsewhere/", "make deploy SCHEDULES=elsewhere/"), (PLACE, "make deploy")]
)
def test_a_deployment_with_the_schedules_gives_the_warmer_their_targets(place: str, mend: str) -> None:
    check = found(may_not_invoke(place=place), "target shop:live", "permission")
    assert (check.verdict, check.mend.startswith(mend)) == (BROKEN, True)
    assert PLACE not in check.mend


def test_for_schedules_in_s3_the_whole_list_of_further_targets_is_given_as_sam_understands_it() -> None:
    schedules = given.schedules()
    (service,) = schedules.services
    till = replace(service.targets[0], function=FunctionRef(text="till"))
    services = (replace(service, targets=(*service.targets, till)),)
    seen = {
        ("shop", "live"): Seen(function=given.function("shop"), qualified=given.function("shop", "live")),
        ("till", "live"): Seen(function=given.function("till"), qualified=given.function("till", "live")),
    }
    stack = given.stack(parameters={"TargetFunctions": f"{ARN}cart,{ARN}cart:*"})
    facts = may_not_invoke(place=PLACE, stack=stack, schedules=replace(schedules, services=services), targets=seen)
    check = found(facts, "targets", "permissions")
    assert (check.verdict, check.found) == (
        BROKEN,
        "2 functions of s3://plans/prod may not be invoked by the warmer",
    )
    wanted = ",".join(f"{ARN}{name}{end}" for name in ("cart", "shop", "till") for end in ("", ":*"))
    assert understood_by_sam(check.mend) == {"TargetFunctions": wanted}
    assert "the 2 that the stack has stand first, because the list is replaced" in check.mend


def test_a_list_that_cloudformation_would_not_take_is_not_printed() -> None:
    stack = given.stack(parameters={"TargetFunctions": ",".join(f"{ARN}shop-{number}" for number in range(100))})
    check = found(may_not_invoke(place=PLACE, stack=stack), "targets", "permissions")
    assert check.mend.endswith("patterns of their names in TargetFunctions: all ARNs are over 4,096 characters")


def test_targets_of_a_folder_here_and_targets_that_may_be_invoked_need_no_list() -> None:
    for facts in (may_not_invoke(), world(place=PLACE)):
        assert [one for one in judge(facts) if one.group == "targets"] == []


def test_a_value_with_spaces_is_quoted_as_sam_understands_it() -> None:
    mend = in_samconfig(world(), "TickSchedule", "cron(0/10 * * * ? *)")
    assert understood_by_sam(mend) == {"TickSchedule": "cron(0/10 * * * ? *)"}


def test_a_line_that_nobody_knows_is_not_named() -> None:
    schedules = given.schedules()
    (service,) = schedules.services
    compiled = replace(service, file="shop.yaml", targets=tuple(replace(one, line=0) for one in service.targets))
    facts = world(schedules=replace(schedules, services=(compiled,)), targets={KEY: Seen(function=None)})
    assert found(facts, "target shop:live", "function").mend == "correct its name in shop.yaml, or deploy it"


def test_schedules_here_that_are_served_are_well() -> None:
    check = found(world(), "schedules", "served")
    assert (check.verdict, check.found) == (OK, "the last tick served what schedules says")


@pytest.mark.parametrize(
    ("origin", "mend"),
    [
        ("bundled", "make deploy, or go to the commit that was deployed"),
        ("live", "caretaker push schedules --stack caretaker"),
        ("memory", "caretaker push schedules --stack caretaker"),
    ],
)
def test_schedules_here_that_are_others_than_those_served_are_a_warning(origin: str, mend: str) -> None:
    other = given.served(origin=origin, digest="0" * 64, revision="3f2a91c0d4e7aa55-changed")
    check = found(world(words=replace(given.words(), schedules=other)), "schedules", "served")
    assert (check.verdict, check.mend) == (WARNING, mend)
    assert check.found == (
        "the last tick served others than schedules says, of revision 3f2a91c0d4e7-changed; "
        "targets are judged by schedules"
    )


@pytest.mark.parametrize("words", [WarmerWords(since=given.NOW), Unread(reason="no log")])
def test_schedules_that_no_tick_tells_of_are_not_compared_and_no_finding(words: WarmerWords | Unread) -> None:
    check = found(world(words=words), "schedules", "served")
    assert (check.verdict, check.unread) == (UNKNOWN, False)


def test_schedules_read_from_s3_are_those_served_and_not_compared() -> None:
    assert [one.name for one in judge(world(place=PLACE)) if one.group == "schedules"] == [PLACE]


def test_an_empty_place_is_a_warning_that_says_how_to_fill_it_and_the_folder_here_is_judged() -> None:
    facts = world(empty_place=PLACE, ticks=given.metrics(TickCompleted=1, ConfigRejected=1))
    check = found(facts, "schedules", PLACE)
    assert (check.verdict, check.mend) == (WARNING, "caretaker push schedules --stack caretaker")
    assert "an alarm goes off after an hour; targets are judged by schedules" in check.found
    assert found(facts, "target shop:live", "function").verdict is OK
    assert [one for one in judge(facts) if one.name == "schedules taken"] == []


def test_mistakes_of_files_in_s3_are_pushed_again_and_their_services_may_still_be_served() -> None:
    ticks = given.metrics(TickCompleted=1, ScheduleErrors=1, ConfigRejected=1)
    check = found(world(ticks=ticks), "ticks", "schedules read")
    assert check.verdict is BROKEN
    assert "served as they last were good" in check.found
    assert check.mend.endswith("then caretaker push schedules --stack caretaker")
