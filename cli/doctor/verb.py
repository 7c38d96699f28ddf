"""`caretaker doctor`: is the deployed stack well, and if not, how to mend it. Reads only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from cli.doctor import output
from cli.doctor.check import Check, Verdict
from cli.doctor.facts import Facts
from cli.doctor.gather import NoStackError, Wanted, gather
from cli.doctor.hook import hook_checks
from cli.doctor.own import own_checks
from cli.doctor.runs import run_checks
from cli.doctor.stack import stack_checks
from cli.doctor.targets import target_checks
from cli.options import DONE, ENDPOINT_URL, FINDINGS, FORMAT
from cli.printable import printable, unguarded


@click.command(short_help="Check a deployed stack, and say how to mend it.")
@click.argument("schedules", required=False)
@click.option("--stack", default="caretaker", show_default=True, metavar="NAME", help="The deployed stack.")
@ENDPOINT_URL
@FORMAT
@click.pass_context
def doctor(ctx: click.Context, schedules: str | None, stack: str, form: str) -> None:
    """Check a deployed stack and its targets, and say how to mend what is not well.

    SCHEDULES is a folder, a compiled file or s3://…; without it the stack's own place in S3, or the folder schedules
    where the stack has no such place or nothing lies there.

    Reads only, with the region and credentials of the SDK's own variables. Ends with 0 when nothing is broken, with 1
    when something is or could not be read, with 2 when there is no such stack or no way to ask.
    """
    if schedules is not None and not schedules.startswith("s3:") and not Path(schedules).exists():
        raise click.UsageError(f'there are no schedules at "{schedules}"')
    try:
        with _telling() as tell:
            facts = gather(Wanted(stack=stack, schedules=schedules), datetime.now(UTC), tell)
    except NoStackError as error:
        raise click.UsageError(str(error)) from error
    checks = judge(facts)
    if form == "json":
        click.echo(output.as_json(checks))
    else:
        output.print_checks(checks, stack, facts.caller)
    ctx.exit(FINDINGS if any(_fails(one) for one in checks) else DONE)


def judge(facts: Facts) -> list[Check]:
    """Every check, group by group."""
    return [
        *stack_checks(facts),
        *run_checks(facts),
        *own_checks(facts),
        *hook_checks(facts),
        *target_checks(facts),
    ]


def _fails(check: Check) -> bool:
    # What could not be read may be broken; what nothing was seen of yet is no finding.
    return check.verdict is Verdict.BROKEN or check.unread


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """A line that says what is being read, where a person watches."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with Console(file=unguarded(sys.stderr)).status("asking AWS") as status:
        yield lambda text: status.update(printable(text))
