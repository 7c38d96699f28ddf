"""The alarms: what they watch is what the functions really emit, and each says where to look."""

from typing import Any

import pytest

from tests.template.emitted import lines_of_both, metrics_of
from tests.template.reading import FUNCTIONS, Stack

OURS = {
    "NoTick",
    "TargetsFellShort",
    "PingsThrottled",
    "SchedulesRejected",
    "TicksInTrouble",
    "JanitorTrouble",
    "JanitorBreaker",
}
AWS_OWN = {"WarmerErrors", "JanitorErrors", "FunctionsThrottled", "UndeliveredEvents"}
INTERVAL_S = {"cron(0/1 * * * ? *)": 60, "cron(0/5 * * * ? *)": 300, "cron(0/10 * * * ? *)": 600}


@pytest.fixture
def alarms(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return Stack(template).resources("AWS::CloudWatch::Alarm")


@pytest.fixture(scope="module")
def emitted() -> set[tuple[str, str, tuple[tuple[str, str], ...]]]:
    return metrics_of(lines_of_both())


def watched(alarm: dict[str, Any]) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    source = alarm["Metrics"][0]["MetricStat"]["Metric"] if "Metrics" in alarm else alarm
    dimensions = tuple(sorted((one["Name"], one["Value"]) for one in source["Dimensions"]))
    return source["Namespace"], source["MetricName"], dimensions


@pytest.mark.parametrize("name", sorted(OURS))
def test_an_alarm_watches_a_metric_that_the_functions_emit(
    alarms: dict[str, dict[str, Any]], emitted: set[tuple[str, str, tuple[tuple[str, str], ...]]], name: str
) -> None:
    assert watched(alarms[name]) in emitted


def test_the_other_alarms_watch_the_functions_and_the_queue(alarms: dict[str, dict[str, Any]]) -> None:
    assert set(alarms) == OURS | AWS_OWN
    of = {watched(alarms[name])[2][0][1] for name in AWS_OWN}
    assert of == {*FUNCTIONS, "DeadLetters.QueueName"}


def test_a_hook_that_breaks_off_is_watched_where_there_is_one(template: dict[str, Any]) -> None:
    with_hook = Stack(template, DeployHook="true").resources("AWS::CloudWatch::Alarm")
    assert set(with_hook) == OURS | AWS_OWN | {"DeployHookErrors"}
    assert watched(with_hook["DeployHookErrors"])[:2] == ("AWS/Lambda", "Errors")


def test_schedules_in_s3_that_are_not_taken_are_watched_where_they_are_read(
    template: dict[str, Any], emitted: set[tuple[str, str, tuple[tuple[str, str], ...]]]
) -> None:
    for parameters in ({"SchedulesUri": "s3://plans/prod"}, {"SchedulesBucketCreate": "true"}):
        alarms = Stack(template, **parameters).resources("AWS::CloudWatch::Alarm")
        assert set(alarms) == OURS | AWS_OWN | {"SchedulesNotTaken"}
        assert watched(alarms["SchedulesNotTaken"]) in emitted


@pytest.mark.parametrize("tick", INTERVAL_S)
def test_an_hour_of_rejected_schedules_is_an_hour_at_any_interval(template: dict[str, Any], tick: str) -> None:
    stack = Stack(template, TickSchedule=tick, SchedulesUri="s3://plans/prod")
    alarm = stack.resources("AWS::CloudWatch::Alarm")["SchedulesNotTaken"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 3600


def test_an_hour_of_rejected_schedules_is_not_interrupted_by_who_read_none(template: dict[str, Any]) -> None:
    alarm = Stack(template, SchedulesBucketCreate="true").resources("AWS::CloudWatch::Alarm")["SchedulesNotTaken"]
    # Of several runs in a period one that met the trouble is enough; a period without a run is no recovery.
    assert (alarm["Statistic"], alarm["TreatMissingData"]) == ("Maximum", "ignore")


def test_every_alarm_names_a_function_to_look_at(alarms: dict[str, dict[str, Any]]) -> None:
    assert [n for n, alarm in alarms.items() if not any(f in alarm["AlarmDescription"] for f in FUNCTIONS)] == []


def test_an_alarm_notifies_the_topic_that_was_given_and_otherwise_nobody(template: dict[str, Any]) -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:operators"
    for alarm in Stack(template, AlarmTopicArn=topic).resources("AWS::CloudWatch::Alarm").values():
        assert (alarm["AlarmActions"], alarm["OKActions"]) == ([topic], [topic])
    for alarm in Stack(template).resources("AWS::CloudWatch::Alarm").values():
        assert "AlarmActions" not in alarm


def test_the_heartbeat_counts_an_empty_period_as_no_tick(alarms: dict[str, dict[str, Any]]) -> None:
    alarm = alarms["NoTick"]
    assert [query.get("Expression") for query in alarm["Metrics"]] == [None, "FILL(ticks, 0)"]
    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (3, 3)
    assert alarm["TreatMissingData"] == "breaching"


@pytest.mark.parametrize("tick", INTERVAL_S)
def test_the_heartbeat_s_period_holds_a_tick(template: dict[str, Any], tick: str) -> None:
    alarm = Stack(template, TickSchedule=tick).resources("AWS::CloudWatch::Alarm")["NoTick"]
    assert alarm["Metrics"][0]["MetricStat"]["Period"] >= INTERVAL_S[tick]


def test_the_heartbeat_stays_out_of_a_stack_without_metric_math(template: dict[str, Any]) -> None:
    assert "NoTick" not in Stack(template, MetricMathAlarms="false").resources("AWS::CloudWatch::Alarm")
