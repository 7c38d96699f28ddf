"""`caretaker validate | plan | explain`: a schedule's mistakes, its levels, and where a level comes from."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from os.path import realpath  # unlike Path.resolve, it takes a link that leads to itself
from pathlib import Path
from typing import Any

import click

from cli import schedule_output as output
from cli.diff import show_difference
from cli.options import DONE, FINDINGS, FORMAT
from cli.printable import unguarded
from profiles.errors import SchedulesMissing
from profiles.findings import did_you_mean
from profiles.model import Mistake, ScheduleSet, Service, Severity, Target
from profiles.read_platform import PLATFORM_NAMES
from profiles.reader import files_in, read_files
from profiles.timeline import Explanation, changes
from profiles.timeline import explain as explain_target
from profiles.warnings import dst_warnings, warnings_from

# Fewer files are read before an eye could follow.
_MANY = 100
LONGEST_SPAN = timedelta(days=3660)

PATHS = click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))

ONE_FUNCTION = click.option("--function", "function", help="Only this function: its name or ARN as the file has it.")


class Instant(click.ParamType[datetime]):
    """An instant in ISO-8601; without an offset it is UTC, which is said on standard error."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware datetime in `value`, in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
            if found.tzinfo is None:
                click.echo(
                    f"{value} has no offset and is taken as UTC; write {value}Z or an offset like +09:00", err=True
                )
                found = found.replace(tzinfo=UTC)
            found = found.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                f'"{value}" is not an instant; write one like 2026-11-24T08:00+09:00 or 2026-11-23T23:00Z', param, ctx
            )
        if not 1970 <= found.year <= 9000:
            self.fail(f"{value} is out of range; years 1970 to 9000", param, ctx)
        return found


@click.command()
@PATHS
@FORMAT
@click.option("--github", is_flag=True, help="As annotations of a GitHub workflow.")
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@click.pass_context
def validate(ctx: click.Context, paths: tuple[Path, ...], form: str, github: bool, strict: bool) -> None:
    """Check schedule files; every mistake with file, line and column."""
    files = files_meant(paths)
    schedules = _read_with_progress(files)
    mistakes = tuple(sorted({*schedules.mistakes, *warnings_from(schedules, datetime.now(UTC))}))
    if form == "json":
        click.echo(output.mistakes_json(mistakes))
    elif github:
        click.echo(output.mistakes_github(mistakes), nl=bool(mistakes))
    else:
        output.print_mistakes(mistakes, files=len(files), services=len(schedules.services))
    ctx.exit(FINDINGS if _fails(mistakes, strict=strict) else DONE)


@click.command(short_help="List the level changes of a span, or of a diff.")
@PATHS
@click.option("--from", "start", type=Instant(), help="The first instant, as in 2026-11-24T00:00+09:00.")
@click.option("--to", "end", type=Instant(), help="The instant after the last.")
@click.option("--diff", "revision", metavar="REV", help="What differs from this git revision, in words.")
@FORMAT
@click.pass_context
def plan(
    ctx: click.Context,
    paths: tuple[Path, ...],
    start: datetime | None,
    end: datetime | None,
    revision: str | None,
    form: str,
) -> None:
    """List the level changes of a span of time; with --diff, by default of the next seven days."""
    if revision is not None and start is None:
        start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if revision is not None and end is None and start is not None:
        end = start + timedelta(days=7)
    if start is None or end is None:
        raise click.UsageError("--from and --to say of which span; with --diff they may be left out")
    if end < start:
        raise click.UsageError(f"--to {end:%Y-%m-%dT%H:%MZ} is before --from {start:%Y-%m-%dT%H:%MZ}")
    if end - start > LONGEST_SPAN:
        raise click.UsageError(f"--from and --to are {(end - start).days} days apart; at most {LONGEST_SPAN.days}")
    schedules, status = usable(paths)
    if revision is not None:
        show_difference(schedules, paths, revision, start=start, end=end, form=form)
    else:
        _show_changes(schedules, start, end, form)
    ctx.exit(status)


def _show_changes(schedules: ScheduleSet, start: datetime, end: datetime, form: str) -> None:
    found = changes(schedules, start, end)
    for service in schedules.services:
        for warning in dst_warnings(service, start, end):
            click.echo(str(warning), err=True)
    if form == "json":
        click.echo(output.changes_json(found))
    else:
        output.print_changes(found, schedules, end)


@click.command()
@PATHS
@click.option("--at", "at", type=Instant(), required=True, help="The instant, as in 2027-03-14T02:30-05:00.")
@ONE_FUNCTION
@FORMAT
@click.pass_context
def explain(ctx: click.Context, paths: tuple[Path, ...], at: datetime, function: str | None, form: str) -> None:
    """Say where the level of one instant comes from."""
    schedules, status = usable(paths)
    found = [
        explain_target(service, target, at, platform=schedules.platform)
        for service, target in targets_meant(schedules, function)
    ]
    _show_explanations(found, form, schedules)
    ctx.exit(status)


def _show_explanations(found: list[Explanation], form: str, schedules: ScheduleSet) -> None:
    if form == "json":
        click.echo(output.explanations_json(found))
    else:
        output.print_explanations(found, schedules)


def _read_with_progress(files: list[Path]) -> ScheduleSet:
    """What the files say; when there are many and a person watches, with a bar on standard error."""
    if len(files) < _MANY or not sys.stderr.isatty():
        return read_files(files)
    with click.progressbar(length=len(files), label="validate", file=unguarded(sys.stderr)) as bar:
        return read_files(files, done=lambda: bar.update(1))


def files_meant(paths: Iterable[Path]) -> list[Path]:
    """The files that the paths mean, each once; a lone service's file brings the platform file beside it."""
    found: dict[str, Path] = {}
    for path in paths:
        try:
            inside = files_in(path) if path.is_dir() else [path]
        except SchedulesMissing as error:
            raise click.UsageError(str(error)) from error
        if path.is_dir() and not inside:
            raise click.UsageError(f"{path}: no schedule files (*.yaml) in this folder")
        if not path.exists():
            raise click.UsageError(f"{path}: no such file or folder")
        for file in inside:
            found.setdefault(realpath(file), file)
    if not any(file.name in PLATFORM_NAMES for file in found.values()):
        for file in _beside(found.values()):
            found.setdefault(realpath(file), file)
    return list(found.values())


def _beside(files: Iterable[Path]) -> list[Path]:
    folders = sorted({file.parent for file in files})
    return [folder / name for folder in folders for name in PLATFORM_NAMES if (folder / name).is_file()][:1]


def usable(paths: tuple[Path, ...]) -> tuple[ScheduleSet, int]:
    """The services that can be used and the exit status so far; what is wrong goes to standard error."""
    schedules = read_files(files_meant(paths))
    for mistake in schedules.mistakes:
        click.echo(str(mistake), err=True)
    if schedules.errors and not schedules.services:
        raise click.UsageError("no service without errors in these files")
    return schedules, FINDINGS if schedules.errors else DONE


def targets_meant(schedules: ScheduleSet, function: str | None) -> list[tuple[Service, Target]]:
    """All targets, or those of one function, each with its service. Raises: UsageError when the function has none."""
    every = [(service, target) for service in schedules.services for target in service.targets]
    if function is None:
        return every
    found = [pair for pair in every if function in (pair[1].function.text, pair[1].function.name)]
    if not found:
        known = sorted({target.function.text for _, target in every})
        raise click.UsageError(f'no target "{function}" in these files{did_you_mean(function, known)}')
    return found


def _fails(mistakes: tuple[Mistake, ...], *, strict: bool) -> bool:
    return any(strict or mistake.severity is Severity.ERROR for mistake in mistakes)
