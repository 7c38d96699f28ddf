"""What is read of a deployed stack, where it is easy to misread: clocks, log lines, and policies in halves."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet.aws import deployed
from fleet.aws.deployed import DeployedReader
from fleet.aws.sightings import Series, Sightings
from fleet.deployed import DeployedFunction, DeployedRule
from fleet.model import FunctionRef
from fleet.ports import AccessDenied
from tests.fleet.stub_api import Refusal, StubApi, serving

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=12)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubApi]:
    with serving(StubApi(), monkeypatch) as stub:
        yield stub


@pytest.mark.parametrize(
    ("date", "skew_s"),
    [
        ("Tue, 24 Nov 2026 12:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 11:59:59 GMT", 0.0),  # sent in that second, and up to a second old
        ("Tue, 24 Nov 2026 11:50:00 GMT", 599.0),
        ("Tue, 24 Nov 2026 12:06:40 GMT", -398.0),
        ("yesterday", None),
    ],
)
def test_the_clock_is_compared_with_the_answers_date(
    monkeypatch: pytest.MonkeyPatch, date: str, skew_s: float | None
) -> None:
    """The request left at noon and its answer came two seconds later."""
    monkeypatch.setattr(deployed.time, "time", lambda: NOW.timestamp() + 2)
    reply = {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}
    assert deployed._skew_s(reply, NOW.timestamp()) == skew_s


def test_an_answer_without_a_date_tells_nothing_of_the_clock() -> None:
    assert deployed._skew_s({"ResponseMetadata": {"HTTPHeaders": {}}}, NOW.timestamp()) is None


def test_a_rule_is_read_with_what_it_calls(api: StubApi) -> None:
    api.answers["DescribeRule"] = {"Name": "tick", "State": "ENABLED", "ScheduleExpression": "cron(0/5 * * * ? *)"}
    api.answers["ListTargetsByRule"] = {"Targets": [{"Id": "1", "Arn": "arn:warmer"}]}
    found = DeployedReader().rule("tick")
    assert found == DeployedRule(
        name="tick", state="ENABLED", expression="cron(0/5 * * * ? *)", targets=("arn:warmer",)
    )


@pytest.mark.parametrize(
    ("operation", "refusal", "read"),
    [
        ("DescribeRule", "ResourceNotFoundException", lambda reader: reader.rule("tick")),
        ("GetFunction", "ResourceNotFoundException", lambda reader: reader.function(FunctionRef(text="shop"), "live")),
        ("DescribeTable", "ResourceNotFoundException", lambda reader: reader.table("state")),
        (
            "GetQueueAttributes",
            "AWS.SimpleQueueService.NonExistentQueue",
            lambda reader: reader.waiting("http://127.0.0.1/1/letters"),
        ),
    ],
)
def test_what_does_not_exist_is_none_and_what_is_denied_names_its_action(
    api: StubApi, operation: str, refusal: str, read: Any
) -> None:
    api.answers[operation] = Refusal(status=404 if operation == "GetFunction" else 400, code=refusal)
    assert read(DeployedReader()) is None
    del api.answers[operation]
    with pytest.raises(AccessDenied, match=f":{operation} was denied"):
        read(DeployedReader())


def test_an_alarm_whose_actions_are_switched_off_tells_nobody(api: StubApi) -> None:
    alarm = {"AlarmName": "a", "StateValue": "OK", "AlarmActions": ["arn:topic"]}
    api.answers["DescribeAlarms"] = {"MetricAlarms": [alarm, {**alarm, "AlarmName": "b", "ActionsEnabled": False}]}
    assert [(one.name, one.actions) for one in DeployedReader().alarms(["a", "b"])] == [("a", 1), ("b", 0)]


def test_more_alarms_than_a_request_may_name_are_asked_for_in_turns(api: StubApi) -> None:
    api.answers["DescribeAlarms"] = {"MetricAlarms": []}
    assert DeployedReader().alarms([f"alarm-{number}" for number in range(101)]) == ()
    assert api.operations() == ["DescribeAlarms", "DescribeAlarms"]


def test_an_image_without_a_runtime_and_without_logging_is_read_as_lambda_means_it(api: StubApi) -> None:
    api.answers["GetFunction"] = {
        "Configuration": {"FunctionName": "shop", "FunctionArn": "arn:shop", "Version": "$LATEST", "Timeout": 3},
        "Concurrency": {"ReservedConcurrentExecutions": 0},
    }
    found = DeployedReader().function(FunctionRef(text="shop"))
    assert found is not None
    assert (found.runtime, found.log_format, found.log_group, found.reserved) == ("", "Text", "/aws/lambda/shop", 0)


def event(second: int, **line: Any) -> dict[str, Any]:
    return {"timestamp": int((NOW + timedelta(seconds=second)).timestamp() * 1000), "message": json.dumps(line)}


def test_the_newest_word_on_each_target_and_on_the_served_tick_is_kept(api: StubApi) -> None:
    target = {"message": "target", "ok": True, "function": "shop", "qualifier": "live", "evidence": "counted"}
    tick = {"message": "tick", "ok": True, "reason": "all", "scheduled": True}
    api.answers["FilterLogEvents"] = {
        "events": [
            event(60, **target, outcome="warm", reason="new"),
            event(0, **{**target, "ok": False}, outcome="short", reason="old"),
            event(0, **tick, outcome="served"),
            event(60, **tick, outcome="switched-off"),
            event(60, **{**tick, "scheduled": False}, outcome="served"),
            {"timestamp": 1, "message": "START RequestId: of another kind"},
            event(90, message="target", function="shop"),
        ]
    }
    found = Sightings().words("/aws/lambda/warmer", SINCE)
    assert found.since == SINCE
    assert {key: (word.reason, word.ok, word.evidence) for key, word in found.targets.items()} == {
        ("shop", "live"): ("new", True, "counted")
    }
    assert found.tick is not None
    assert found.tick.at == NOW


def test_a_target_s_word_is_as_good_as_it_says_whatever_its_level(api: StubApi) -> None:
    line = {"message": "target", "function": "shop", "qualifier": "live", "reason": "1 of 2", "outcome": "short"}
    api.answers["FilterLogEvents"] = {"events": [event(0, **line, level="INFO", ok=False)]}
    assert not Sightings().words("/aws/lambda/warmer", SINCE).targets["shop", "live"].ok


def test_lines_of_an_older_warmer_that_tell_neither_who_asked_nor_how_it_went_are_understood(api: StubApi) -> None:
    target = {"message": "target", "function": "shop", "reason": "1 of 2", "outcome": "short"}
    api.answers["FilterLogEvents"] = {
        "events": [
            event(0, message="tick", level="INFO", ok=True, outcome="served", reason="all"),
            event(0, **target, qualifier="live", level="WARNING"),
            event(0, **target, qualifier="next", level="INFO"),
        ]
    }
    found = Sightings().words("/aws/lambda/warmer", SINCE)
    assert found.tick is not None
    assert found.tick.at == NOW
    assert {qualifier: word.ok for (_, qualifier), word in found.targets.items()} == {"live": False, "next": True}


def test_a_log_group_that_does_not_exist_has_no_words(api: StubApi) -> None:
    api.answers["FilterLogEvents"] = Refusal(status=400, code="ResourceNotFoundException")
    assert Sightings().words("/aws/lambda/warmer", SINCE).tick is None


def a_function(log_format: str) -> DeployedFunction:
    return DeployedFunction(
        arn="arn:shop",
        version="1",
        state="Active",
        state_reason="",
        last_update=None,
        timeout_s=30,
        runtime="java21",
        log_format=log_format,
        log_group="/aws/lambda/shop",
        system_log_level=None,
        variables={},
        role="",
    )


@pytest.mark.parametrize(
    ("log_format", "line"),
    [
        ("Text", "REPORT RequestId: 1\tDuration: 3.00 ms\tBilled Duration: 3 ms\tInit Duration: 8123.40 ms"),
        ("JSON", json.dumps({"type": "platform.report", "record": {"metrics": {"initDurationMs": 8123.4}}})),
    ],
)
def test_the_longest_init_is_read_from_either_log_format(api: StubApi, log_format: str, line: str) -> None:
    api.answers["FilterLogEvents"] = {"events": [{"message": "else"}, {"message": line}]}
    assert Sightings().longest_init_ms(a_function(log_format), SINCE, region=None) == 8123.4
    pattern = json.loads(api.asked[0][1])["filterPattern"]
    assert pattern == ('"Init Duration"' if log_format == "Text" else "{ $.record.metrics.initDurationMs > 0 }")


def test_metrics_come_newest_first(api: StubApi) -> None:
    old, new = (NOW - timedelta(minutes=2)).timestamp(), NOW.timestamp()
    api.answers["GetMetricData"] = {"MetricDataResults": [{"Id": "m0", "Timestamps": [old, new], "Values": [1.0, 2.0]}]}
    series = Series(service="warmer", metrics=("TickCompleted",), period=timedelta(minutes=1), back=timedelta(hours=3))
    found = Sightings().metrics(series, NOW)
    assert [(one.at, one.value) for one in found["TickCompleted"]] == [(NOW, 2.0), (NOW - timedelta(minutes=2), 1.0)]
