"""`caretaker janitor`: what the janitor would do, and why. Reads only: it marks nothing and deletes nothing."""

from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from cli import janitor_output as output
from cli import janitor_page
from cli.janitor_compare import UnusableReport, differences, read_report
from cli.janitor_doors import doors_for, name_of, settings_here
from cli.options import DONE, FINDINGS, FORMAT
from fleet.model import FunctionRef, VersionNumber
from fleet.ports import FleetError
from janitor.plan import Verdict
from janitor.run import Planned, Selection, make_plan, plan_report


@click.group()
def janitor() -> None:
    """What the janitor would delete, what it keeps, and why.

    Asks the endpoint, region and credentials of the SDK's own variables, with the janitor's settings (CARETAKER_*).
    """


@janitor.command()
@click.option("--function", "functions", multiple=True, metavar="NAME", help="Only this function; may be repeated.")
@click.option("--stack", metavar="NAME", help="Only this stack's functions, nested stacks included.")
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Also draw it, as a page."
)
@click.option(
    "--compare",
    "earlier",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Say what differs from an earlier report, saved as JSON.",
)
@FORMAT
@click.pass_context
def plan(
    ctx: click.Context,
    functions: tuple[str, ...],
    stack: str | None,
    page: Path | None,
    earlier: Path | None,
    form: str,
) -> None:
    """List every version with its verdict and reason."""
    before = None if earlier is None else _earlier(earlier)
    now = datetime.now(UTC)
    report = plan_report(_planned(now, frozenset(name_of(text) for text in functions), stack), now, why="plan")
    differing = () if before is None else differences(before, report.as_json())
    if form == "json":
        more = {} if before is None else {"differences": [one.as_json() for one in differing]}
        click.echo(output.as_json({**report.as_json(), **more}))
    else:
        output.print_report(report)
        if before is not None:
            output.print_differences(differing)
    if page is not None:
        _write(page, janitor_page.page(report))
    for problem in report.problems:
        click.echo(problem, err=True)
    ctx.exit(DONE if report.ok else FINDINGS)


@janitor.command()
@click.argument("version", metavar="FUNCTION:VERSION")
@FORMAT
def why(version: str, form: str) -> None:
    """Say why one version stays or goes, and what would change that."""
    name, number = _function_and_version(version)
    planned = _planned(datetime.now(UTC), frozenset({name}))
    verdict = _verdict(planned, name, number)
    found: dict[str, Any] = {
        "function": name,
        "version": str(number),
        "verdict": "keep" if verdict.keep else "delete",
        "reason": verdict.reason,
        "would_change_if": verdict.would_change_if,
    }
    if form == "json":
        click.echo(output.as_json(found))
    else:
        click.echo(f"{name}:{number}  {found['verdict']}  {verdict.reason}")
        click.echo(f"would change if {verdict.would_change_if}")


def _planned(now: datetime, only: frozenset[str], stack: str | None = None) -> Planned:
    settings = settings_here()
    try:
        return make_plan(doors_for(settings, delete=False), settings, now, Selection(functions=only, stack=stack))
    except FleetError as error:
        raise click.UsageError(str(error)) from error


def _earlier(path: Path) -> dict[str, Any]:
    try:
        return read_report(path)
    except UnusableReport as error:
        raise click.UsageError(str(error)) from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    click.echo(f"the page is in {path}", err=True)


def _verdict(planned: Planned, name: str, number: VersionNumber) -> Verdict:
    for function in planned.plan.functions:
        for verdict in function.verdicts:
            if (function.function, verdict.version.number) == (name, number):
                return verdict
    if name in planned.inventory.absent:
        raise click.UsageError(f'this account and region have no function "{name}"')
    raise click.UsageError(f'function "{name}" has no version {number}; it has {_spans(planned, name) or "none"}')


def _spans(planned: Planned, name: str) -> str:
    """The function's versions, runs of numbers as "1-4"."""
    numbers = [v.version.number.value for f in planned.plan.functions if f.function == name for v in f.verdicts]
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _function_and_version(text: str) -> tuple[str, VersionNumber]:
    function, _, number = text.rpartition(":")
    try:
        return FunctionRef(text=function).name, VersionNumber.parse(number)
    except ValueError:
        raise click.UsageError(f'"{text}" is not FUNCTION:VERSION, as in shop:12') from None
