"""The report of a target after its last round: what that proved, in numbers and in a sentence. Pure."""

from datetime import timedelta

from warmer.coverage import Coverage, Evidence
from warmer.plan import Outcome, PlannedTarget
from warmer.report import TargetReport

# What counts for all rounds together; all else is the last one's.
_OF_ALL_ROUNDS = ("sent", "cold", "throttled", "errors")


def measured_report(
    planned: PlannedTarget,
    rounds: tuple[Coverage, ...],
    *,
    interval: timedelta,
    probes: int = 0,
    held_back: str | None = None,
) -> TargetReport:
    """The report of a target after its last round: what that round reached, with the pings of all of them.

    `interval` is the time between two ticks. `probes` of the rounds were one ping to a target in quarantine;
    `held_back` says since when and why it stays there, None when it does not.
    """
    last = rounds[-1]
    outcome = Outcome.QUARANTINED if held_back is not None else _outcome(planned, last)
    billed_ms = sum(each.billed_ms for each in rounds)
    return TargetReport(
        service=planned.service,
        function=planned.target.function.text,
        qualifier=planned.target.qualifier,
        wanted=planned.wanted,
        covered=last.covered,
        healthy=last.healthy,
        evidence=last.evidence.value,
        rounds=len(rounds),
        top_ups=max(0, len(rounds) - probes - 1),
        spread_ms=last.spread_ms,
        release_lead_ms=last.release_lead_ms,
        billed_ms=billed_ms,
        **{name: sum(getattr(each, name) for each in rounds) for name in _OF_ALL_ROUNDS},
        answered=last.answered,
        warmed=last.warmed,
        **{name: getattr(last.observed, name) for name in last.observed.__slots__},
        occupied_share=_occupied_share(billed_ms, last.covered, interval),
        outcome=outcome,
        reason=_reason(planned, rounds, outcome, held_back),
        in_window=planned.in_window,
    )


def _occupied_share(billed_ms: int, covered: int, interval: timedelta) -> float | None:
    if not covered or not billed_ms:
        return None
    return round(billed_ms / (covered * interval.total_seconds() * 1000), 6)


def _outcome(planned: PlannedTarget, last: Coverage) -> Outcome:
    if last.covered < planned.wanted:
        return Outcome.SHORT
    if last.healthy < last.covered:
        return Outcome.UNHEALTHY
    return Outcome.UNPROVEN if last.evidence is Evidence.INFERRED else Outcome.WARM


_HOW = {
    Evidence.COUNTED: "counted by their ids",
    Evidence.OVERLAP: "shown by overlapping log times",
    Evidence.INFERRED: "inferred from the caller's clock, not proven (the target reports no id and no JSON log)",
}


def _reason(planned: PlannedTarget, rounds: tuple[Coverage, ...], outcome: Outcome, held_back: str | None) -> str:
    last = rounds[-1]
    reached = f"{last.covered} of {planned.wanted} environments"
    parts = [] if held_back is None else [f"one ping a tick only: {held_back}"]
    parts.append(f"{reached} {_HOW[last.evidence]}" if last.covered else f"{reached} reached")
    if len(planned.sides) > 1:
        parts.append("by version: " + ", ".join(f"{side.count} for {side.qualifier}" for side in planned.sides))
    if outcome is Outcome.UNHEALTHY:
        parts.append(f"{last.covered - last.healthy} of them unhealthy")
    if planned.limit is not None:
        parts.append(f"asked for {planned.count} only: {planned.limit}")
    if len(rounds) > 1 and outcome is Outcome.SHORT:
        parts.append("rounds reached " + ", ".join(str(each.covered) for each in rounds))
    if last.warmed > last.covered:
        parts.append(
            f"{last.warmed} pings were answered by {last.covered}: they did not all overlap; is the kit's limit below "
            f"{last.release_lead_ms:.0f} ms?"
        )
    return "; ".join((*parts, *_problems(last), *planned.notes))


def _problems(last: Coverage) -> list[str]:
    said = [f"{count} {'ping' if count == 1 else 'pings'}: {problem}" for problem, count in last.problems[:3]]
    return said if len(last.problems) <= 3 else [*said, f"and {len(last.problems) - 3} other problems"]
