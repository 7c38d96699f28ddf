"""How `caretaker push` answers: sentences for people, one object for machines. Decides nothing, sends nothing."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import click

from cli.diff import comparable, difference_items, print_difference
from cli.schedule_output import print_mistakes
from fleet.aws.uploads import Stored
from profiles.changed import Changed, Fate, changed_settings
from profiles.compiled import Compiled
from profiles.evaluate import tick_instant
from profiles.model import Mistake, ScheduleSet

Outcome = Literal["unchanged", "would-push", "declined", "pushed"]
_SPAN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Files with errors: how many there are, how many services of them can be used, and every mistake."""

    mistakes: tuple[Mistake, ...]
    files: int
    services: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is to lie there: its bytes, what they say, and the warnings on the way."""

    data: bytes
    compiled: Compiled
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is wanted beside what lies there: `seen` is the object, None for none, and `lying` what it says, if that can
    be read; `before` is what the functions read now.

    `shadowed` are YAML files there that are read no more once the document lies there.
    """

    place: str
    options: str
    wanted: Document
    seen: Stored | None
    lying: Compiled | None
    before: ScheduleSet
    shadowed: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether what lies there says the same; the revisions may be others."""
        return self.lying is not None and self.lying.digest == self.wanted.compiled.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How it is to go: only shown, asked about, and for whom it is said."""

    dry_run: bool
    asks: bool
    form: str


def show_rejected(rejected: Rejected, form: str) -> None:
    """The findings, as `validate` has them."""
    if form == "json":
        click.echo(
            json.dumps(
                {"outcome": "rejected", "mistakes": [mistake.as_json() for mistake in rejected.mistakes]}, indent=2
            )
        )
        return
    print_mistakes(rejected.mistakes, files=rejected.files, services=rejected.services)
    click.echo("nothing was pushed: a push takes all files, and all of them without errors", err=True)


def announce(change: Change, wish: Wish, *, now: datetime) -> None:
    """What would be other than it is, for people."""
    for mistake in change.wanted.mistakes:
        click.echo(str(mistake), err=True)
    if change.shadowed:
        click.echo(
            f"{change.place}: will be read in place of {', '.join(change.shadowed)}, which lie beside it; "
            "delete those when it works",
            err=True,
        )
    interval = change.wanted.compiled.schedules.platform.interval
    if change.lying is not None and change.before.platform.interval != interval:
        was, will = (f"{each.total_seconds() / 60:g}m" for each in (change.before.platform.interval, interval))
        click.echo(f"interval: {was} becomes {will}; deploy the stack with a TickSchedule that agrees", err=True)
    if wish.form == "json":
        return
    after = _comparable(change)
    for each in _settings(change, after):
        click.echo(str(each))
    print_difference(change.before, after, *_span(now), other="what lies there")


def question(change: Change) -> str:
    """What a person is asked."""
    return f"Push {_size(change)} to {change.place}?"


def show(change: Change, wish: Wish, outcome: Outcome, *, now: datetime, written: Stored | None = None) -> None:
    """What came of it."""
    if wish.form == "json":
        click.echo(json.dumps(_item(change, outcome, written, now), indent=2))
        return
    match outcome:
        case "unchanged":
            click.echo(f"{change.place}: nothing to push; it says the same{_at_revision(change.lying)}")
        case "would-push":
            click.echo(f"{change.place}: would push {_size(change)}")
        case "declined":
            click.echo(f"{change.place}: nothing was pushed")
        case "pushed":
            _say_pushed(change, written, now)


def _say_pushed(change: Change, written: Stored | None, now: datetime) -> None:
    mark = f"version {written.version}, " if written and written.version else ""
    etag = written.etag if written else ""
    click.echo(f"{change.place}: pushed {_size(change)}{_at_revision(change.wanted.compiled)} ({mark}ETag {etag})")
    click.echo(f"The next tick takes it, at {_next_tick(change, now):%H:%M} UTC.")
    if change.seen is not None and change.seen.version is not None:
        click.echo(f"To go back: caretaker push --restore {change.seen.version} {change.options}")
    elif change.seen is not None:
        click.echo("To go back: push an older commit; the bucket kept no version of what lay there")


def _item(change: Change, outcome: Outcome, written: Stored | None, now: datetime) -> dict[str, Any]:
    wanted, seen, after = change.wanted, change.seen, _comparable(change)
    return {
        "outcome": outcome,
        "place": change.place,
        "revision": wanted.compiled.revision,
        "hash": wanted.compiled.digest,
        "bytes": len(wanted.data),
        "services": len(wanted.compiled.schedules.services),
        "replaces": None if seen is None else {"version": seen.version, "etag": seen.etag},
        "written": None if written is None else {"version": written.version, "etag": written.etag},
        "next_tick": _iso(_next_tick(change, now)) if written is not None else None,
        "settings": [
            {"name": one.name, "change": one.fate.value, "settings": list(one.settings)}
            for one in _settings(change, after)
        ],
        "levels": difference_items(change.before, after, *_span(now)),
        "mistakes": [mistake.as_json() for mistake in wanted.mistakes],
    }


def _settings(change: Change, after: ScheduleSet) -> list[Changed]:
    """The platform's settings are not "changed" where none were."""
    nothing_there = change.lying is None and not change.shadowed
    return [one for one in changed_settings(change.before, after) if one.fate is not Fate.CHANGED or not nothing_there]


def _comparable(change: Change) -> ScheduleSet:
    """What is wanted, but for services of which nobody knows what they are now."""
    return comparable(change.wanted.compiled.schedules, change.before, "where it lies")


def _span(now: datetime) -> tuple[datetime, datetime]:
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + _SPAN


def _next_tick(change: Change, now: datetime) -> datetime:
    interval = change.wanted.compiled.schedules.platform.interval
    return tick_instant(now, interval) + interval


def _size(change: Change) -> str:
    services = change.wanted.compiled.schedules.services
    targets = sum(len(service.targets) for service in services)
    return f"{_count(len(services), 'service')}, {_count(targets, 'target')}, {len(change.wanted.data):,} bytes"


def _at_revision(compiled: Compiled | None) -> str:
    revision = compiled.revision if compiled is not None else ""
    changed = "-changed" if revision.endswith("-changed") else ""
    return f", revision {revision.removesuffix('-changed')[:12]}{changed}" if revision else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
