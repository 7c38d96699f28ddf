"""Replies of a burst -> how many environments it reached, and how strong the evidence is. Pure.

Lambda runs one invocation at a time in an execution environment, so invocations in progress at one instant are as
many environments. What can be seen of that decides the evidence; the numbers never claim more than was seen.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from fleet.model import Answer, BurstResult, Interval, KitReport, Lost
from profiles.model import PingSpec
from warmer.observed import Observed, observe
from warmer.verdict import Verdict, judge


class Evidence(Enum):
    """How the number of environments is known, strongest first: section 3 of the contract."""

    COUNTED = "counted"
    OVERLAP = "overlap"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What one burst achieved.

    `covered` environments are proven warm by `evidence`; `healthy` of them answered as expected. `sent`, `answered`,
    `warmed` (answers that came through the application), `working` (those of them without a 5xx), `cold`, `throttled`
    and `errors` count pings; `problems` says what went wrong, each with how often, worst first; `observed` is what else
    is to be seen. `spread_ms` is from the targets' own clocks where they report one, else from the caller's.
    `arrival_spread_ms` and `arrival_lag_ms` (see `warmer.pace`) are of the warm pings, None where none told when it
    arrived; where all were cold, the lag is the least that their clocks allow.
    """

    sent: int
    answered: int
    warmed: int
    working: int
    covered: int
    healthy: int
    cold: int
    evidence: Evidence
    spread_ms: float
    release_lead_ms: float
    billed_ms: int
    throttled: int
    errors: int
    problems: tuple[tuple[str, int], ...] = ()
    arrival_spread_ms: float | None = None
    arrival_lag_ms: float | None = None
    observed: Observed = field(default_factory=Observed)


def measure(result: BurstResult, spec: PingSpec) -> Coverage:
    """The coverage that the burst's outcomes prove, under the target's `ping` settings."""
    verdicts = [judge(outcome, spec) for outcome in result.outcomes]
    answers = [outcome for outcome in result.outcomes if isinstance(outcome, Answer)]
    throttled = sum(answer.status == 429 for answer in answers)
    evidence, covered, healthy = _counted(verdicts) or _by_time(result.outcomes, verdicts)
    arrivals = _warm_arrivals(result.outcomes, verdicts)
    spread_ms = max(at for at, _ in arrivals) - min(at for at, _ in arrivals) if arrivals else None
    return Coverage(
        sent=sum(not (isinstance(outcome, Lost) and not outcome.sent) for outcome in result.outcomes),
        answered=len(answers),
        warmed=sum(verdict.warmed for verdict in verdicts),
        working=sum(verdict.warmed and not verdict.broken for verdict in verdicts),
        covered=covered,
        healthy=healthy,
        cold=sum(_cold(outcome, verdict) for outcome, verdict in zip(result.outcomes, verdicts, strict=True)),
        evidence=evidence,
        spread_ms=round(result.spread_ms if spread_ms is None or len(arrivals) < 2 else spread_ms, 1),
        release_lead_ms=round(result.release_at_ms - result.lag_ms - result.released_ms, 1),
        billed_ms=sum(answer.log.billed_ms or 0 for answer in answers),
        throttled=throttled,
        errors=sum(not verdict.healthy for verdict in verdicts) - throttled,
        problems=tuple(Counter(verdict.problem for verdict in verdicts if verdict.problem).most_common()),
        arrival_spread_ms=spread_ms,
        arrival_lag_ms=_lag_ms(arrivals, result.outcomes, verdicts),
        observed=observe(result.outcomes, verdicts, release_at_ms=result.release_at_ms),
    )


def _counted(verdicts: Sequence[Verdict]) -> tuple[Evidence, int, int] | None:
    """Distinct ids of those that warmed, when every reply of the application carries one."""
    replied = [verdict for verdict in verdicts if verdict.warmed or verdict.kit is not None]
    if not replied or any(verdict.kit is None for verdict in replied):
        return None
    warmed = [verdict for verdict in replied if verdict.warmed]
    environments = {_kit(verdict).environment for verdict in warmed}
    unhealthy = {_kit(verdict).environment for verdict in warmed if not verdict.healthy}
    return Evidence.COUNTED, len(environments), len(environments - unhealthy)


def _by_time(outcomes: Sequence[Answer | Lost], verdicts: Sequence[Verdict]) -> tuple[Evidence, int, int]:
    """The most invocations in progress at one instant: by the targets' logs, or by the caller's clock alone."""
    pairs = [
        (outcome, verdict)
        for outcome, verdict in zip(outcomes, verdicts, strict=True)
        if verdict.warmed and isinstance(outcome, Answer)
    ]
    healthy = sum(verdict.healthy for _, verdict in pairs)
    logged = [outcome.log.service for outcome, _ in pairs if outcome.log.service is not None]
    if pairs and len(logged) == len(pairs):
        covered = max(1, most_at_once(logged))
        return Evidence.OVERLAP, covered, min(covered, healthy)
    flights = [Interval(start_ms=outcome.sent_ms, end_ms=outcome.received_ms) for outcome, _ in pairs]
    # An answer came from one environment at least, even if no time passed by a clock that stands still.
    covered = max(1, most_at_once(flights)) if flights else 0
    return Evidence.INFERRED, covered, min(covered, healthy)


def most_at_once(intervals: Iterable[Interval]) -> int:
    """The greatest number of intervals in progress at one instant; one that ends as another starts is over."""
    edges = sorted(
        edge for interval in intervals for edge in ((interval.start_ms, 1), (interval.end_ms, -1))
    )  # at equal instants -1 sorts first, so touching intervals do not overlap
    now = most = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def _cold(outcome: Answer | Lost, verdict: Verdict) -> bool:
    if verdict.kit is not None and verdict.kit.cold is not None:
        return verdict.kit.cold
    return isinstance(outcome, Answer) and outcome.log.init_ms is not None


def _warm_arrivals(outcomes: Sequence[Answer | Lost], verdicts: Sequence[Verdict]) -> list[tuple[float, float]]:
    """When each warm ping arrived and when it was sent; a cold one arrives after its init, which is no spread."""
    return [
        (float(verdict.kit.arrived_ms), outcome.sent_ms)
        for outcome, verdict in zip(outcomes, verdicts, strict=True)
        if isinstance(outcome, Answer)
        and verdict.kit is not None
        and verdict.kit.arrived_ms is not None
        and not verdict.kit.cold
    ]


def _lag_ms(
    arrivals: Sequence[tuple[float, float]], outcomes: Sequence[Answer | Lost], verdicts: Sequence[Verdict]
) -> float | None:
    """From the sending to the arrival of warm pings; of cold ones, the least difference of the two clocks they allow.

    A cold ping arrives after its init, whose length nobody knows. But it arrived after it was sent and ended before its
    answer came, which bounds the difference from both sides.
    """
    if arrivals:
        return statistics.median(at - sent for at, sent in arrivals)
    bounds = [
        (
            verdict.kit.arrived_ms + (verdict.kit.held_ms or 0) - outcome.received_ms,
            verdict.kit.arrived_ms - outcome.sent_ms,
        )
        for outcome, verdict in zip(outcomes, verdicts, strict=True)
        if isinstance(outcome, Answer) and verdict.kit is not None and verdict.kit.arrived_ms is not None
    ]
    if not bounds:
        return None
    least, most = max(low for low, _ in bounds), min(high for _, high in bounds)
    return max(least, min(0.0, most)) if least <= most else None


def _kit(verdict: Verdict) -> KitReport:
    assert verdict.kit is not None  # noqa: S101 - asked only where every verdict has one
    return verdict.kit
