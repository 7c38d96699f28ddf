"""`caretaker plan --diff REV`: what the levels would be other than at a git revision, in words."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from profiles.difference import Difference, differences, whole_differences
from profiles.model import ScheduleSet
from profiles.read_platform import PLATFORM_NAMES
from profiles.reader import Document, read_documents
from profiles.recurrence import recurrences


def show_difference(
    schedules: ScheduleSet, paths: Iterable[Path], revision: str, *, start: datetime, end: datetime, form: str
) -> None:
    """Print what differs from `revision` over the span. Raises: click.UsageError (no repository, no such revision)."""
    documents = documents_at(revision, paths)
    before = read_documents(documents)
    if not documents:
        click.echo(f"at {revision}: no schedule files at these paths, so every target is new", err=True)
    for mistake in before.errors:
        click.echo(f"at {revision}: {mistake}", err=True)
    before, schedules = comparable(before, schedules, "now"), comparable(schedules, before, f"at {revision}")
    if form == "json":
        click.echo(json.dumps(difference_items(before, schedules, start, end), indent=2))
        return
    print_difference(before, schedules, start, end, other=revision)


def difference_items(
    before: ScheduleSet, after: ScheduleSet, start: datetime, end: datetime
) -> list[dict[str, str | int | None]]:
    """Every span in which a level differs, for machines."""
    return [_item(each) for each in differences(before, after, start, end)]


def print_difference(before: ScheduleSet, after: ScheduleSet, start: datetime, end: datetime, *, other: str) -> None:
    """The same in words, on standard output; `other` names where `before` is from."""
    found = recurrences(whole_differences(before, after, start, end))
    for each in found:
        click.echo(str(each))
    if not found:
        click.echo(f"No level differs from {other} between {start:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M} UTC.")


def comparable(schedules: ScheduleSet, other: ScheduleSet, when: str) -> ScheduleSet:
    """The services but those whose files have errors in the other set: nobody knows their levels there."""
    unknown = {mistake.file for mistake in other.errors}
    left_out = {service.file for service in schedules.services if service.file in unknown}
    for file in sorted(left_out):
        click.echo(f"{file}: left out of the comparison; it has errors {when}", err=True)
    return replace(schedules, services=tuple(one for one in schedules.services if one.file not in left_out))


def revision_of(folder: Path) -> str:
    """The commit that last changed what is in the folder, as `make build` writes it; "" outside of a repository."""
    try:
        commit = _git(folder, "log", "-1", "--format=%H", "--", ".").strip()
        changed = _git(folder, "status", "--porcelain", "--", ".").strip()
    except click.UsageError:
        return ""
    return f"{commit}-changed" if changed else commit


def documents_at(revision: str, paths: Iterable[Path]) -> list[Document]:
    """The schedule files that `paths` meant at a git revision, named as they are now. Raises: click.UsageError."""
    found: dict[str, Document] = {}
    for path in paths:
        folder = path if path.is_dir() else path.parent
        root = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
        _check_revision(root, revision)
        for name in _listed(root, revision, path.resolve().relative_to(root.resolve()), whole=path.is_dir()):
            if name.endswith((".yaml", ".yml")) and not Path(name).name.startswith("."):
                file = str(folder / Path(name).name)
                found[file] = Document(file=file, data=_git_bytes(root, "show", f"{revision}:{name}"))
    return list(found.values())


def _check_revision(root: Path, revision: str) -> None:
    commit = f"{revision}^{{commit}}"
    _git(root, "rev-parse", "--verify", "--quiet", commit, missing=f"{revision} is no revision of {root}")


def _listed(root: Path, revision: str, inside: Path, *, whole: bool) -> list[str]:
    """The files of a folder at the revision; for a file its own name and that of the platform's file beside it."""
    beside = [] if whole else [str(inside.parent / name) for name in PLATFORM_NAMES]
    # git takes no "./" for the root: the root's own files are those that are listed without a path.
    meant = ([] if inside == Path() else [f"{inside}/"]) if whole else [str(inside), *beside]
    listed = _git(root, "ls-tree", "--name-only", "-z", revision, *(["--", *meant] if meant else []))
    return [name for name in listed.split("\0") if name]


def _git(folder: Path, *arguments: str, missing: str | None = None) -> str:
    return _git_bytes(folder, *arguments, missing=missing).decode("utf-8", "surrogateescape")


def _git_bytes(folder: Path, *arguments: str, missing: str | None = None) -> bytes:
    try:
        ended = subprocess.run(  # noqa: S603 - git with arguments of ours, and a revision that it checks
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the git that the user has
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise click.UsageError("--diff needs git, which is not installed") from error
    if ended.returncode != 0:
        words = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise click.UsageError(f"--diff: {missing or (words[-1] if words else 'git failed')}")
    return ended.stdout


def _item(each: Difference) -> dict[str, str | int | None]:
    return {
        "service": each.target.service,
        "function": each.target.function,
        "qualifier": each.target.qualifier,
        "from": _iso(each.starts),
        "to": _iso(each.ends),
        "before": each.before,
        "after": each.after,
    }


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
