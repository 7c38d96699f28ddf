"""`caretaker compile`: schedule files to the one document that the functions load without YAML."""

from dataclasses import replace
from pathlib import Path

import click

from cli.options import DONE, FINDINGS
from cli.schedules import files_meant
from profiles.compiled import compile_schedules
from profiles.model import ScheduleSet
from profiles.reader import read_files


@click.command("compile")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write, not standard output.")
@click.option("--revision", default="", help="The revision of the sources, to be kept in the document.")
@click.pass_context
def compile_schedule_files(ctx: click.Context, paths: tuple[Path, ...], out: Path | None, revision: str) -> None:
    """Turn schedule files into one JSON document, the form that ships.

    The same files give the same bytes. With an error in any file nothing is written, and the status is 1.
    """
    schedules = read_files(files_meant(paths))
    for mistake in schedules.mistakes:
        click.echo(str(mistake), err=True)
    if schedules.errors:
        ctx.exit(FINDINGS)
    document = compile_schedules(from_anywhere(schedules), revision=revision)
    if out is None:
        click.echo(document, nl=False)
    else:
        out.write_bytes(document)
        targets = sum(len(service.targets) for service in schedules.services)
        click.echo(f"{out}: {len(schedules.services)} services, {targets} targets, {len(document):,} bytes", err=True)
    ctx.exit(DONE)


def from_anywhere(schedules: ScheduleSet) -> ScheduleSet:
    """The schedules with the bare names of their files, so that the folder they lie in changes no byte."""
    services = tuple(replace(service, file=Path(service.file).name) for service in schedules.services)
    return replace(schedules, services=services)
