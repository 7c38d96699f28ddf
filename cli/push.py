"""`caretaker push`: a folder's schedules to the place in S3 where deployed functions read them, once they validate.

One document goes there, as the build would ship it, in one write that holds only while what lies there is what was
compared. How it is said is `push_output`'s.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from cli import push_output as output
from cli.compile import from_anywhere
from cli.diff import revision_of
from cli.options import DONE, ENDPOINT_URL, FINDINGS, FORMAT
from cli.push_place import Place, not_permitted, place_of
from cli.schedules import files_meant
from fleet.aws.documents import S3Documents
from fleet.aws.uploads import Stored
from fleet.ports import FleetError, StoredDocument
from profiles.bounds import MOST_BYTES
from profiles.compiled import Compiled, CompiledUnusable, compile_schedules, load_compiled
from profiles.location import COMPILED_NAME, Store
from profiles.model import Platform, ScheduleSet
from profiles.reader import Document, read_documents, read_files
from profiles.warnings import warnings_from

_YAML = (".yaml", ".yml")
_NOTHING = ScheduleSet(services=(), platform=Platform(), mistakes=())


@click.command(short_help="Upload schedules to S3, once they validate.")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--to", metavar="URI", help="Where to: s3://bucket/prefix, or s3://bucket/key.json.")
@click.option("--stack", metavar="NAME", help="Where that stack's functions read them.  [default: caretaker]")
@click.option("--restore", metavar="VERSION", help="In place of a folder: the version of before, by its id.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and upload nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@ENDPOINT_URL
@FORMAT
@click.pass_context
def push(
    ctx: click.Context,
    folder: Path | None,
    to: str | None,
    stack: str | None,
    restore: str | None,
    dry_run: bool,
    yes: bool,
    form: str,
) -> None:
    """Upload the schedules of FOLDER to S3, once they validate; the functions follow at their next tick.

    Says first what would change, and asks. With an error in any file nothing is uploaded, and the status is 1.
    """
    if (folder is None) == (restore is None):
        raise click.UsageError("name the folder of the schedules, or with --restore the version to go back to")
    asks = not (yes or dry_run)
    if asks and (form == "json" or sys.stdin is None or not sys.stdin.isatty()):
        raise click.UsageError("nobody can be asked here; add --yes, or --dry-run to see what would change")
    wanted = _compiled(folder) if folder is not None else None
    if isinstance(wanted, output.Rejected):
        output.show_rejected(wanted, form)
        ctx.exit(FINDINGS)
    place = place_of(to, stack)
    try:
        change = _compared(place, wanted if wanted is not None else _older(place, restore or ""))
        status = _carried_out(place, change, output.Wish(dry_run=dry_run, asks=asks, form=form))
    except FleetError as error:
        raise click.UsageError(f"{place.store}: {error}") from error
    ctx.exit(status)


def _compiled(folder: Path) -> output.Document | output.Rejected:
    """What the folder says as one document, or its mistakes. Raises: UsageError."""
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "is not there"
        raise click.UsageError(f"{folder} {what}; a push replaces all schedules, so name the folder that has them all")
    files = files_meant([folder])
    schedules = read_files(files)
    mistakes = tuple(sorted({*schedules.mistakes, *warnings_from(schedules, datetime.now(UTC))}))
    if schedules.errors:
        return output.Rejected(mistakes=mistakes, files=len(files), services=len(schedules.services))
    data = compile_schedules(from_anywhere(schedules), revision=revision_of(folder))
    if len(data) > MOST_BYTES:
        raise click.UsageError(f"{folder}: compiled it has {len(data):,} bytes; the functions read {MOST_BYTES:,}")
    # Read back, as the functions will read it.
    return output.Document(data=data, compiled=load_compiled(data, where=str(folder)), mistakes=mistakes)


def _older(place: Place, version: str) -> output.Document:
    """The document as it was in that version. Raises: UsageError, FleetError."""
    if not version:
        # Of a script whose variable is empty; S3 would give what lies there now, and all would seem well.
        raise click.UsageError("--restore names no version; the last push said which one to go back to")
    found = place.object.read(most_bytes=MOST_BYTES, version=version)
    if found is None:
        raise click.UsageError(f"{place.store} has no version {version}")
    try:
        compiled = load_compiled(found.data, where=f"{place.store}, version {version}")
    except CompiledUnusable as error:
        raise click.UsageError(str(error)) from error
    return output.Document(data=found.data, compiled=compiled)


def _compared(place: Place, wanted: output.Document) -> output.Change:
    """What lies there now beside what is wanted. Raises: FleetError."""
    seen = place.object.read(most_bytes=MOST_BYTES)
    lying = _as_it_lies(seen, str(place.store)) if seen is not None else None
    before, shadowed = (_NOTHING, ()) if seen is not None else _yaml_there(place.store)
    return output.Change(
        place=str(place.store),
        options=place.options,
        wanted=wanted,
        seen=seen,
        lying=lying,
        before=lying.schedules if lying is not None else before,
        shadowed=shadowed,
    )


def _as_it_lies(seen: Stored, where: str) -> Compiled | None:
    try:
        return load_compiled(seen.data, where=where)
    except CompiledUnusable as error:
        click.echo(f"{error}; compared with nothing, so every service shows as new", err=True)
        return None


def _yaml_there(store: Store) -> tuple[ScheduleSet, tuple[str, ...]]:
    """What the functions read there as long as no compiled document lies beside it."""
    if store.name != COMPILED_NAME:
        return _NOTHING, ()
    documents = S3Documents(store.bucket, store.prefix)
    names = sorted(name for name in documents.listing() if name.endswith(_YAML) and not name.startswith("."))
    fetched = documents.fetch(dict.fromkeys(names), most_bytes=MOST_BYTES)
    for found in fetched.values():
        if isinstance(found, FleetError):
            raise found
    texts = {name: found.data for name, found in fetched.items() if isinstance(found, StoredDocument)}
    schedules = read_documents(Document(file=name, data=texts[name]) for name in names if name in texts)
    for mistake in schedules.errors:
        click.echo(f"s3://{store.bucket}/{store.prefix}{mistake}", err=True)
    return schedules, tuple(names)


def _carried_out(place: Place, change: output.Change, wish: output.Wish) -> int:
    """Show, ask, write and say so; the exit status. Raises: FleetError."""
    now = datetime.now(UTC)
    if change.same:
        output.show(change, wish, "unchanged", now=now)
        return DONE
    output.announce(change, wish, now=now)
    for warning in not_permitted(place, change.before, change.wanted.compiled.schedules):
        click.echo(warning, err=True)
    if wish.dry_run:
        output.show(change, wish, "would-push", now=now)
        return DONE
    if wish.asks and not click.confirm(output.question(change), err=True):
        output.show(change, wish, "declined", now=now)
        return FINDINGS
    written = place.object.replace(change.wanted.data, seen=change.seen)
    output.show(change, wish, "pushed", now=datetime.now(UTC), written=written)
    return DONE
