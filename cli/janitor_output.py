"""How `caretaker janitor` prints: text for people, JSON for machines."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import click

from janitor.report import FunctionReport, Report, VersionLine


def as_json(value: Any) -> str:
    """JSON as every verb prints it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def print_report(report: Report) -> None:
    """Every function with its versions, lowest number first; neighbours with one reason share a line."""
    for item in report.functions:
        click.echo(f"{item.function}: {item.reason}")
        for line in _lines(item):
            click.echo(line)
    click.echo(report.reason)


def _lines(item: FunctionReport) -> Iterator[str]:
    ordered = sorted([*item.keep, *item.delete], key=lambda line: line.version)
    for (kept, reason), group in groupby(ordered, key=lambda line: (line.code is not None, line.reason)):
        yield f"  {'keep' if kept else 'delete':<7} {_span(group):>11}  {reason}"


def _span(lines: Iterable[VersionLine]) -> str:
    numbers = [str(line.version) for line in lines]
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]}..{numbers[-1]}"
