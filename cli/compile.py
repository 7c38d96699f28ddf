"""`caretaker compile`: schedule files to the one document that the functions load without YAML."""

import json
from dataclasses import replace
from pathlib import Path

import click

from cli.options import DONE, FINDINGS, FORMAT, say_written
from cli.schedules import files_meant
from profiles.compiled import compile_schedules, load_compiled
from profiles.model import ScheduleSet
from profiles.reader import read_files


@click.command("compile")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write, not standard output.")
@click.option("--revision", default="", help="The revision of the sources, to be kept in the document.")
@FORMAT
@click.pass_context
def compile_schedule_files(
    ctx: click.Context, paths: tuple[Path, ...], out: Path | None, revision: str, form: str
) -> None:
    """Turn schedule files into one JSON document, the form that ships.

    The same files give the same bytes. With an error in any file nothing is written, and the status is 1.
    --format json says what was written to --out; without --out the document itself is all the output.
    """
    schedules = read_files(files_meant(paths))
    for mistake in schedules.mistakes:
        click.echo(str(mistake), err=True)
    if schedules.errors:
        _say_rejected(form, schedules)
        ctx.exit(FINDINGS)
    document = compile_schedules(from_anywhere(schedules), revision=revision)
    if out is None:
        click.echo(document, nl=False)
    else:
        out.write_bytes(document)
        services, targets = len(schedules.services), sum(len(service.targets) for service in schedules.services)
        facts = {"outcome": "written", "file": str(out), "services": services, "targets": targets}
        facts |= {"bytes": len(document), "revision": revision, "hash": load_compiled(document, where=str(out)).digest}
        say_written(form, f"{out}: {services} services, {targets} targets, {len(document):,} bytes", facts)
    ctx.exit(DONE)


def _say_rejected(form: str, schedules: ScheduleSet) -> None:
    """For machines, what `push` says, too; people have the mistakes on standard error."""
    if form == "json":
        facts = {"outcome": "rejected", "mistakes": [mistake.as_json() for mistake in schedules.mistakes]}
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))


def from_anywhere(schedules: ScheduleSet) -> ScheduleSet:
    """The schedules with the bare names of their files, so that the folder they lie in changes no byte."""
    services = tuple(replace(service, file=Path(service.file).name) for service in schedules.services)
    return replace(schedules, services=services)
