"""What a stack costs besides its pings, counted: its metrics as both functions write them, its alarms, its dashboard.

`python -m tests.template.costs` prints the table of docs/operate.md. Prices are us-east-1's list prices in USD.
Source: price pages of Amazon CloudWatch and AWS Lambda, from copies of November 2026.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from janitor.keep import KeepCode
from tests.template.emitted import lines_of_both, metrics_of
from tests.template.reading import Stack, read_template

A_METRIC, AN_ALARM, A_DASHBOARD, A_METRIC_ASKED_FOR = 0.30, 0.10, 3.00, 0.01 / 1000
A_GB_OF_LOGS = 0.50
ARM_GB_S, ARM_PROVISIONED_GB_S = 0.0000133334, 0.0000033334
MONTH_S = 730 * 3600
TICKS = MONTH_S // 300
# A metric is paid for in the hours in which it is sent; the janitor runs every six.
IN_RUNS = A_METRIC * 4 / 24
ALL_OPTIONS = {"SchedulesUri": "s3://plans/prod", "DeployHook": "true"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Metrics of the warmer, of each service and of the janitor; reasons to keep; alarms, and those of an option."""

    warmer: int
    service: int
    janitor: int
    reasons: int
    alarms: int
    optional_alarms: int


def counted() -> Counts:
    """By what the functions write in a process of their own, and by the template."""
    metrics = [dict(pairs) for _, _, pairs in metrics_of(lines_of_both())]
    alarms, every = (
        len(Stack(read_template(), **options).resources("AWS::CloudWatch::Alarm")) for options in ({}, ALL_OPTIONS)
    )
    return Counts(
        warmer=metrics.count({"service": "warmer"}),
        service=metrics.count({"service": "warmer", "schedule": "shop"}),
        janitor=metrics.count({"service": "janitor"}),
        reasons=len(KeepCode),
        alarms=alarms,
        optional_alarms=every - alarms,
    )


def table(of: Counts) -> Iterator[str]:
    """The lines of the manual."""
    asked = TICKS * A_METRIC_ASKED_FOR
    least = (of.warmer + of.service) * A_METRIC + of.janitor * IN_RUNS + of.alarms * AN_ALARM + A_DASHBOARD + asked
    most = least + of.reasons * IN_RUNS
    yield "| what | how many | USD a month |"
    yield "|---|---|---:|"
    for cells in (
        ("the warmer's metrics", f"{of.warmer}", f"{of.warmer * A_METRIC:.2f}"),
        ("a service's metrics", f"{of.service}, in hours in which it wants anything", f"{of.service * A_METRIC:.2f}"),
        (
            "the janitor's metrics",
            f"{of.janitor}, in the four hours of a day in which it runs",
            f"{of.janitor * IN_RUNS:.2f}",
        ),
        ("reasons that kept a version", f"{of.reasons} at most, in the same hours", f"{IN_RUNS:.2f} each"),
        (
            "alarms",
            f"{of.alarms}; {of.optional_alarms} more with schedules in S3 and the hook",
            f"{of.alarms * AN_ALARM:.2f}",
        ),
        ("the dashboard", "1; none with `DashboardCreate=false`", f"{A_DASHBOARD:.2f}"),
        (
            "metrics asked for at a tick",
            "1 a region, 1 for each target with a reservation; none with `PresentUsers=false` or ticks every minute",
            f"{asked:.2f} each",
        ),
        ("together", "with one service in one region", f"{least:.2f} to {most:.2f}"),
    ):
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table(counted()))
