"""What a run prints: log lines that Lambda can read, and metrics of no more than the run knows."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from profiles.model import Mistake, Platform, ScheduleSet
from profiles.shelves import Loaded, Origin
from tests.warmer.lambda_machine import tick, write_schedule
from warmer.plan import Outcome
from warmer.report import DEPLOYMENT, SWITCHED_OFF, TargetReport, TickReport
from warmer.telemetry import publish

AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
MISTAKE = Mistake(file="cart.yaml", line=2, column=1, code="E001", message="not YAML")
LOADED = Loaded(
    schedules=ScheduleSet(services=(), platform=Platform(), mistakes=()),
    origin=Origin.LIVE,
    location="s3://plans/prod/",
    age_s=0,
)
SHORT = TargetReport(
    service="shop",
    function="shop",
    qualifier="live",
    wanted=2,
    covered=1,
    cold=1,
    sent=2,
    throttled=1,
    outcome=Outcome.SHORT,
    reason="1 of 2 reached",
)
WARM = replace(SHORT, function="cart", covered=2, healthy=2, outcome=Outcome.WARM)
TICK = TickReport(tick=AT, scheduled=True, targets=(SHORT, WARM), loaded=LOADED)


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    """The lines that a report prints."""

    def lines(report: TickReport) -> list[dict[str, Any]]:
        capsys.readouterr()
        publish(report)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return lines


def metrics(lines: list[dict[str, Any]], **dimensions: str) -> dict[str, float]:
    (whole,) = [line for line in lines if "_aws" in line and line.get("schedule") == dimensions.get("schedule")]
    return {name: value[0] for name, value in whole.items() if isinstance(value, list)}


def test_every_log_line_has_a_level_and_a_timestamp_of_rfc_3339(printed: Any) -> None:
    lines = [line for line in printed(replace(TICK, mistakes=(MISTAKE,))) if "_aws" not in line]
    assert [line["level"] for line in lines] == ["WARNING", "INFO", "WARNING", "WARNING"]
    assert [line["timestamp"] for line in lines if not RFC_3339.fullmatch(line["timestamp"])] == []


def test_a_target_s_line_says_whether_it_is_well(printed: Any) -> None:
    lines = [line for line in printed(TICK) if line.get("message") == "target"]
    assert {line["function"]: line["ok"] for line in lines} == {"shop": False, "cart": True}


@pytest.mark.parametrize(
    "report",
    [
        TickReport(tick=None, outcome="refused", reason="not understood", failed=True),
        TickReport(tick=None, outcome=DEPLOYMENT, reason="Failed: no schedules", failed=True),
        TickReport(tick=AT, scheduled=True, outcome=SWITCHED_OFF, reason="off"),
    ],
    ids=["refused", "failed hook", "switched off"],
)
def test_a_run_that_loaded_no_schedules_says_nothing_of_them(printed: Any, report: TickReport) -> None:
    found = metrics(printed(report))
    assert [name for name in found if name.startswith(("Config", "Schedule"))] == []
    assert found["SwitchedOff"] == float(report.outcome == SWITCHED_OFF)


def test_a_tick_says_what_it_did_not_take_whatever_else_it_met(printed: Any) -> None:
    assert (metrics(printed(TICK))["ConfigRejected"], metrics(printed(TICK))["ConfigSourceLive"]) == (0, 1)
    lines = printed(replace(TICK, loaded=replace(LOADED, rejected=("cart.yaml", "shop.yaml")), mistakes=(MISTAKE,)))
    assert (metrics(lines)["ConfigRejected"], metrics(lines)["ScheduleErrors"]) == (2, 1)
    assert metrics(printed(replace(TICK, loaded=replace(LOADED, problem="denied"))))["ConfigRejected"] == 1


@pytest.mark.parametrize("outcome", ["served", "boost", DEPLOYMENT])
def test_only_the_rule_s_own_ticks_are_the_heartbeat_and_say_how_the_fleet_stands(printed: Any, outcome: str) -> None:
    tick, asked = printed(TICK), printed(replace(TICK, scheduled=False, outcome=outcome))
    own = metrics(tick).keys() - metrics(asked).keys()
    standing = {"Wanted", "Covered", "Healthy", "Short", "Unproven", "Quarantined", "TargetsOk", "TargetsShort"}
    assert own == {"TickCompleted", "StaleTicks"} | standing
    assert metrics(tick)["TickCompleted"] == 1
    assert metrics(tick, schedule="shop").keys() - metrics(asked, schedule="shop").keys() == {
        "Wanted",
        "Covered",
        "Short",
    }


@pytest.mark.parametrize(
    ("event", "completed"),
    [
        (None, 1),
        ({"time": "2026-11-24T08:30"}, None),
        ({"caretaker": {"run": "warm"}}, None),
        ({"caretaker": {"run": "warm", "service": "shop", "at": "2026-11-27T09:00:00Z"}}, None),
    ],
    ids=["the rule's", "not understood", "on demand", "on demand of one service"],
)
def test_what_is_asked_for_on_demand_keeps_no_heartbeat(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], event: Any, completed: Any
) -> None:
    write_schedule(tmp_path / "s", baseline=0)
    report = tick(monkeypatch, "http://127.0.0.1:9", tmp_path / "s", event=event)
    found = metrics([json.loads(line) for line in capsys.readouterr().out.splitlines()])
    assert (report["scheduled"], found.get("TickCompleted")) == (completed is not None, completed)


def test_a_tick_of_the_rule_that_could_not_be_served_counts_as_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tick(monkeypatch, "http://127.0.0.1:9", tmp_path / "nowhere")
    found = metrics([json.loads(line) for line in capsys.readouterr().out.splitlines()])
    assert found["TickCompleted"] == 0


def test_what_a_run_on_demand_did_and_met_is_counted(printed: Any) -> None:
    found = metrics(printed(replace(TICK, scheduled=False)))
    assert (found["PingsSent"], found["PingsThrottled"], found["ColdStarts"]) == (4, 2, 2)


def test_schedules_that_were_not_taken_are_a_problem_in_words_and_counted_once(printed: Any) -> None:
    names = ("a.yaml", "b.yaml", "c\u202ed.yaml", "e.yaml", "f.yaml")
    lines = printed(replace(TICK, loaded=replace(LOADED, rejected=names)))
    (line,) = [line for line in lines if line.get("message") == "tick"]
    (problem,) = line["problems"]
    assert problem.startswith(
        "not taken from s3://plans/prod/: a.yaml, b.yaml, c d.yaml and 2 more; the last good ones"
    )
    assert problem in line["reason"]
    assert (metrics(lines)["ConfigRejected"], metrics(lines)["TickProblems"]) == (5, 0)
