"""What a tick did, as one value: the report that the handler returns, and the source of metrics and log lines."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from profiles.model import Mistake, Severity
from profiles.shelves import Loaded
from warmer.boosts import NO_BOOSTS, BoostState, boost_json
from warmer.plan import Outcome, PlannedTarget

# What a tick as a whole may be, beside "served": a part in a deployment, or nothing at all.
DEPLOYMENT = "deployment"
SWITCHED_OFF = "switched-off"
_NEVER_OK = frozenset({Outcome.FAILED, Outcome.REFUSED, Outcome.QUARANTINED})


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReport:
    """What became of one target. Times are milliseconds, counts are pings or environments as the contract says.

    `answered`, `warmed`, `distinct` and the counts of new environments by kind are the last round's (`warmer.observed`
    says what each means). `occupied_share` is the part of the interval between two ticks in which pings kept the
    covered environments from users, by billed time; None where that is not known. `top_ups` are the rounds that
    followed one that fell short. `in_window` is whether a window of its profile is active.
    """

    service: str
    function: str
    qualifier: str
    wanted: int
    sent: int = 0
    covered: int = 0
    healthy: int = 0
    cold: int = 0
    evidence: str | None = None
    rounds: int = 0
    top_ups: int = 0
    spread_ms: float | None = None
    release_lead_ms: float | None = None
    billed_ms: int = 0
    throttled: int = 0
    errors: int = 0
    answered: int = 0
    warmed: int = 0
    distinct: int | None = None
    restored: int = 0
    suppressed_init: int = 0
    initialised_ahead: int = 0
    hold_ms: float | None = None
    longest_hold_ms: int | None = None
    beyond_release_ms: float | None = None
    occupied_share: float | None = None
    outcome: Outcome
    reason: str
    in_window: bool = False

    @property
    def short(self) -> int:
        """How many environments are missing; nothing is missing where nothing was to be sent."""
        not_ours = self.outcome in {Outcome.WOULD_PING, Outcome.LEFT_TO_PROVISIONED}
        return 0 if not_ours else max(0, self.wanted - self.covered)

    @property
    def ok(self) -> bool:
        """Whether everything wanted was reached, and answered as expected."""
        return self.short == 0 and self.healthy == self.covered and self.outcome not in _NEVER_OK

    def as_json(self) -> dict[str, Any]:
        """The item of the report's `targets`."""
        item = {name: getattr(self, name) for name in self.__slots__}
        return {**item, "short": self.short, "outcome": self.outcome.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class TickReport:
    """What a tick did. `reason` is set when the tick as a whole was not served, or only in part.

    `scheduled` is whether the tick's rule asked for it, and no person, pipeline, alarm or deployment. `loaded` says
    where its schedules came from; None when there were none. `problems` are troubles of the whole tick that took
    nothing away from any target, such as a kill switch that could not be read. `boosts` are those that hold at the
    tick, and what the event changed of them.
    """

    tick: datetime | None
    targets: tuple[TargetReport, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    outcome: str = "served"
    reason: str | None = None
    failed: bool = False
    scheduled: bool = False
    loaded: Loaded | None = None
    problems: tuple[str, ...] = ()
    boosts: BoostState = NO_BOOSTS

    @property
    def ok(self) -> bool:
        """Whether the tick did everything that the schedules asked for."""
        return not self.failed and not self.errors_in_files and all(target.ok for target in self.targets)

    @property
    def errors_in_files(self) -> int:
        """How many errors the schedule files hold; each keeps its file from being served as it stands."""
        return sum(mistake.severity is Severity.ERROR for mistake in self.mistakes)

    @property
    def troubles(self) -> tuple[str, ...]:
        """Its problems, and why its schedules are not what their place holds now."""
        trouble = None if self.loaded is None else self.loaded.trouble
        return self.problems if trouble is None else (trouble, *self.problems)

    def _summary(self) -> str:
        """The tick in a sentence."""
        wanted, covered = sum(each.wanted for each in self.targets), sum(each.covered for each in self.targets)
        short = sum(each.short > 0 for each in self.targets)
        parts = [f"{covered} of {wanted} environments over {len(self.targets)} targets"]
        if short:
            parts.append(f"{short} targets short")
        if self.errors_in_files:
            # What became of those in S3 stands among the troubles: most are served as they last were good.
            replaced = frozenset(() if self.loaded is None else self.loaded.rejected)
            files = {mistake.file for mistake in self.mistakes if mistake.severity is Severity.ERROR}
            left_out = "" if files <= replaced else f", {len(files - replaced)} of them left out"
            parts.append(f"{self.errors_in_files} errors in {len(files)} schedule files{left_out}")
        return ", ".join((*parts, *self.troubles))

    def as_json(self) -> dict[str, Any]:
        """The report as the handler returns it: section 4 of the contract."""
        return {
            "ok": self.ok,
            "tick": None if self.tick is None else utc_text(self.tick),
            "scheduled": self.scheduled,
            "outcome": self.outcome,
            "reason": self.reason or self._summary(),
            "problems": list(self.troubles),
            "boosts": [boost_json(boost) for boost in self.boosts.active],
            "boost_changes": [change.as_json() for change in self.boosts.changes],
            "targets": [target.as_json() for target in self.targets],
            "schedules": [mistake.as_json() for mistake in self.mistakes],
            "schedules_source": None if self.loaded is None else self.loaded.as_json(),
        }


def utc_text(instant: datetime) -> str:
    """ISO 8601 in UTC, as EventBridge writes it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def settled_report(planned: PlannedTarget, outcome: Outcome, *, reason: str | None = None) -> TargetReport:
    """The report of a target to which nothing was sent, for the plan's reason or for the one given."""
    return TargetReport(
        service=planned.service,
        function=planned.target.function.text,
        qualifier=planned.target.qualifier,
        wanted=planned.wanted,
        outcome=outcome,
        reason=reason or planned.reason,
        in_window=planned.in_window,
    )
