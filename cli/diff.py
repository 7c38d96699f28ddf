"""`caretaker plan --diff REV`: what the levels would be other than at a git revision, in words."""

import json
import subprocess
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from profiles.difference import Difference, differences, recurrences
from profiles.model import ScheduleSet
from profiles.read_platform import PLATFORM_NAMES
from profiles.reader import Document, read_documents


def show_difference(
    schedules: ScheduleSet, paths: Iterable[Path], revision: str, *, start: datetime, end: datetime, form: str
) -> None:
    """Print what differs from `revision` over the span. Raises: click.UsageError (no repository, no such revision)."""
    before = read_documents(documents_at(revision, paths))
    for mistake in before.errors:
        click.echo(f"at {revision}: {mistake}", err=True)
    found = differences(before, schedules, start, end)
    if form == "json":
        click.echo(json.dumps([_item(each) for each in found], indent=2))
        return
    for each in recurrences(found):
        click.echo(str(each))
    if not found:
        click.echo(f"No level differs from {revision} between {start:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M} UTC.")


def documents_at(revision: str, paths: Iterable[Path]) -> list[Document]:
    """The schedule files that `paths` meant at a git revision. Raises: click.UsageError."""
    found: dict[str, Document] = {}
    for path in paths:
        folder = path if path.is_dir() else path.parent
        root = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
        _git(
            root,
            "rev-parse",
            "--verify",
            "--quiet",
            f"{revision}^{{commit}}",
            missing=f"{revision} is no revision of {root}",
        )
        inside = path.resolve().relative_to(root.resolve())
        listed = _git(
            root, "ls-tree", "--name-only", "-z", revision, "--", f"{inside}/" if path.is_dir() else str(inside)
        )
        beside = [] if path.is_dir() else [str(inside.parent / name) for name in PLATFORM_NAMES]
        listed += "".join(_git(root, "ls-tree", "--name-only", "-z", revision, "--", name) for name in beside)
        for name in filter(None, listed.split("\0")):
            if name.endswith((".yaml", ".yml")) and not Path(name).name.startswith("."):
                data = _git_bytes(root, "show", f"{revision}:{name}")
                found[name] = Document(file=name, data=data)
    return list(found.values())


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
