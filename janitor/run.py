"""One run: read the schedules and the account, plan, remember, sweep when asked to, report.

Talks through ports only; the handler and the `caretaker janitor` command open the doors.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fleet.ports import FleetError, OutOfTime, Record, Versions
from fleet.uses import Uses
from janitor.checks import Checks
from janitor.inventory import Inventory, gather_inventory
from janitor.plan import SweepPlan, plan_sweep
from janitor.policy import FunctionPolicy, SweepPolicy, sweep_policy
from janitor.record import remember
from janitor.report import Report, function_reports
from janitor.settings import JanitorSettings
from janitor.sweep import FunctionSweep, Outcome, sweep
from profiles.errors import ProfilesError
from profiles.loading import Library, Shelves, load_schedules
from profiles.location import location_of
from profiles.model import Mistake, Platform, ScheduleSet, Severity, VersionsPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The way to the account's versions, to what uses them, to what earlier runs found, and to the schedules.

    Without a table there is no record. `time_to_act` says when reading must end, so that time is left for deleting.
    """

    versions: Versions
    uses: Uses
    record: Record | None
    shelves: Shelves
    time_to_act: Callable[[], bool] = lambda: False


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
    )


def _default(settings: JanitorSettings, platform: VersionsPolicy, unread: str | None) -> FunctionPolicy:
    """For functions in no schedule: of the settings and the platform's file, the more careful word."""
    return FunctionPolicy(
        keep=max(settings.keep, platform.keep or 0),
        min_superseded=max(settings.min_superseded, platform.min_superseded or settings.min_superseded),
        grace=settings.grace,
        off=None if platform.enabled else "platform.yaml",
        unread=unread,
    )


def _first_error(mistakes: Sequence[Mistake]) -> str | None:
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    if not errors:
        return None
    at, more = errors[0], len(errors) - 1
    said = f"the schedules could not be read whole: {at.file}:{at.line}:{at.column} {at.message}"
    return f"{said} (and {more} more)" if more else said


def make_plan(doors: Doors, settings: JanitorSettings, now: datetime, *, only: Collection[str] = ()) -> Planned:
    """Read and decide, change nothing. Raises: FleetError when the versions cannot be listed."""
    policy = read_policy(settings, doors.shelves, now)
    checks = Checks(uses=doors.uses, policy=policy, now=now, time_to_act=doors.time_to_act)
    inventory = gather_inventory(
        doors.versions,
        doors.record,
        policy,
        only=only,
        time_to_act=doors.time_to_act,
        look_closer=checks.look_closer,
    )
    return Planned(inventory=inventory, policy=policy, plan=plan_sweep(inventory, policy, now))


def run_janitor(
    doors: Doors, settings: JanitorSettings, now: datetime, *, delete: bool, why: str, only: Collection[str] = ()
) -> Report:
    """A whole run; `why` says in the report why it planned or swept. Raises: FleetError as `make_plan`."""
    planned = make_plan(doors, settings, now, only=only)
    problems = _remember(planned, doors.record, now)
    swept = {result.function: result for result in sweep(planned.plan, doors.versions, doors.uses)} if delete else {}
    problems += _save_cursor(planned, doors.record, swept)
    return _report("sweep" if delete else "plan", planned, now, why=why, problems=problems, swept=swept)


def plan_report(planned: Planned, now: datetime, *, why: str, problems: Sequence[str] = ()) -> Report:
    """The report of a run that stops after its plan."""
    return _report("plan", planned, now, why=why, problems=problems, swept={})


def _report(
    run: str,
    planned: Planned,
    now: datetime,
    *,
    why: str,
    problems: Sequence[str],
    swept: Mapping[str, FunctionSweep],
) -> Report:
    return Report(
        run=run,
        at=now,
        reason=_summary(planned.plan, swept, why),
        functions=function_reports(planned.plan, planned.inventory, swept),
        problems=(*planned.problems, *problems),
    )


def _remember(planned: Planned, record: Record | None, now: datetime) -> list[str]:
    if record is None:
        return []
    try:
        remember(planned.plan, record, now)
    except FleetError as error:
        return [f"what this run found was not all remembered: {error}"]
    return []


def next_cursor(planned: Planned, swept: Mapping[str, FunctionSweep]) -> str | None:
    """Where the next run starts behind: the last function that lost versions, or the last one that was read at all."""
    served = [result.function for result in swept.values() if result.deleted]
    stopped = any(result.outcome in {Outcome.UNFINISHED, Outcome.THROTTLED} for result in swept.values())
    if planned.inventory.read_until is not None and not stopped:
        return planned.inventory.read_until
    return served[-1] if served else None


def _save_cursor(planned: Planned, record: Record | None, swept: Mapping[str, FunctionSweep]) -> list[str]:
    cursor = next_cursor(planned, swept)
    if record is None or cursor is None:
        return []
    try:
        record.save_cursor(cursor)
    except OutOfTime:
        return []  # the next run starts where this one did, which costs its order and nothing else
    except FleetError as error:
        return [f"where this run stopped was not remembered: {error}"]
    return []


def _summary(plan: SweepPlan, swept: Mapping[str, FunctionSweep], why: str) -> str:
    going = sum(len(function.to_delete) for function in plan.functions)
    total = sum(len(function.verdicts) for function in plan.functions)
    gone = sum(len(result.deleted) for result in swept.values())
    return f"{why}: {going} of {total} versions of {len(plan.functions)} functions may go, {gone} deleted"
