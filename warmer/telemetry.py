"""Metrics and log lines of a tick, all from its report. Shell: prints what CloudWatch reads.

Metrics are CloudWatch's embedded format in the log: no call, no permission, and no failure of their own.
"""

from collections.abc import Iterable

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from fleet.lines import StandardOutput
from profiles.shelves import Loaded, Origin
from warmer.plan import Outcome
from warmer.report import TargetReport, TickReport

NAMESPACE = "Caretaker"
_SERVICE = "caretaker-warmer"
# How the fleet stands. Only the rule's own ticks say so: what somebody asks for in between may be of one service, of
# another instant's level or of a version without traffic, and would hide or invent a shortfall.
_STANDING = ("Wanted", "Covered", "Healthy", "Short", "Unproven", "Quarantined", "TargetsOk", "TargetsShort")
_OF_A_SERVICE = ("Wanted", "Covered", "Short", "ColdStarts")
_UNITS = {
    "BilledMs": MetricUnit.Milliseconds,
    "ConfigAgeSeconds": MetricUnit.Seconds,
    "HoldMs": MetricUnit.Milliseconds,
}


def publish(report: TickReport) -> None:
    """A line for each target that anything was due for, one for the tick, its metrics, and a few of each service.

    A service's own are few because CloudWatch bills each of them; one that nothing is due for has none. Of a run that
    is no tick, what it did and met is counted, but neither as a tick nor as how the fleet stands.
    """
    _log(report)
    _count(_meant(report, _tick_counts(report)))
    due = [target for target in report.targets if target.outcome is not Outcome.NOTHING_DUE]
    for service in dict.fromkeys(target.service for target in due):
        counts = _target_counts([target for target in due if target.service == service])
        _count(_meant(report, {name: counts[name] for name in _OF_A_SERVICE}), schedule=service)


def _meant(report: TickReport, counts: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in counts.items() if report.scheduled or name not in _STANDING}


def _log(report: TickReport) -> None:
    # Without a timestamp of RFC 3339 Lambda takes a line of any level for INFO.
    # Source: Lambda developer guide, "Log-level filtering".
    logger = Logger(service=_SERVICE, level="INFO", logger_handler=StandardOutput(), use_rfc3339=True)
    for target in report.targets:
        if target.outcome is Outcome.NOTHING_DUE:
            continue
        (logger.info if target.ok else logger.warning)("target", ok=target.ok, **target.as_json())
    for change in report.boosts.changes:
        (logger.warning if change.refused else logger.info)("boost", **change.as_json())
    for mistake in report.mistakes:
        line = mistake.as_json()
        logger.warning(line.pop("message"), **line)
    whole = {key: value for key, value in report.as_json().items() if key not in {"targets", "schedules"}}
    (logger.info if report.ok else logger.warning)("tick", **whole)


def _tick_counts(report: TickReport) -> dict[str, float]:
    return {
        **(_heartbeat(report) if report.scheduled else {}),
        "SwitchedOff": float(report.outcome == "switched-off"),
        # Without the trouble with schedules, which has a metric of its own and an alarm that waits longer.
        "TickProblems": float(len(report.problems)),
        "Boosts": float(len(report.boosts.active)),
        "BoostsUnread": float(bool(report.boosts.problems)),
        "BoostsRefused": float(report.boosts.refused),
        "TargetsOk": float(sum(target.ok for target in report.targets)),
        "TargetsShort": float(sum(not target.ok for target in report.targets)),
        **(_source_counts(report.loaded, report.errors_in_files) if report.loaded is not None else {}),
        **_target_counts(report.targets),
        "ColdStartsInWindows": float(sum(target.cold for target in report.targets if target.in_window)),
        **_hold(report.targets),
    }


def _heartbeat(report: TickReport) -> dict[str, float]:
    return {
        "TickCompleted": float(report.outcome == "served" and not report.failed),
        "StaleTicks": float(report.outcome == "stale"),
    }


def _hold(targets: Iterable[TargetReport]) -> dict[str, float]:
    """The median hold of the target with the longest; nothing when none held."""
    held = [target.hold_ms for target in targets if target.hold_ms is not None]
    return {"HoldMs": max(held)} if held else {}


def _source_counts(loaded: Loaded, errors: int) -> dict[str, float]:
    """One metric for each rung of the ladder, 1 for the one that served: over a day, their sums are its history.

    Only where schedules were loaded: a run that loaded none knows nothing of them, least of all that they are well.
    """
    rungs = (Origin.LIVE, Origin.MEMORY, Origin.TMP, Origin.BUNDLED)
    counts = {f"ConfigSource{rung.value.capitalize()}": float(loaded.origin is rung) for rung in rungs}
    counts |= {"ScheduleErrors": float(errors), "ConfigRejected": float(loaded.not_taken)}
    return counts if loaded.age_s is None else counts | {"ConfigAgeSeconds": float(loaded.age_s)}


def _target_counts(targets: Iterable[TargetReport]) -> dict[str, float]:
    listed = list(targets)
    return {
        "Wanted": float(sum(target.wanted for target in listed)),
        "Covered": float(sum(target.covered for target in listed)),
        "Healthy": float(sum(target.healthy for target in listed)),
        "Short": float(sum(target.short for target in listed)),
        "ColdStarts": float(sum(target.cold for target in listed)),
        "PingsSent": float(sum(target.sent for target in listed)),
        "PingsThrottled": float(sum(target.throttled for target in listed)),
        "Unproven": float(sum(target.outcome is Outcome.UNPROVEN for target in listed)),
        "Quarantined": float(sum(target.outcome is Outcome.QUARANTINED for target in listed)),
        "ToppedUp": float(sum(target.top_ups > 0 for target in listed)),
        "BilledMs": float(sum(target.billed_ms for target in listed)),
    }


def _count(counts: dict[str, float], *, schedule: str | None = None) -> None:
    """Metrics under the dimension `service: warmer`; those of one schedule have its name as a second dimension."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service="warmer")
    if schedule is not None:
        metrics.add_dimension(name="schedule", value=schedule)
    for name, value in counts.items():
        metrics.add_metric(name=name, unit=_UNITS.get(name, MetricUnit.Count), value=value)
    metrics.flush_metrics()
