"""How `caretaker doctor` prints: a line a check with a mark, in groups; or the JSON."""

import json
import sys
from collections.abc import Sequence
from itertools import groupby

import click

from cli.doctor.check import Check, Verdict
from fleet.deployed import Caller

_MARKS = {Verdict.OK: "✓", Verdict.WARNING: "!", Verdict.BROKEN: "✗", Verdict.UNKNOWN: "?"}
_PLAIN = {Verdict.OK: "+", Verdict.WARNING: "!", Verdict.BROKEN: "x", Verdict.UNKNOWN: "?"}
_COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.BROKEN: "red", Verdict.UNKNOWN: "cyan"}


def as_json(checks: Sequence[Check]) -> str:
    """The checks as a list of objects, in the order in which they were made."""
    listed = [
        {
            "group": one.group,
            "name": one.name,
            "verdict": one.verdict.value,
            "found": one.found,
            "mend": one.mend,
            "unread": one.unread,
            "action": one.action,
        }
        for one in checks
    ]
    return json.dumps(listed, indent=2, ensure_ascii=False)


def print_checks(checks: Sequence[Check], stack: str, caller: Caller) -> None:
    """Every group; targets that are well in one line each, everything else in a line a check, with how to mend it."""
    marks = _MARKS if _writes(_MARKS[Verdict.OK] + _MARKS[Verdict.BROKEN]) else _PLAIN
    click.echo(f"stack {stack} of account {caller.account or 'unknown'} in {caller.region}")
    for group, found in groupby(checks, key=lambda one: one.group):
        listed = list(found)
        if group.startswith("target ") and all(one.verdict is Verdict.OK for one in listed):
            click.echo(f"{_mark(Verdict.OK, marks)} {group}: {', '.join(one.name for one in listed)}")
            continue
        click.echo(group)
        for one in listed:
            click.echo(f"  {_mark(one.verdict, marks)} {one.name}: {one.found}")
            if one.mend:
                click.echo(f"      mend: {one.mend}")
    click.echo(summary(checks))


def summary(checks: Sequence[Check]) -> str:
    """How many checks came out how, in a sentence."""
    counts = {verdict: sum(one.verdict is verdict for one in checks) for verdict in Verdict}
    words = {Verdict.BROKEN: "broken", Verdict.WARNING: "to be looked at", Verdict.UNKNOWN: "unknown"}
    parts = [f"{counts[verdict]} {word}" for verdict, word in words.items() if counts[verdict]]
    return f"{len(checks)} checks: {', '.join(parts) or 'all is well'}"


def _mark(verdict: Verdict, marks: dict[Verdict, str]) -> str:
    return click.style(marks[verdict], fg=_COLOURS[verdict])


def _writes(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
