"""How `caretaker boost` answers: sentences and a table for people, one object or list for machines. Decides nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from fleet.boosts import Boost
from fleet.switch import Asked
from warmer.boosts import boost_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was published, and whether the warmer has taken it: None when nobody looked.

    `boosts` are the service's, `switch` what the kill switch told.
    """

    service: str
    ends: bool
    topic: str
    message_id: str
    taken: bool | None
    after_s: float
    warmer: str | None
    boosts: tuple[Boost, ...]
    switch: Asked

    @property
    def outcome(self) -> str:
        """The report's word for it."""
        if self.taken is None:
            return "published"
        if not self.taken:
            return "not-taken"
        if self.ends:
            return "ended"
        return "boosted" if self.switch.stop is None else "kept"


def show_sent(sent: Sent, form: str) -> None:
    """What came of it."""
    if form == "json":
        click.echo(json.dumps(_item(sent), indent=2))
        return
    match sent.taken:
        case None:
            click.echo(f"{sent.service}: published as {sent.message_id}; whether the warmer took it was not looked for")
        case True:
            later = ", to be served once the kill switch is on" if sent.outcome == "kept" else ""
            click.echo(f"{sent.service}: {sent.outcome} after {sent.after_s:.0f} s{later}")
            for boost in sent.boosts:
                click.echo(f"  {_words(boost)}")
        case False:
            log = f"; /aws/lambda/{sent.warmer} says why" if sent.warmer else ""
            click.echo(f"{sent.service}: published, but not taken within {sent.after_s:.0f} s{log}", err=True)
    show_switch(sent.switch)


def show_switch(asked: Asked) -> None:
    """That boosts are not served now, and how to change that; or that it is not known. Nothing when all is well."""
    if asked.stop is not None:
        click.echo(f"caretaker: no boost is served: {asked.stop}", err=True)
        click.echo(f"mend: {asked.mend}", err=True)
    if asked.problem is not None:
        click.echo(f"caretaker: whether boosts are served is not known: {asked.problem}", err=True)


def show_nothing_to_end(service: str, form: str) -> None:
    """That nothing was sent, because nothing holds."""
    if form == "json":
        click.echo(json.dumps({"outcome": "nothing-to-end", "service": service, "boosts": []}, indent=2))
    else:
        click.echo(f"{service}: no such boost holds, nothing was sent")


def show_list(boosts: Sequence[Boost], form: str, *, now: datetime) -> None:
    """The boosts that hold, by service."""
    if form == "json":
        click.echo(json.dumps([boost_json(boost) for boost in boosts], indent=2))
        return
    if not boosts:
        click.echo("no boost holds")
    for boost in boosts:
        left = max(1, round((boost.until - now).total_seconds() / 60))
        click.echo(f"{_place(boost)}  {_words(boost)}, {left} min left")


def _words(boost: Boost) -> str:
    until = boost.until.astimezone(UTC)
    return f'at least {boost.at_least} until {until:%Y-%m-%d %H:%M} UTC by "{boost.name}" ({boost.reason})'


def _place(boost: Boost) -> str:
    return boost.service if boost.function is None else f"{boost.service}/{boost.function}"


def _item(sent: Sent) -> dict[str, Any]:
    return {
        "outcome": sent.outcome,
        "service": sent.service,
        "topic": sent.topic,
        "message_id": sent.message_id,
        "after_s": round(sent.after_s, 1),
        "boosts": [boost_json(boost) for boost in sent.boosts],
        "stopped": sent.switch.stop,
        "mend": sent.switch.mend,
        "problems": [] if sent.switch.problem is None else [sent.switch.problem],
    }
