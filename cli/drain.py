"""`caretaker drain STACK`: before a stack is deleted, remove the versions of its functions that nobody refers to.

A plan by default. What it deletes is written down in the audit first, as in every run of the janitor; stop it at any
time, and call it again to go on.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime

import click

from cli import janitor_output as output
from cli.janitor_doors import doors_for
from fleet.ports import FleetError
from janitor.run import Selection, run_janitor
from janitor.settings import JanitorSettings, Mode, SettingsError
from janitor.sweep import FunctionSweep

DONE, FINDINGS = 0, 1


@click.command(short_help="Delete what makes a stack's deletion slow.")
@click.argument("stack", metavar="STACK")
@click.option("--yes", is_flag=True, help="Delete; without it only the plan is shown.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or machines.")
@click.pass_context
def drain(ctx: click.Context, stack: str, yes: bool, form: str) -> None:
    """Show, or with --yes delete, the versions of a stack's functions that nobody refers to.

    For a stack that is about to be deleted: versions may go however young they are and without a mark, but for the
    newest of each function and all that something else may use. Nested stacks are included.
    """
    settings = _settings(delete=yes)
    if yes and settings.state_table is None:
        raise click.UsageError(
            "CARETAKER_STATE_TABLE is not set; every deletion is written down in the table that it names, which is the "
            "output StateTableName of Caretaker's stack"
        )
    try:
        report = run_janitor(
            doors_for(settings, delete=yes),
            settings,
            datetime.now(UTC),
            delete=yes,
            why=f'drain of stack "{stack}"' + ("" if yes else ", a plan: --yes deletes"),
            select=Selection(stack=stack, drain=True),
            tell=_tell,
        )
    except FleetError as error:
        raise click.UsageError(str(error)) from error
    output.show(report, form)
    ctx.exit(DONE if report.ok else FINDINGS)


def _settings(*, delete: bool) -> JanitorSettings:
    try:
        found = JanitorSettings.from_env(os.environ)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    return replace(found, mode=Mode.DELETE if delete else Mode.PLAN)


def _tell(result: FunctionSweep) -> None:
    click.echo(f"{result.function}: {result.reason}", err=True)
