"""How `caretaker janitor` prints: text for people, JSON for machines."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import click

from cli.janitor_compare import Difference
from janitor.report import FunctionReport, Report, VersionLine


def as_json(value: Any) -> str:
    """JSON as every verb prints it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def show(report: Report, form: str) -> None:
    """The report of a run as it was asked for, what will still be slow behind it, and problems on standard error."""
    if form == "json":
        click.echo(as_json(report.as_json()))
    else:
        print_report(report)
        for said in report.still_slow:
            click.echo(f"will still be slow: {said}")
    for problem in report.problems:
        click.echo(problem, err=True)


def print_report(report: Report) -> None:
    """Every function with its versions, lowest number first; neighbours with one reason share a line; then the sum."""
    for item in report.functions:
        click.echo(f"{item.function}: {item.reason}")
        for line in _lines(item):
            click.echo(line)
    click.echo(report.reason)
    for line in _sums(report):
        click.echo(line)


def print_differences(differing: Sequence[Difference]) -> None:
    """What another report said otherwise, a line each."""
    click.echo(f"{len(differing)} versions differ from the earlier report" + (":" if differing else ""))
    for one in differing:
        click.echo(f"  {one}")


def _sums(report: Report) -> Iterator[str]:
    """How many versions stay for which reason, and what the rest is worth."""
    codes = Counter(line.code.value for item in report.functions for line in item.keep if line.code is not None)
    if codes:
        yield "what stays: " + ", ".join(f"{number:,} {code}" for code, number in codes.most_common())
    if report.worth is not None and report.worth.bytes_going:
        yield f"what may go: {report.worth}"


def _lines(item: FunctionReport) -> Iterator[str]:
    ordered = sorted([*item.keep, *item.delete], key=lambda line: line.version)
    for (kept, reason), group in groupby(ordered, key=lambda line: (line.code is not None, line.reason)):
        yield f"  {'keep' if kept else 'delete':<7} {_span(group):>11}  {reason}"


def _span(lines: Iterable[VersionLine]) -> str:
    numbers = [str(line.version) for line in lines]
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]}..{numbers[-1]}"
