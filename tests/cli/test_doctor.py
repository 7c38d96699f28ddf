"""What the doctor thinks of what it has read: each check alone, with the mend that it names."""

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from cli.__main__ import main
from cli.doctor import judge
from cli.doctor_check import Verdict
from cli.doctor_facts import Own, Seen
from cli.doctor_output import summary
from fleet.deployed import AccountConcurrency, Caller, Datapoint, DeployedAlarm, Unread, WarmerWords
from fleet.model import FunctionRef
from fleet.switch import Reading
from profiles.model import Mistake, PingSpec, Profile, Shape, Strategy, Window
from tests.cli import doctor_world as given
from tests.cli.doctor_world import ARN, KEY, NOW, found, with_function, with_target, world

OK, WARNING, BROKEN, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.BROKEN, Verdict.UNKNOWN
DENIED = Unread(reason="iam:GetRole was denied: no; allow iam:GetRole in the role's policy", action="iam:GetRole")
TARGET = "target shop:live"


def test_a_stack_in_which_all_is_well_has_nothing_to_mend() -> None:
    checks = judge(world())
    assert [(one.group, one.name, one.found) for one in checks if one.verdict is not OK] == []
    assert [one.mend for one in checks if one.mend] == []
    assert summary(checks) == f"{len(checks)} checks: all is well"


@pytest.mark.parametrize(
    ("skew_s", "verdict", "words"),
    [
        (0.4, OK, "agrees"),
        (-29.0, OK, "29 s behind"),
        (31.0, WARNING, "31 s ahead of AWS's"),
        (-301.0, BROKEN, "301 s behind AWS's"),
        (None, UNKNOWN, "no date"),
    ],
)
def test_the_clock_of_this_machine_is_compared_with_awss(skew_s: float | None, verdict: Verdict, words: str) -> None:
    caller = Caller(account="123456789012", arn="", region="eu-west-1", skew_s=skew_s)
    check = found(world(caller=caller), "this machine", "clock")
    assert check.verdict is verdict
    assert words in check.found
    assert ("NTP" in check.mend) is (verdict in {WARNING, BROKEN})


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("CREATE_COMPLETE", OK),
        ("UPDATE_ROLLBACK_COMPLETE", WARNING),
        ("UPDATE_IN_PROGRESS", WARNING),
        ("ROLLBACK_COMPLETE", BROKEN),
        ("UPDATE_ROLLBACK_FAILED", BROKEN),
    ],
)
def test_a_stacks_status_says_whether_its_parts_can_work(status: str, verdict: Verdict) -> None:
    check = found(world(stack=given.stack(status=status)), "stack", "status")
    assert check.verdict is verdict
    assert status in check.found


def test_a_stack_without_the_outputs_is_not_caretakers() -> None:
    check = found(given.without_output("WarmerFunctionName"), "stack", "outputs")
    assert check.verdict is BROKEN
    assert "WarmerFunctionName" in check.found
    assert "--stack" in check.mend


def test_a_stack_of_an_older_template_is_told_to_deploy() -> None:
    check = found(given.without_output("BoostTopicArn"), "stack", "outputs")
    assert (check.verdict, check.mend) == (WARNING, "deploy the current template with sam deploy")


@pytest.mark.parametrize(
    ("word", "verdict"), [("on", OK), ("off", BROKEN), ("warmer-off", BROKEN), ("janitor-off", WARNING), ("of", BROKEN)]
)
def test_the_kill_switch_is_found_with_the_command_that_turns_it_on(word: str, verdict: Verdict) -> None:
    check = found(world(switch=Reading(name="/caretaker/switch", word=word)), "stack", "kill switch")
    assert check.verdict is verdict
    if verdict is not OK:
        assert f'"{word}"' in check.found
        assert check.mend == "aws ssm put-parameter --overwrite --name /caretaker/switch --value on"


def test_a_disabled_tick_is_broken_and_a_disabled_sweep_a_warning() -> None:
    rules = {
        "Tick": given.rule("tick-rule", "cron(0/5 * * * ? *)", "DISABLED"),
        "Sweep": given.rule("sweep-rule", "rate(1 day)", "DISABLED"),
    }
    tick, sweep = (found(world(rules=rules), "rules", name) for name in ("tick", "sweep"))
    assert (tick.verdict, sweep.verdict) == (BROKEN, WARNING)
    assert tick.found == "tick-rule is DISABLED: no tick comes"
    assert tick.mend.startswith("aws events enable-rule --name tick-rule; and deploy with RulesState=ENABLED")


def test_a_rule_that_is_gone_or_calls_nothing_is_broken() -> None:
    empty = replace(given.rule("tick-rule", "cron(0/5 * * * ? *)"), targets=())
    facts = world(rules={"Tick": empty, "Sweep": None})
    assert found(facts, "rules", "tick").found == f"tick-rule calls nothing, not {ARN}warmer"
    assert found(facts, "rules", "Sweep").verdict is BROKEN


def test_a_rule_that_calls_something_else_is_broken_with_the_command_that_adds_the_warmer() -> None:
    astray = replace(given.rule("tick-rule", "cron(0/5 * * * ? *)"), targets=("arn:another",))
    check = found(world(rules={"Tick": astray}), "rules", "tick")
    assert (check.verdict, check.found) == (BROKEN, f"tick-rule calls arn:another, not {ARN}warmer")
    assert f"Arn={ARN}warmer" in check.mend


@pytest.mark.parametrize(
    ("expression", "minutes", "verdict"),
    [
        ("cron(0/5 * * * ? *)", 5, OK),
        ("cron(* * * * ? *)", 1, OK),
        ("cron(0/10 * * * ? *)", 10, OK),
        ("cron(0/5 * * * ? *)", 1, BROKEN),
        ("rate(5 minutes)", 5, BROKEN),
    ],
)
def test_the_rule_ticks_at_the_schedules_interval(expression: str, minutes: int, verdict: Verdict) -> None:
    facts = world(
        rules={"Tick": given.rule("tick-rule", expression)},
        schedules=given.schedules(interval=timedelta(minutes=minutes)),
    )
    check = found(facts, "rules", "interval")
    assert check.verdict is verdict
    assert verdict is OK or f'TickSchedule="cron(0/{minutes} * * * ? *)"' in check.mend


@pytest.mark.parametrize(("minutes", "verdict"), [(1, OK), (7, OK), (8, WARNING), (17, WARNING), (18, BROKEN)])
def test_the_last_ticks_age_is_measured_in_intervals(minutes: int, verdict: Verdict) -> None:
    silent = WarmerWords(since=NOW)
    ticks = {"TickCompleted": (Datapoint(at=NOW - timedelta(minutes=minutes), value=1.0),)}
    check = found(world(words=silent, ticks=ticks), "ticks", "last tick")
    assert check.verdict is verdict
    assert f"{minutes} min ago" in check.found


def test_another_stacks_ticks_do_not_count_where_this_ones_log_is_silent() -> None:
    silent = WarmerWords(since=NOW - timedelta(minutes=12))
    check = found(world(words=silent), "ticks", "last tick")
    assert (check.verdict, check.found) == (BROKEN, "none was completed in the last 3 hours")


def test_a_stack_made_a_minute_ago_has_no_tick_yet() -> None:
    new = given.stack(created=NOW - timedelta(minutes=1))
    facts = world(stack=new, ticks={}, sweeps={}, words=WarmerWords(since=NOW))
    assert found(facts, "ticks", "last tick").verdict is UNKNOWN
    assert found(facts, "sweeps", "last run").verdict is UNKNOWN


@pytest.mark.parametrize(
    ("metric", "name", "verdict", "words"),
    [
        ("TargetsShort", "result", BROKEN, "3 targets were short"),
        ("ScheduleErrors", "schedules read", BROKEN, "3 mistakes"),
        ("PingsThrottled", "throttles", WARNING, "3 pings were throttled"),
    ],
)
def test_what_the_last_tick_counted_is_told(metric: str, name: str, verdict: Verdict, words: str) -> None:
    check = found(world(ticks=given.metrics(TickCompleted=1, **{metric: 3})), "ticks", name)
    assert check.verdict is verdict
    assert words in check.found
    assert check.mend


@pytest.mark.parametrize(
    ("expression", "hours", "verdict"),
    [
        ("cron(17 1/6 * * ? *)", 6, OK),
        ("cron(17 1/6 * * ? *)", 7, WARNING),
        ("rate(1 day)", 7, OK),
        ("rate(2 hours)", 3, WARNING),
        ("cron(0 4 ? * MON *)", 100, OK),
    ],
)
def test_the_janitors_last_run_is_compared_with_its_rule(expression: str, hours: int, verdict: Verdict) -> None:
    sweeps = {"JanitorRun": (Datapoint(at=NOW - timedelta(hours=hours), value=1.0),)}
    facts = world(rules={"Sweep": given.rule("sweep-rule", expression)}, sweeps=sweeps)
    assert found(facts, "sweeps", "last run").verdict is verdict


def test_a_tripped_breaker_and_trouble_of_the_last_run_are_told() -> None:
    facts = world(sweeps=given.metrics(JanitorRun=1, JanitorTrouble=1, JanitorBreaker=1))
    assert [found(facts, "sweeps", name).verdict for name in ("breaker", "trouble")] == [WARNING, WARNING]


def test_an_alarm_that_goes_off_is_broken_with_its_own_words() -> None:
    alarm = DeployedAlarm(name="NoTick", state="ALARM", description="Look at the rule.", actions=1)
    check = found(world(alarms=(alarm,)), "alarms", "NoTick")
    assert (check.verdict, check.mend) == (BROKEN, "Look at the rule.")


def test_alarms_that_nobody_hears_are_a_warning() -> None:
    alarm = DeployedAlarm(name="NoTick", state="OK", description="", actions=0)
    check = found(world(alarms=(alarm,)), "alarms", "listeners")
    assert (check.verdict, check.found) == (WARNING, "1 of 1 alarms tell nobody")
    assert "AlarmTopicArn=" in check.mend


def test_dead_letters_wait_for_a_reader() -> None:
    check = found(world(waiting=4), "stack", "dead letters")
    assert check.verdict is WARNING
    assert check.found.startswith("4 events")


def test_a_state_table_that_is_gone_is_broken() -> None:
    assert found(world(table=None), "stack", "state table").verdict is BROKEN


@pytest.mark.parametrize("heard", [(), (f"{ARN}another",), None])
def test_a_topic_that_the_warmer_does_not_hear_is_broken(heard: tuple[str, ...] | None) -> None:
    assert found(world(boosts_heard_by=heard), "stack", "boosts").verdict is BROKEN


def test_mistakes_in_the_schedules_are_broken_with_the_first_of_them() -> None:
    mistake = Mistake(file="schedules/shop.yaml", line=3, column=1, code="E100", message="no such key")
    check = found(world(schedules=replace(given.schedules(), mistakes=(mistake,))), "schedules", "schedules")
    assert check.verdict is BROKEN
    assert "schedules/shop.yaml:3:1: E100 no such key" in check.found
    assert check.mend == "caretaker validate schedules"


def test_schedules_that_cannot_be_read_leave_the_rest_to_be_checked() -> None:
    facts = world(schedules=Unread(reason="no such folder"), targets={})
    assert found(facts, "schedules", "schedules").unread
    assert found(facts, "warmer", "state").verdict is OK


# Caretaker's own functions


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


def test_a_permissions_boundary_is_named_because_it_was_not_looked_at() -> None:
    held = replace(given.own("warmer"), role=replace(given.role("warmer"), boundary="arn:aws:iam::1:policy/edge"))
    assert found(world(warmer=held), "warmer", "boundary").verdict is WARNING


# Targets


def test_a_function_that_does_not_exist_is_named_with_the_line_of_its_schedule() -> None:
    checks = [one for one in judge(world(targets={KEY: Seen(function=None)})) if one.group == TARGET]
    assert [(one.name, one.verdict) for one in checks] == [("function", BROKEN)]
    assert checks[0].mend == "correct its name in schedules/shop.yaml:9, or deploy it"


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
    assert f"{ARN}shop:live" in check.mend
    assert check.mend.startswith("caretaker iam schedules --write template.yaml")
    assert found(facts, TARGET, "limits").verdict is WARNING


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
    assert own == ["state", "timeout", "concurrency", "variables", "names", "role"]


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


# What could not be read


@pytest.mark.parametrize(
    ("field", "group", "name"),
    [
        ("switch", "stack", "kill switch"),
        ("alarms", "alarms", "alarms"),
        ("waiting", "stack", "dead letters"),
        ("table", "stack", "state table"),
        ("boosts_heard_by", "stack", "boosts"),
        ("sweeps", "sweeps", "last run"),
        ("account", "account", "concurrency"),
        ("stack", "stack", "status"),
    ],
)
def test_what_could_not_be_read_is_unknown_and_names_the_action(field: str, group: str, name: str) -> None:
    check = found(world(**{field: DENIED}), group, name)
    assert (check.verdict, check.unread, check.action) == (UNKNOWN, True, "iam:GetRole")
    assert "allow iam:GetRole" in check.mend


def test_nothing_at_all_could_be_read_and_still_there_is_a_verdict_on_everything() -> None:
    facts = world(
        **dict.fromkeys(("stack", "switch", "alarms", "waiting", "table", "ticks", "sweeps", "words"), DENIED),
        **dict.fromkeys(("account", "schedules"), DENIED),
        **dict.fromkeys(("warmer", "janitor"), Own(function=DENIED, role=DENIED)),
        rules={},
        targets={},
    )
    checks = judge(facts)
    assert {one.verdict for one in checks if one.group != "this machine"} == {UNKNOWN}
    assert len(checks) > 8


def test_schedules_that_are_not_there_are_an_unusable_argument() -> None:
    result = CliRunner().invoke(main, ["doctor", "/no/such/folder"])
    assert (result.exit_code, result.stderr) == (2, 'caretaker: there are no schedules at "/no/such/folder"\n')
