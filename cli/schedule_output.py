"""How `validate`, `plan` and `explain` answer: JSON for machines, tables for people. Decides nothing."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from profiles.model import Mistake, ScheduleSet, Severity, Target
from profiles.timeline import Change, Explanation, Occurrence
from profiles.zones import region


def mistakes_json(mistakes: Iterable[Mistake]) -> str:
    """The list of section 6 of the contract; empty when clean."""
    return _json([mistake.as_json() for mistake in mistakes])


def changes_json(changes: Iterable[Change]) -> str:
    """Level changes in time order."""
    return _json([_head(one.service, one.target, one.at, one.demand.level, one.demand.reason) for one in changes])


def explanations_json(explanations: Iterable[Explanation]) -> str:
    """One item a target, with the instants that its windows resolved to."""
    return _json(
        [
            {
                **_head(one.service, one.target, one.at, one.demand.level, one.demand.reason),
                "windows": [_window(window) for window in one.windows],
                "overrides": [override.name for override in one.overrides],
            }
            for one in explanations
        ]
    )


def mistakes_github(mistakes: Iterable[Mistake]) -> str:
    """One workflow command a mistake, which GitHub shows beside the line. Source: GitHub Actions, workflow commands."""
    return "\n".join(
        f"::{mistake.severity.value} file={_property(mistake.file)},line={mistake.line},col={mistake.column},"
        f"title={mistake.code}::{_data(mistake.message)}"
        for mistake in mistakes
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def print_mistakes(mistakes: Sequence[Mistake], *, files: int, services: int) -> None:
    """One line a mistake, as editors and build logs know it, and a last line that counts."""
    console = _console()
    for mistake in mistakes:
        colour = "red" if mistake.severity is Severity.ERROR else "yellow"
        console.print(
            Text.assemble(f"{mistake.place}: ", (mistake.code, colour), f" {mistake.message}"), soft_wrap=True
        )
    errors = sum(mistake.severity is Severity.ERROR for mistake in mistakes)
    console.print(
        f"{_count(files, 'file')}, {_count(services, 'usable service')}: "
        f"{_count(errors, 'error')}, {_count(len(mistakes) - errors, 'warning')}",
        highlight=False,
    )


def print_changes(changes: Sequence[Change], schedules: ScheduleSet, end: datetime) -> None:
    """One line a change, times in each service's own zone, and for each target the pings that its levels ask for."""
    console = _console()
    zones = {service.name: service.timezone for service in schedules.services}
    width = max((len(_name(one.target)) for one in changes), default=0)
    for one in changes:
        console.print(
            Text.assemble(
                f"{_local(one.at, zones[one.service]):<26} {_name(one.target):<{width}} ",
                (f"{one.demand.level:>5}", "bold"),
                f"  {_why(one.demand.reason)}",
            ),
            soft_wrap=True,
        )
    days = (end - min((one.at for one in changes), default=end)).total_seconds() / 86400
    for name, pings in _pings(changes, schedules, end).items():
        daily = f", {pings / days:,.0f} a day" if days > 1 else ""
        console.print(f"{name}: {pings:,} pings in all{daily}", soft_wrap=True)


def _pings(changes: Sequence[Change], schedules: ScheduleSet, end: datetime) -> dict[str, int]:
    """For each target the sum of its levels over the ticks before `end`."""
    step = int(schedules.platform.interval.total_seconds())
    totals: dict[str, int] = {}
    until: dict[str, datetime] = {}
    for one in reversed(changes):
        name = f"{one.service} {_name(one.target)}"
        last = until.get(name, end)
        ticks = -(-int(last.timestamp()) // step) - -(-int(one.at.timestamp()) // step)
        totals[name] = totals.get(name, 0) + one.demand.level * ticks
        until[name] = one.at
    return dict(sorted(totals.items()))


def print_explanations(explanations: Sequence[Explanation], schedules: ScheduleSet) -> None:
    """For each target its level, the reason, and the windows around the instant in the service's zone."""
    console = _console()
    zones = {service.name: service.timezone for service in schedules.services}
    for one in explanations:
        zone = zones[one.service]
        console.print(Text.assemble((_name(one.target), "bold"), f" of {one.service} at {_local(one.at, zone)}"))
        console.print(Text(f"  level {one.demand.reason}"), soft_wrap=True)
        for window in one.windows:
            mark = "*" if window.active else " "
            span = f"{_local(window.starts, zone)} to {_local(window.ends, zone)}"
            console.print(Text(f"  {mark} {window.level:>4}  {span}  {window.name}"), soft_wrap=True)
        for override in one.overrides:
            console.print(Text(f"  ! override {override.name}: {override.mode.value} {override.concurrency}"))


def _head(service: str, target: Target, at: datetime, level: int, reason: str) -> dict[str, Any]:
    return {
        "service": service,
        "function": target.function.text,
        "qualifier": target.qualifier,
        "at": _iso(at),
        "level": level,
        "reason": reason,
    }


def _window(window: Occurrence) -> dict[str, Any]:
    return {
        "name": window.name,
        "starts": _iso(window.starts),
        "ends": _iso(window.ends),
        "level": window.level,
        "active": window.active,
    }


def _why(reason: str) -> str:
    """The reason without its leading level, which has a column of its own."""
    return reason.partition(": ")[2]


def _name(target: Target) -> str:
    return f"{target.function.name}:{target.qualifier}"


def _local(at: datetime, zone: str) -> str:
    return f"{at.astimezone(region(zone)):%a %Y-%m-%d %H:%M %Z}"


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _json(items: list[dict[str, Any]]) -> str:
    return json.dumps(items, indent=2)


def _console() -> Console:
    return Console(highlight=False)
