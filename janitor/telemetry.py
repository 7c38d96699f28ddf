"""Log lines and metrics of a run, all from its report. Shell: prints what CloudWatch reads.

Metrics are CloudWatch's embedded format in the log: no call, no permission, and no failure of their own.
"""

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from fleet.lines import StandardOutput
from janitor.report import FunctionReport, Report
from janitor.sweep import TROUBLE, Outcome

NAMESPACE = "Caretaker"
_SERVICE = "janitor"


def publish(report: Report) -> None:
    """A line for each function that has anything to tell, one for the run, and the run's metrics."""
    # Without a timestamp of RFC 3339 Lambda takes a line of any level for INFO.
    # Source: Lambda developer guide, "Log-level filtering".
    logger = Logger(service=_SERVICE, logger_handler=StandardOutput(), use_rfc3339=True)
    for item in report.functions:
        if item.outcome is not Outcome.CLEAN:
            (logger.warning if item.outcome in TROUBLE else logger.info)(item.reason, **_logged(item))
    write = logger.info if report.ok else logger.error
    write(report.reason, run=report.run, ok=report.ok, problems=list(report.problems))
    _publish_kept(_kept(report.functions))
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=_SERVICE)
    for name, value in _counts(report).items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    if report.storage is not None:
        metrics.add_metric(name="CodeStorageBytes", unit=MetricUnit.Bytes, value=report.storage.used_bytes)
        metrics.add_metric(name="CodeStorageShare", unit=MetricUnit.Percent, value=report.storage.share_percent)
    metrics.flush_metrics()


def _publish_kept(kept: Counter[str]) -> None:
    """How many versions each reason kept. CloudWatch bills a metric for the hours in which it is sent: a few a day."""
    for code, number in sorted(kept.items()):
        metrics = EphemeralMetrics(namespace=NAMESPACE, service=_SERVICE)
        metrics.add_dimension(name="reason", value=code)
        metrics.add_metric(name="VersionsKept", unit=MetricUnit.Count, value=number)
        metrics.flush_metrics()


def _counts(report: Report) -> dict[str, int]:
    return {
        "JanitorRun": 1,
        "JanitorTrouble": int(not report.ok),
        "JanitorBreaker": int(report.tripped),
        "VersionsDeletable": sum(len(item.delete) for item in report.functions),
        "VersionsDeleted": sum(len(item.deleted) for item in report.functions),
        "VersionsKept": sum(len(item.keep) for item in report.functions),
    }


def _kept(functions: tuple[FunctionReport, ...]) -> Counter[str]:
    return Counter(line.code.value for item in functions for line in item.keep if line.code is not None)


def _logged(item: FunctionReport) -> dict[str, Any]:
    """The report's fields, but for the reasons of what stays, which are many: how many of each code."""
    whole = item.as_json()
    fields = ("function", "versions", "delete", "deleted", "bytes_freed", "outcome")
    return {key: whole[key] for key in fields} | {"keep": dict(sorted(_kept((item,)).items()))}
