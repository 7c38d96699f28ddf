"""`caretaker drain STACK`: before a stack is deleted, remove the versions of its functions that nobody refers to.

A plan by default. What it deletes is written down in the audit first, as in every run of the janitor; stop it at any
time, and call it again to go on.
"""

from dataclasses import replace
from datetime import UTC, datetime

import click

from cli import janitor_output as output
from cli.janitor_doors import run_here, settings_here
from cli.options import DONE, FINDINGS, FORMAT
from janitor.run import Selection
from janitor.settings import Mode


@click.command(short_help="Delete what makes a stack's deletion slow.")
@click.argument("stack", metavar="STACK")
@click.option("--yes", is_flag=True, help="Delete; without it only the plan is shown.")
@FORMAT
@click.pass_context
def drain(ctx: click.Context, stack: str, yes: bool, form: str) -> None:
    """Show, or with --yes delete, the versions of a stack's functions that nobody refers to.

    For a stack that is about to be deleted: versions may go however young they are and without a mark, but for the
    newest of each function and all that something else may use. Nested stacks are included.
    """
    settings = replace(settings_here(), mode=Mode.DELETE if yes else Mode.PLAN)
    if yes and settings.state_table is None:
        raise click.UsageError(
            "CARETAKER_STATE_TABLE is not set; every deletion is written down in the table that it names, which is the "
            "output StateTableName of Caretaker's stack"
        )
    why = f'drain of stack "{stack}"' + ("" if yes else ", a plan: --yes deletes")
    meant = Selection(stack=stack, drain=True)
    report = run_here(settings, datetime.now(UTC), delete=yes, why=why, select=meant)
    output.show(report, form)
    ctx.exit(DONE if report.ok else FINDINGS)
