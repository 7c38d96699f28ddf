"""What the doctor thinks of the schedules' targets, and of the account's room for all of them."""

from dataclasses import replace

import pytest

from cli.doctor.check import Verdict
from cli.doctor.facts import Seen
from cli.doctor.verb import judge
from fleet.deployed import AccountConcurrency, Unread
from fleet.model import FunctionRef
from fleet.policy import statements_of
from profiles.model import PingSpec, Profile, Shape, Strategy, Window
from tests.cli import doctor_world as given
from tests.cli.doctor_world import ARN, KEY, found, with_function, with_target, world

OK, WARNING, BROKEN, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.BROKEN, Verdict.UNKNOWN
DENIED = Unread(reason="iam:GetRole was denied: no; allow iam:GetRole in the role's policy", action="iam:GetRole")
TARGET = "target shop:live"


def test_a_function_that_does_not_exist_is_named_with_the_line_of_its_schedule() -> None:
    checks = [one for one in judge(world(targets={KEY: Seen(function=None)})) if one.group == TARGET]
    assert [(one.name, one.verdict) for one in checks] == [("function", BROKEN)]
    assert checks[0].mend == "correct its name in schedules/shop.yaml:9, or deploy it"


def test_what_a_target_on_a_dry_run_lacks_is_a_warning_and_no_finding() -> None:
    schedules = given.schedules()
    dry = replace(schedules, services=tuple(replace(one, dry_run=True) for one in schedules.services))
    (check,) = (one for one in judge(world(schedules=dry, targets={KEY: Seen(function=None)})) if one.group == TARGET)
    assert (check.name, check.verdict) == ("function", WARNING)
    assert check.found == 'there is no function "shop"; nothing is called, because its service is on a dry run'
    assert {one.verdict for one in judge(world(schedules=dry)) if one.group == TARGET} == {OK}


def test_an_alias_that_does_not_exist_is_named_with_the_command_that_makes_it() -> None:
    facts = world(targets={KEY: Seen(function=given.function("shop"), qualified=None)})
    check = found(facts, TARGET, "qualifier")
    assert check.verdict is BROKEN
    assert check.mend.startswith("aws lambda create-alias --function-name shop --name live")


@pytest.mark.parametrize(("state", "verdict"), [("Failed", BROKEN), ("Inactive", WARNING), ("Pending", WARNING)])
def test_a_target_that_is_not_active_is_told(state: str, verdict: Verdict) -> None:
    assert found(with_target(state=state), TARGET, "state").verdict is verdict


@pytest.mark.parametrize(("reserved", "verdict"), [(None, OK), (5, OK), (4, BROKEN), (0, BROKEN)])
def test_a_reservation_has_room_for_the_greatest_level(reserved: int | None, verdict: Verdict) -> None:
    check = found(with_function(reserved=reserved), TARGET, "concurrency")
    assert check.verdict is verdict
    assert verdict is OK or "--reserved-concurrent-executions 5" in check.mend


def test_the_greatest_level_is_the_one_of_a_window_within_seven_days() -> None:
    schedules = given.schedules(baseline=1)
    window = Window(name="sale", concurrency=50, days=frozenset({6}), from_minute=540, to_minute=600)
    (service,) = schedules.services
    profile = Profile(name="day", baseline=1, windows=(window,))
    facts = replace(
        with_function(reserved=49), schedules=replace(schedules, services=(replace(service, profiles=(profile,)),))
    )
    assert "greatest level of the next 7 days is 50" in found(facts, TARGET, "concurrency").found
    assert found(facts, TARGET, "concurrency").verdict is BROKEN


@pytest.mark.parametrize(
    ("init_s", "timeout_s", "verdict"),
    [(0.8, 30, OK), (8.0, 3, OK), (9.5, 30, OK), (14.0, 16, BROKEN), (14.0, 17, OK), (0.8, 2, WARNING)],
)
def test_a_cold_start_and_the_hold_fit_into_the_timeout(init_s: float, timeout_s: int, verdict: Verdict) -> None:
    alias = given.function("shop", "live", timeout_s=timeout_s)
    seen = Seen(function=given.function("shop"), qualified=alias, init_ms=init_s * 1000)
    assert found(world(targets={KEY: seen}), TARGET, "timeout").verdict is verdict


def test_a_cold_start_that_nobody_saw_is_unknown_and_no_finding() -> None:
    seen = Seen(function=given.function("shop"), qualified=given.function("shop", "live"), init_ms=None)
    check = found(world(targets={KEY: seen}), TARGET, "timeout")
    assert (check.verdict, check.unread) == (UNKNOWN, False)
    assert "no cold start" in check.found


def test_a_short_timeout_of_a_slow_runtime_is_a_warning_without_a_cold_start_to_look_at() -> None:
    alias = given.function("shop", "live", timeout_s=6, runtime="java21")
    facts = world(targets={KEY: Seen(function=given.function("shop"), qualified=alias)})
    assert found(facts, TARGET, "timeout").verdict is WARNING


def test_a_short_timeout_behind_web_pings_is_a_warning_too() -> None:
    schedules = given.schedules()
    (service,) = schedules.services
    target = replace(service.targets[0], ping=PingSpec(shape=Shape.HTTP_V2, path="/"))
    alias = given.function("shop", "live", timeout_s=6)
    facts = world(
        schedules=replace(schedules, services=(replace(service, targets=(target,)),)),
        targets={KEY: Seen(function=given.function("shop"), qualified=alias)},
    )
    assert found(facts, TARGET, "timeout").verdict is WARNING


def test_text_logs_without_a_kit_prove_nothing() -> None:
    facts = replace(with_target(log_format="Text"), words=given.words(evidence="inferred"))
    check = found(facts, TARGET, "evidence")
    assert check.verdict is WARNING
    assert "LogFormat=JSON" in check.mend


def test_text_logs_are_well_where_a_kit_was_heard() -> None:
    assert found(with_target(log_format="Text"), TARGET, "evidence").verdict is OK


def test_json_logs_that_hide_platform_report_prove_nothing() -> None:
    facts = replace(with_target(system_log_level="WARN"), words=given.words(evidence="inferred"))
    check = found(facts, TARGET, "evidence")
    assert check.verdict is WARNING
    assert "SystemLogLevel=INFO" in check.mend


def test_a_target_that_the_warmers_role_may_not_invoke_is_named_with_its_arn() -> None:
    other = replace(given.own("warmer"), role=given.role("till"))
    statements = tuple(one for one in given.role("warmer").statements if "lambda:InvokeFunction" not in one.actions)
    facts = world(warmer=replace(other, role=replace(given.role("warmer"), statements=statements)))
    check = found(facts, TARGET, "permission")
    assert check.verdict is BROKEN
    assert f"{ARN}shop:live" in check.found
    assert check.mend.startswith("caretaker iam schedules --write template.yaml")
    assert found(facts, TARGET, "limits").verdict is WARNING


def test_a_target_that_a_permissions_boundary_keeps_from_the_warmer_is_mended_there() -> None:
    edge = "arn:aws:iam::1:policy/edge"
    bounds = statements_of({"Statement": {"Effect": "Allow", "Action": "*", "Resource": f"{ARN}till*"}})
    role = replace(given.role("warmer"), boundary=edge, bounds=bounds)
    check = found(world(warmer=replace(given.own("warmer"), role=role)), TARGET, "permission")
    assert check.verdict is BROKEN
    assert check.found.endswith("because no permissions boundary allows the lambda:InvokeFunction action")
    # What make deploy-role made is CloudFormation's: changed by hand, it would be lost with the next update.
    assert check.mend == (
        'make deploy-role REPOSITORY=<as before> PARAMETERS="Targets=<all that it has>,'
        f'{ARN}shop,{ARN}shop:*", where that made {edge}, as docs/delivery.md says; '
        f"else allow lambda:InvokeFunction on {ARN}shop:live there as well"
    )


def test_an_alias_that_may_be_invoked_and_its_versions_not_is_a_warning() -> None:
    alias_only = tuple(
        replace(one, resources=(f"{ARN}shop", f"{ARN}shop:live")) for one in given.role("warmer").statements
    )
    facts = world(warmer=replace(given.own("warmer"), role=replace(given.role("warmer"), statements=alias_only)))
    check = found(facts, TARGET, "weights")
    assert (check.verdict, check.mend) == (WARNING, f"allow lambda:InvokeFunction on {ARN}shop:*")


def test_an_explicit_deny_is_told_apart_from_a_missing_allow() -> None:
    deny = {"Sid": "Never", "Effect": "Deny", "Action": "lambda:InvokeFunction", "Resource": "*"}
    facts = world(warmer=replace(given.own("warmer"), role=given.role("warmer", deny)))
    check = found(facts, TARGET, "permission")
    assert "explicit deny by statement Never" in check.found
    assert check.mend == "take the deny away from warmer-role"


def test_policies_that_could_not_be_read_make_a_permission_unknown_with_the_action_to_allow() -> None:
    half = replace(given.role("warmer"), statements=(), unread=(DENIED,))
    check = found(world(warmer=replace(given.own("warmer"), role=half)), TARGET, "permission")
    assert (check.verdict, check.unread, check.action) == (UNKNOWN, True, "iam:GetRole")
    assert check.mend == "allow iam:GetRole to whoever runs the doctor"
    own = [one.name for one in judge(world(warmer=replace(given.own("warmer"), role=half))) if one.group == "warmer"]
    assert own == ["state", "timeout", "concurrency", "variables", "names", "log format", "role"]


def test_a_function_of_another_account_needs_a_policy_of_its_own() -> None:
    elsewhere = "arn:aws:lambda:eu-west-1:999999999999:function:shop"
    facts = world(
        targets={KEY: Seen(function=given.function("shop", arn=elsewhere), qualified=given.function("shop", "live"))}
    )
    assert found(facts, TARGET, "other account").verdict is WARNING


def test_the_last_tick_of_a_short_target_is_broken_with_the_warmers_reason() -> None:
    facts = world(words=given.words(outcome="short", reason="3 of 5: throttled", ok=False))
    check = found(facts, TARGET, "last tick")
    assert (check.verdict, check.found) == (BROKEN, "short: 3 of 5: throttled")


def test_provisioned_targets_are_left_to_provisioned_concurrency() -> None:
    schedules = given.schedules()
    (service,) = schedules.services
    target = replace(service.targets[0], strategy=Strategy.PROVISIONED)
    facts = world(schedules=replace(schedules, services=(replace(service, targets=(target,)),)))
    assert [one.name for one in judge(facts) if one.group == TARGET] == ["function", "qualifier"]


def test_the_account_has_room_for_the_greatest_sum_of_levels_beside_users_share() -> None:
    facts = world(schedules=given.schedules(baseline=81), account=AccountConcurrency(limit=1000, unreserved=100))
    check = found(facts, "account", "concurrency")
    assert (check.verdict, check.found.split(" in ")[0]) == (BROKEN, "at most 81 environments at once")
    enough = world(schedules=given.schedules(baseline=80), account=AccountConcurrency(limit=1000, unreserved=100))
    assert found(enough, "account", "concurrency").verdict is OK


def test_the_share_of_users_is_the_deployed_warmers() -> None:
    warmer = given.own("warmer", variables={"CARETAKER_USERS_SHARE": "50"})
    facts = world(warmer=warmer, account=AccountConcurrency(limit=1000, unreserved=100))
    assert found(facts, "account", "concurrency").found.endswith("of 50 that pings may take")


def test_levels_of_different_hours_are_not_added_up() -> None:
    schedules = given.schedules(baseline=0)
    (service,) = schedules.services
    morning = Profile(name="am", baseline=0, windows=(Window(name="am", concurrency=60, from_minute=0, to_minute=720),))
    evening = Profile(
        name="pm", baseline=0, windows=(Window(name="pm", concurrency=50, from_minute=720, to_minute=1440),)
    )
    targets = (
        replace(service.targets[0], profile="am"),
        replace(service.targets[0], function=FunctionRef(text="till"), profile="pm"),
    )
    seen = world().targets[KEY]
    facts = world(
        schedules=replace(schedules, services=(replace(service, profiles=(morning, evening), targets=targets),)),
        targets={KEY: seen, ("till", "live"): seen},
    )
    assert found(facts, "account", "concurrency").found.startswith("at most 60 environments")
