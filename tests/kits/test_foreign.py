"""Pings of other warmers: each is answered as its own tool expects, and nothing else is taken for one."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from caretaker_kit import warmable
from caretaker_kit.foreign import ForeignPing, foreign_ping
from tests.kits.stage import Stage, invocation

EVENTS = Path(__file__).parents[1] / "golden" / "events"


def golden(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def the_application_s_own(event: Any, _context: Any) -> Any:
    return {"own": event}


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("lambda-warmer", ForeignPing(reply="warmed", hold_ms=75)),
        ("serverless-plugin-warmup", ForeignPing(reply="Lambda is warm!")),
        ("opennext", ForeignPing(wants_id=True, hold_ms=75)),
        ("sst", ForeignPing(wants_id=True, hold_ms=75)),
        ("thundra", ForeignPing(hold_ms=175)),
    ],
)
def test_each_tool_s_ping_is_known_by_its_shape(name: str, asked: ForeignPing) -> None:
    assert foreign_ping(golden(name)) == asked


@pytest.mark.parametrize(
    "event",
    [
        None,
        7,
        [],
        {},
        "order 12",
        "#warmup or not",
        {"warmer": True, "order": 12},
        {"warmer": "true"},
        {"warmer": 1},
        {"source": "serverless-plugin-warmup", "order": 12},
        {"type": "warmer"},
        {"type": "warmer", "warmerId": "a", "order": 12},
        {"type": "order", "warmerId": "a"},
        # What a coffee machine may tell its function through an IoT rule.
        {"warmer": True, "target": 65},
        {"warmer": True, "test": "12 cups"},
        {"type": "warmer", "warmerId": 7},
        {"type": "warmer", "warmerId": "a", "delay": "75"},
        {"type": "warmer", "warmerId": "a", "delay": [75]},
        {"version": "2.0", "rawPath": "/", "body": '{"warmer": true}', "queryStringParameters": {"warmer": "true"}},
        golden("zappa-keep-warm"),
        golden("universal"),
        golden("direct"),
    ],
)
def test_anything_else_is_the_application_s_own(stage: Stage, event: Any) -> None:
    assert warmable(the_application_s_own)(event, invocation()) == {"own": event}


def test_an_environment_answers_and_holds_as_the_tool_expects(stage: Stage) -> None:
    clock, environment = stage
    handler = warmable(the_application_s_own)
    assert handler(golden("lambda-warmer"), invocation()) == "warmed"
    assert clock.slept_s == [pytest.approx(0.075, abs=0.001)]
    assert handler(golden("opennext"), invocation()) == {"serverId": environment.id, "type": "warmer"}
    assert handler(golden("thundra"), invocation()) is None


def test_the_hold_is_limited_as_any_other(stage: Stage) -> None:
    clock, _ = stage
    handler = warmable(the_application_s_own)
    handler("#warmup wait=999999", invocation())
    handler({"type": "warmer", "warmerId": "a", "delay": 10**5}, invocation(remaining_ms=700))
    assert clock.slept_s == [pytest.approx(2), pytest.approx(0.2)]


@pytest.mark.parametrize("delay", [-1, float("nan"), float("inf"), 10**30])
def test_a_delay_that_is_no_time_is_no_hold(stage: Stage, delay: Any) -> None:
    warmable(the_application_s_own)({"type": "warmer", "warmerId": "a", "delay": delay}, invocation())
    assert stage[0].slept_s == []


def test_a_ping_that_wants_others_invoked_is_answered_for_one_and_says_so(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert warmable(the_application_s_own)({"warmer": True, "concurrency": 5}, invocation()) == "warmed"
    assert "asks this environment to invoke 4 others" in caplog.text


def test_a_foreign_ping_is_no_user_s_request(stage: Stage) -> None:
    handler = warmable(the_application_s_own)
    handler(golden("lambda-warmer"), invocation())
    assert stage[1].evidence(stage[1].arrive(), held_ms=0)["last_request_ms"] is None


def test_a_variable_leaves_other_warmers_to_the_application_as_well(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARETAKER_OTHER_WARMERS", "off")
    handler = warmable(the_application_s_own)
    assert handler(golden("opennext"), invocation()) == {"own": golden("opennext")}


def test_who_handles_other_warmers_already_keeps_doing_so(stage: Stage) -> None:
    handler = warmable(the_application_s_own, other_warmers=False)
    assert handler(golden("lambda-warmer"), invocation()) == {"own": golden("lambda-warmer")}
