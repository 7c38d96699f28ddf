"""`caretaker janitor sweep` and `caretaker janitor audit`: run the janitor from here, and read what it has deleted.

A sweep from here is the very run that the Lambda function makes, without its deadline: it marks, and it deletes only
where CARETAKER_MODE is `delete`.
"""

from datetime import UTC, datetime
from typing import Any

import click

from cli import janitor_output as output
from cli.janitor_doors import name_of, run_here, settings_here
from cli.options import DONE, FINDINGS, FORMAT
from fleet.audit import Deletion
from fleet.aws.audit import DynamoAudit
from fleet.aws.rate import TimeBox
from fleet.ports import FleetError
from janitor.keep import instant
from janitor.run import Selection
from janitor.settings import Mode

_PLAN_MODE = "sweep, but CARETAKER_MODE is plan, so nothing is deleted"


@click.command()
@click.option("--function", "functions", multiple=True, metavar="NAME", help="Only this function; may be repeated.")
@FORMAT
@click.pass_context
def sweep(ctx: click.Context, functions: tuple[str, ...], form: str) -> None:
    """Mark what nobody uses, and delete what was marked long enough ago.

    Deletes only where CARETAKER_MODE is delete and CARETAKER_STATE_TABLE names the table of marks, and while the kill
    switch that CARETAKER_SWITCH names lets it. Stop it at any time: the next run goes on.
    """
    settings = settings_here()
    delete = settings.mode is Mode.DELETE
    meant = Selection(functions=frozenset(name_of(text) for text in functions))
    report = run_here(settings, datetime.now(UTC), delete=delete, why="sweep" if delete else _PLAN_MODE, select=meant)
    output.show(report, form)
    ctx.exit(DONE if report.ok else FINDINGS)


@click.command()
@click.option("--function", metavar="NAME", help="Only this function's versions.")
@FORMAT
def audit(function: str | None, form: str) -> None:
    """List the versions that were deleted in the last 400 days, the last ones at the end.

    Without --function the caller needs dynamodb:Scan on the table.
    """
    settings = settings_here()
    if settings.state_table is None:
        raise click.UsageError(
            "CARETAKER_STATE_TABLE is not set; the audit is in the table that it names, which is the output "
            "StateTableName of Caretaker's stack"
        )
    name = name_of(function) if function else None
    try:
        found = list(DynamoAudit.connect(settings.state_table, TimeBox()).deletions(name))
    except FleetError as error:
        raise click.UsageError(str(error)) from error
    found.sort(key=lambda one: (one.ended_at or one.started_at, one.function, one.version))
    if form == "json":
        click.echo(output.as_json([as_json(one) for one in found]))
        return
    for one in found:
        click.echo(_line(one))
    size = sum(one.code_size_bytes for one in found)
    click.echo(f"{len(found)} versions, {size / 1_000_000:.1f} MB of code")


def as_json(one: Deletion) -> dict[str, Any]:
    """The audit's item as machines read it; `ended_at` is null while nobody knows how it ended."""
    return {
        "function": one.function,
        "version": str(one.version),
        "state": one.state.value,
        "started_at": instant(one.started_at),
        "ended_at": instant(one.ended_at) if one.ended_at is not None else None,
        "code_sha256": one.code_sha256,
        "code_size_bytes": one.code_size_bytes,
        "description": one.description,
        "runtime": one.runtime,
        "reason": one.reason,
    }


def _line(one: Deletion) -> str:
    said = f'  "{one.description}"' if one.description else ""
    what = f"{one.code_size_bytes / 1_000_000:.1f} MB  {one.runtime or '-'}  {one.code_sha256}"
    at = instant(one.ended_at or one.started_at)
    return f"{at}  {one.state.value:<7}  {one.function}:{one.version}  {what}{said}  {one.reason}"
