"""What both functions really write of a tick and of a janitor's run in which something happened."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import janitor.telemetry
import warmer.telemetry
from fleet.model import CodeStorage
from janitor.plan import plan_sweep
from janitor.report import Report, function_reports
from profiles.model import Platform, ScheduleSet
from profiles.shelves import Loaded, Origin
from tests.janitor.builders import NOW, a_sweep_policy, an_inventory, facts
from tests.template.checkout import ROOT, run
from warmer.plan import Outcome
from warmer.report import TargetReport, TickReport

NO_SCHEDULES = ScheduleSet(services=(), platform=Platform(), mistakes=())
AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
Metric = tuple[str, str, tuple[tuple[str, str], ...]]


def lines_of_both() -> list[dict[str, Any]]:
    """The JSON lines of a tick with a short target and of a janitor's run with a hoard, from a process of their own."""
    output = run([sys.executable, "-m", __name__], folder=ROOT)
    return [json.loads(line) for line in output.splitlines()]


def publish_both() -> None:
    """Write them to standard output."""
    short = TargetReport(
        service="shop",
        function="shop-prod",
        qualifier="live",
        wanted=2,
        covered=1,
        hold_ms=12.0,
        outcome=Outcome.SHORT,
        reason="1 of 2 environments reached",
    )
    loaded = Loaded(schedules=NO_SCHEDULES, origin=Origin.LIVE, location="s3://plans/prod/", age_s=0)
    warmer.telemetry.publish(TickReport(tick=AT, scheduled=True, targets=(short,), loaded=loaded))
    inventory = an_inventory(facts(range(1, 9)))
    items = function_reports(plan_sweep(inventory, a_sweep_policy(), NOW), inventory, {})
    storage = CodeStorage(used_bytes=3_000_000_000, limit_bytes=80_530_636_800)
    janitor.telemetry.publish(Report(run="plan", at=AT, reason="planned", functions=items, storage=storage))


def metrics_of(lines: list[dict[str, Any]]) -> set[Metric]:
    """Namespace, name, and sorted dimensions with their values, of every metric in the lines."""
    return {
        (declared["Namespace"], metric["Name"], tuple(sorted((name, line[name]) for name in dimensions)))
        for line in lines
        if "_aws" in line
        for declared in line["_aws"]["CloudWatchMetrics"]
        for dimensions in declared["Dimensions"]
        for metric in declared["Metrics"]
    }


if __name__ == "__main__":
    publish_both()
