"""How `caretaker warm` prints: the report for people with each burst's picture, or the handler's JSON."""

import json
import re
import shutil
import sys
from collections.abc import Sequence

import click

from cli.warm_hints import hints_in
from cli.warm_picture import Glyphs, Part, picture
from fleet.model import BurstResult, Ping
from profiles.model import PingSpec
from warmer.coverage import Coverage
from warmer.report import TargetReport, TickReport

# More would scroll past whoever looks.
_MOST_PICTURES = 6
_COLOURS = {Part.COLD: "yellow", Part.HELD: "cyan", Part.RUN: "green"}


def as_json(report: TickReport) -> str:
    """The report as the handler returns it."""
    return json.dumps(report.as_json(), indent=2, ensure_ascii=False)


def progress(name: str, number: int, coverage: Coverage) -> str:
    """A burst in a line, as soon as it is over."""
    parts = [
        f"{coverage.answered} of {coverage.sent} answered",
        f"{coverage.covered} environments {coverage.evidence.value}",
    ]
    if coverage.cold:
        parts.append(f"{coverage.cold} cold")
    if coverage.throttled:
        parts.append(f"{coverage.throttled} throttled")
    return f"{name} burst {number}: {', '.join(parts)}, spread {coverage.spread_ms:g} ms"


def print_report(report: TickReport, bursts: Sequence[tuple[Ping, PingSpec, BurstResult]]) -> None:
    """The last burst of each target as a picture, then each target in words with its hints, then the whole."""
    last = {f"{ping.function}:{ping.qualifier}": (ping, spec, result) for ping, spec, result in bursts}
    for name, (_, spec, result) in list(last.items())[:_MOST_PICTURES]:
        click.echo(f"{name}: the last of its bursts" if _several(name, bursts) else name)
        _print_picture(result, spec)
        click.echo()
    if len(last) > _MOST_PICTURES:
        click.echo(f"(and {len(last) - _MOST_PICTURES} more bursts)\n")
    hints = {name: hints_in(result) for name, (_, _, result) in last.items()}
    for target in report.targets:
        click.echo(_words(target))
        for hint in hints.get(f"{target.function}:{target.qualifier}", ()):
            click.echo(f"  hint of the application: {hint}")
    click.echo(f"{'ok' if report.ok else 'not ok'}: {report.as_json()['reason']}")


def _several(name: str, bursts: Sequence[tuple[Ping, PingSpec, BurstResult]]) -> bool:
    return sum(f"{ping.function}:{ping.qualifier}" == name for ping, _, _ in bursts) > 1


def _print_picture(result: BurstResult, spec: PingSpec) -> None:
    size = shutil.get_terminal_size((100, 40))
    glyphs = Glyphs(ascii=not _writes_blocks())
    for line in picture(result, spec, width=min(size.columns, 160), rows=max(6, size.lines - 14), glyphs=glyphs):
        click.echo(_coloured(line, glyphs))


def _coloured(line: str, glyphs: Glyphs) -> str:
    if glyphs.ascii:
        return line
    for part, colour in _COLOURS.items():
        line = re.sub(f"({glyphs.of(part)}+)", click.style(r"\1", fg=colour), line)
    return line


def _writes_blocks() -> bool:
    try:
        "".join(part.value[0] for part in Part).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _words(target: TargetReport) -> str:
    cost = f", billed {target.billed_ms} ms" if target.billed_ms else ""
    bursts = (
        f" ({target.sent} pings in {target.rounds} burst{'' if target.rounds == 1 else 's'}{cost})"
        if target.rounds
        else ""
    )
    return f"{target.service}  {target.function}:{target.qualifier}  {target.outcome.value}: {target.reason}{bursts}"
