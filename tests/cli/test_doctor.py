"""What the doctor thinks of what it has read: each check alone, with the mend that it names."""

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from cli.command import main
from cli.doctor.check import Verdict
from cli.doctor.facts import Own
from cli.doctor.output import summary
from cli.doctor.verb import judge
from fleet.deployed import Caller, Datapoint, DeployedAlarm, Unread, WarmerWords
from fleet.switch import Reading
from profiles.model import Mistake, ScheduleSet
from tests.cli import doctor_world as given
from tests.cli.doctor_world import ARN, NOW, found, world

OK, WARNING, BROKEN, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.BROKEN, Verdict.UNKNOWN
DENIED = Unread(reason="iam:GetRole was denied: no; allow iam:GetRole in the role's policy", action="iam:GetRole")


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
    assert (check.verdict, check.mend) == (WARNING, "deploy the current template: make deploy")


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
    line = rf'parameter_overrides = "TickSchedule=\"cron(0/{minutes} * * * ? *)\""'
    assert verdict is OK or line in check.mend


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


def test_ticks_that_came_too_late_are_counted_over_the_last_hours() -> None:
    late = (Datapoint(at=NOW - timedelta(minutes=9), value=1.0), Datapoint(at=NOW - timedelta(minutes=40), value=1.0))
    check = found(world(ticks={**given.metrics(TickCompleted=1), "StaleTicks": late}), "ticks", "late")
    assert check.verdict is WARNING
    assert check.found == "2 ticks of the last 3 hours came too late and were skipped, the last 9 min ago"
    assert check.mend


def test_a_place_whose_schedules_were_not_taken_is_a_warning_with_the_ticks_own_reason() -> None:
    said = replace(given.words(), schedules=given.served(origin="memory", trouble="s3:GetObject was denied"))
    ticks = given.metrics(TickCompleted=1, ConfigRejected=1)
    check = found(world(ticks=ticks, words=said), "ticks", "schedules taken")
    assert check.verdict is WARNING
    assert check.found.endswith("served the last good: s3:GetObject was denied")
    assert check.mend.startswith("caretaker push schedules --stack caretaker ")
    new = replace(given.words(), schedules=given.served(origin="bundled", trouble="compiled.json: has format 99"))
    check = found(world(ticks=ticks, words=new), "ticks", "schedules taken")
    assert check.found.endswith("served the bundled ones: compiled.json: has format 99")
    taken = given.metrics(TickCompleted=1, ConfigRejected=0, StaleTicks=0)
    assert not [one for one in judge(world(ticks=taken)) if one.name in {"schedules taken", "late"}]


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


def test_schedules_without_a_target_are_nothing_to_be_calm_about() -> None:
    facts = world()
    assert isinstance(facts.schedules, ScheduleSet)
    check = found(replace(facts, schedules=replace(facts.schedules, services=())), "schedules", facts.place)
    assert (check.verdict, check.found) == (WARNING, "no target: nothing is kept warm")
