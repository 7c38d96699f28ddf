"""One run: read the schedules and the account, plan, remember, sweep when asked to, report.

Talks through ports only; the handler and the `caretaker janitor` command open the doors.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fleet.audit import Audit
from fleet.collecting import seldom_in_full
from fleet.layers import Layers
from fleet.ports import Record, Refused, Versions
from fleet.uses import Stacks, Uses
from janitor.bookkeeping import Books
from janitor.checks import Checks
from janitor.drain import seen, still_slow
from janitor.inventory import Inventory, gather_inventory
from janitor.journal import Journal
from janitor.layers import LayerSweep
from janitor.plan import SweepPlan, plan_sweep
from janitor.policy import FunctionPolicy, SweepPolicy, drained, sweep_policy
from janitor.report import Report, function_reports
from janitor.settings import JanitorSettings
from janitor.stacks import functions_of
from janitor.sweep import FunctionSweep, Outcome, sweep
from janitor.worth import worth
from profiles.errors import ProfilesError
from profiles.loading import load_schedules
from profiles.location import location_of
from profiles.model import Mistake, Platform, ScheduleSet, Severity, VersionsPolicy
from profiles.shelves import Library, Shelves


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The way to the account's versions, to what uses them, to what earlier runs found, and to the schedules.

    Without a table there is neither record nor audit. `time_to_act` says when reading must end, so that time is left
    for deleting; `stop` is asked after each function that was swept, and says why the rest must stay.
    """

    versions: Versions
    uses: Uses
    record: Record | None
    shelves: Shelves
    audit: Audit | None = None
    layers: Layers | None = None
    time_to_act: Callable[[], bool] = lambda: False
    stop: Callable[[], str | None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which functions a run looks at: all, those named, those of a stack and all nested in it, or those in both.

    `drain` is for a stack that is about to be deleted (`janitor.policy.drained`).
    """

    functions: frozenset[str] = frozenset()
    stack: str | None = None
    drain: bool = False

    @property
    def chosen(self) -> bool:
        """Whether it is less than all."""
        return bool(self.functions) or self.stack is not None


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What there is and what may go."""

    inventory: Inventory
    policy: SweepPolicy
    plan: SweepPlan

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read and bears on every function, and the functions asked for that do not exist."""
        record = self.inventory.record_unread
        found = (self.policy.default.unread, f"the record was not read: {record}" if record else None)
        missing = (f'this account and region have no function "{name}"' for name in self.inventory.absent)
        return (*(problem for problem in found if problem is not None), *missing)


def read_policy(settings: JanitorSettings, shelves: Shelves, now: datetime) -> SweepPolicy:
    """The policy of every function, from the schedules; where they cannot be read whole, everything stays.

    A broken file may be the one that names a version, so one error in one file keeps all versions of all functions. So
    does a place that is out of reach: the last good schedules may lack the version that was named since.
    """
    found = ScheduleSet(services=(), platform=Platform(), mistakes=())
    unread: str | None = None
    try:
        loaded = load_schedules(location_of(settings.schedules), shelves, Library(), now=now)
        found, unread = loaded.schedules, loaded.problem or _first_error(loaded.schedules.mistakes)
    except (ProfilesError, ValueError) as error:
        unread = f"CARETAKER_SCHEDULES: {error}"
    return sweep_policy(
        found.services,
        default=_default(settings, found.platform.versions, unread),
        max_per_function=settings.max_per_function,
        max_per_run=settings.max_per_run,
        scope=settings.scope,
    )


def _default(settings: JanitorSettings, platform: VersionsPolicy, unread: str | None) -> FunctionPolicy:
    """For functions in no schedule: of the settings and the platform's file, the more careful word."""
    return FunctionPolicy(
        keep=max(settings.keep, platform.keep or 0),
        min_superseded=max(settings.min_superseded, platform.min_superseded or settings.min_superseded),
        snap_keep=None if platform.snap_keep is None else max(settings.keep, platform.snap_keep),
        snap_min_superseded=_longer(settings.min_superseded, platform.snap_min_superseded),
        grace=settings.grace,
        wanted_tags=settings.scope.tags,
        off=None if platform.enabled else "platform.yaml",
        unread=unread,
    )


def _longer(settings: timedelta, platform: timedelta | None) -> timedelta | None:
    return None if platform is None else max(settings, platform)


def _first_error(mistakes: Sequence[Mistake]) -> str | None:
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    if not errors:
        return None
    at, more = errors[0], len(errors) - 1
    said = f"the schedules could not be read whole: {at.file}:{at.line}:{at.column} {at.message}"
    return f"{said} (and {more} more)" if more else said


@seldom_in_full()
def make_plan(doors: Doors, settings: JanitorSettings, now: datetime, select: Selection = EVERYTHING) -> Planned:
    """Read and decide, change nothing.

    Raises: FleetError when the versions cannot be listed, or there is no such stack.
    """
    policy = read_policy(settings, doors.shelves, now)
    if select.drain and select.stack is not None:
        policy = drained(policy, select.stack)
    checks = Checks(uses=doors.uses, policy=policy, now=now, time_to_act=doors.time_to_act)
    inventory = gather_inventory(
        doors.versions,
        doors.record,
        policy,
        only=_chosen(doors.uses, select),
        time_to_act=doors.time_to_act,
        look_closer=checks.look_closer,
    )
    return Planned(inventory=inventory, policy=policy, plan=plan_sweep(inventory, policy, now))


def _chosen(stacks: Stacks, select: Selection) -> Collection[str] | None:
    """The functions to look at; None means all. A stack without functions is none, and never all."""
    if select.stack is None:
        return select.functions or None
    found = functions_of(stacks, select.stack)
    if found is None:
        raise Refused(f'cloudformation:DescribeStacks: this account and region have no stack "{select.stack}"')
    return found & select.functions if select.functions else found


def run_janitor(
    doors: Doors,
    settings: JanitorSettings,
    now: datetime,
    *,
    delete: bool,
    why: str,
    select: Selection = EVERYTHING,
    tell: Callable[[FunctionSweep], None] = lambda _: None,
) -> Report:
    """A whole run; `why` says in the report why it planned or swept. Raises: FleetError as `make_plan`.

    `tell` hears what became of each function as soon as it is known.
    """
    planned = make_plan(doors, settings, now, select)
    slow = still_slow(planned.plan, seen(doors.uses, select.stack)) if select.drain and select.stack else ()
    if doors.record is None or doors.audit is None:
        # Nothing can be marked nor written down, so nothing may go.
        return replace(_report("sweep" if delete else "plan", planned, now, why=why), still_slow=slow)
    books = Books(record=doors.record, journal=Journal(doors.audit, now), now=now)
    held = books.before_deleting(planned.inventory, planned.plan, doors.versions, chosen=select.chosen)
    swept: dict[str, FunctionSweep] = {}
    stopped: str | None = None
    if delete and held.why is None:
        for result in sweep(planned.plan, doors.versions, doors.uses, books.journal, books.withheld):
            swept[result.function] = result
            books.after(result)
            tell(result)
            if (stopped := doors.stop()) is not None:
                break
    books.at_the_end(planned.inventory, swept)
    but = held.why or stopped if delete else None
    said = f"{why}, but {but}" if but is not None else why
    run = "sweep" if delete and held.why is None else "plan"
    report = _report(run, planned, now, why=said, problems=books.problems, swept=swept, tripped=held.tripped)
    return _with_layers(replace(report, still_slow=slow), doors, settings, select)


def _with_layers(report: Report, doors: Doors, settings: JanitorSettings, select: Selection) -> Report:
    """The report with the layers' part, where it is asked for; a layer is nobody's, so only a run over all looks."""
    if doors.layers is None or doors.record is None or doors.audit is None or select.chosen or not settings.layers:
        return report
    work = LayerSweep(
        layers=doors.layers,
        record=doors.record,
        audit=doors.audit,
        keep=settings.keep,
        grace=settings.grace,
        most=settings.max_per_run,
        now=report.at,
    )
    verdicts, problems = work.run(delete=report.run == "sweep" and report.ok)
    return replace(report, layers=verdicts, problems=(*report.problems, *problems))


def plan_report(planned: Planned, now: datetime, *, why: str, problems: Sequence[str] = ()) -> Report:
    """The report of a run that stops after its plan."""
    return _report("plan", planned, now, why=why, problems=problems)


def _report(
    run: str,
    planned: Planned,
    now: datetime,
    *,
    why: str,
    problems: Sequence[str] = (),
    swept: Mapping[str, FunctionSweep] | None = None,
    tripped: bool = False,
) -> Report:
    swept = swept or {}
    return Report(
        run=run,
        at=now,
        reason=_summary(planned.plan, swept, why),
        functions=function_reports(planned.plan, planned.inventory, swept),
        problems=(*planned.problems, *problems),
        tripped=tripped or any(result.outcome is Outcome.HELD for result in swept.values()),
        worth=worth(planned.plan),
    )


def _summary(plan: SweepPlan, swept: Mapping[str, FunctionSweep], why: str) -> str:
    going = sum(len(function.to_delete) for function in plan.functions)
    total = sum(len(function.verdicts) for function in plan.functions)
    gone = sum(len(result.deleted) for result in swept.values())
    return f"{why}: {going} of {total} versions of {len(plan.functions)} functions may go, {gone} deleted"
