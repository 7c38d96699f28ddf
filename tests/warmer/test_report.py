"""The report of a target after its rounds, and the metrics that are made of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fleet.model import Answer, Lost
from tests.warmer.builders import HTTP, a_burst, a_target, a_warm_answer, an_answer
from warmer.coverage import Coverage, measure
from warmer.measured import measured_report
from warmer.plan import Outcome, PlannedTarget
from warmer.report import TargetReport, TickReport
from warmer.sides import Side
from warmer.telemetry import publish

AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
INTERVAL = timedelta(minutes=5)


def planned(wanted: int) -> PlannedTarget:
    return PlannedTarget(
        service="shop",
        target=a_target(),
        wanted=wanted,
        count=wanted,
        reason="baseline",
        sides=(Side(qualifier="live", count=wanted),),
    )


def a_round(*outcomes: Answer | Lost) -> Coverage:
    return measure(a_burst(*outcomes), HTTP)


SHORT = a_round(a_warm_answer("a"), a_warm_answer("a"))
WHOLE = a_round(a_warm_answer("a"), a_warm_answer("b"))
PROBE = a_round(a_warm_answer("a"))


def test_the_last_round_is_what_was_reached_and_all_of_them_are_what_it_cost() -> None:
    report = measured_report(planned(2), (SHORT, WHOLE), interval=INTERVAL)

    assert (report.covered, report.distinct, report.answered, report.warmed) == (2, 2, 2, 2)
    assert (report.rounds, report.top_ups, report.sent, report.billed_ms) == (2, 1, 4, 160)
    assert (report.outcome, report.ok) == (Outcome.WARM, True)


def test_the_occupied_share_is_billed_time_of_the_interval_of_each_environment() -> None:
    # 160 ms over two environments of 300 s each.
    assert measured_report(planned(2), (SHORT, WHOLE), interval=INTERVAL).occupied_share == pytest.approx(0.000267)
    nobody = measured_report(planned(2), (a_round(Lost(reason="timed out")),), interval=INTERVAL)
    assert nobody.occupied_share is None


def test_a_target_that_stays_short_says_what_each_round_reached() -> None:
    report = measured_report(planned(3), (SHORT, WHOLE, SHORT), interval=INTERVAL)

    assert (report.outcome, report.short, report.top_ups) == (Outcome.SHORT, 2, 2)
    assert "rounds reached 1, 2, 1" in report.reason


def test_a_target_held_back_is_never_ok_and_its_probe_is_no_top_up() -> None:
    failed = a_round(an_answer({}, function_error="Unhandled"))
    report = measured_report(planned(1), (failed,), interval=INTERVAL, probes=1, held_back="3 ticks in a row")

    assert (report.outcome, report.ok, report.top_ups) == (Outcome.QUARANTINED, False, 0)
    assert report.reason.startswith("one ping a tick only: 3 ticks in a row")
    assert measured_report(planned(2), (PROBE, SHORT, WHOLE), interval=INTERVAL, probes=1).top_ups == 1


def metrics(capsys: pytest.CaptureFixture[str], *targets: TargetReport) -> dict[str, float]:
    """The tick's own metrics, by name."""
    capsys.readouterr()
    publish(TickReport(tick=AT, targets=targets, scheduled=True))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [whole] = [line for line in lines if "_aws" in line and "schedule" not in line]
    return {name: value[0] for name, value in whole.items() if isinstance(value, list)}


def test_metrics_count_what_was_topped_up_held_back_and_unproven(capsys: pytest.CaptureFixture[str]) -> None:
    topped_up = measured_report(planned(2), (SHORT, WHOLE), interval=INTERVAL)
    held_back = measured_report(planned(2), (PROBE,), interval=INTERVAL, probes=1, held_back="since then")
    inferred = measured_report(planned(1), (a_round(an_answer({"statusCode": 200})),), interval=INTERVAL)

    found = metrics(capsys, topped_up, held_back, inferred, replace(inferred, outcome=Outcome.WARM))

    assert (found["ToppedUp"], found["Quarantined"], found["Unproven"]) == (1, 1, 1)
    assert (found["TargetsOk"], found["TargetsShort"]) == (3, 1)


def test_cold_starts_inside_windows_are_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    outside = measured_report(planned(2), (WHOLE,), interval=INTERVAL)
    inside = replace(outside, cold=2, in_window=True)
    publish(TickReport(tick=AT, targets=(replace(outside, cold=3), inside)))
    tick = next(line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "ColdStartsInWindows" in line)
    assert (tick["ColdStarts"], tick["ColdStartsInWindows"]) == ([5.0], [2.0])
