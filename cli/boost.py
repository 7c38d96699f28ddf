"""`caretaker boost`: raise a service's level for a while, end that before its time, or list what is raised.

Publishes on the stack's boost topic, as an alarm does, and then looks whether the warmer has taken it, and whether the
kill switch lets it be served. How it is said is `boost_output`'s.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click

from cli import boost_output as output
from cli.options import DONE, ENDPOINT_URL, FINDINGS, FORMAT
from fleet.aws.boosts import TableBoosts
from fleet.aws.deployed import DeployedReader
from fleet.aws.switch import ParameterSwitch
from fleet.aws.topic import Topic
from fleet.boosts import LONGEST, Boost, active, key_of
from fleet.ports import FleetError
from fleet.switch import Asked, Part, ask
from warmer.boost_message import BY_HAND

_LASTS = re.compile(r"([1-9][0-9]{0,5})([smh])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_NAME = re.compile(r"[!-~ ]{1,100}")
_MOST = 100_000
_LOOK_EVERY_S = 1.0


class Lasts(click.ParamType[str]):
    """A length of time such as 30m, at most a day."""

    name = "duration"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it was given, once it is one."""
        found = _LASTS.fullmatch(value)
        if found is None or timedelta(**{_UNITS[found[2]]: int(found[1])}) > LONGEST:
            self.fail(f"{value!r} is no length of time up to 24h; write a number and s, m or h, like 30m", param, ctx)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line asks for: a boost of a service, or its end."""

    service: str
    function: str | None
    name: str | None
    at_least: int | None = None
    lasts: str | None = None
    reason: str | None = None

    @property
    def ends(self) -> bool:
        """Whether it asks for an end."""
        return self.at_least is None

    def message(self) -> str:
        """What is published."""
        asked = {
            "boost": self.service,
            "function": self.function,
            "name": self.name,
            "atLeast": self.at_least,
            "for": self.lasts,
            "reason": self.reason,
            "end": True if self.ends else None,
        }
        return json.dumps({"caretaker": {key: value for key, value in asked.items() if value is not None}})

    def done(self, before: Mapping[str, Boost], held: Mapping[str, Boost]) -> bool:
        """Whether what was held `before`, and what is now, show that the warmer has taken it."""
        if self.ends:
            # What is held in another shape was asked for again meanwhile, as an alarm may, and is not what was to end.
            return not any(held.get(key) == one for key, one in before.items() if self._means(one))
        key = key_of(self.service, self.function, self.name or BY_HAND)
        return key in held and held[key] != before.get(key)

    def _means(self, boost: Boost) -> bool:
        named = self.name in (None, boost.name)
        return boost.service == self.service and named and self.function in (None, boost.function)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The topic to publish on; the table of boosts, the warmer and the kill switch, None where they are not known."""

    topic: str
    table: str | None = None
    warmer: str | None = None
    switch: str | None = None

    def asked(self) -> Asked:
        """Whether the warmer must not serve boosts now."""
        return ask(ParameterSwitch(self.switch) if self.switch else None, Part.WARMER)


@click.command(short_help="Raise a service's level for a while, or end that.")
@click.argument("service", required=False)
@click.option("--at-least", type=click.IntRange(1, _MOST), metavar="N", help="So many environments at least.")
@click.option("--for", "lasts", type=Lasts(), metavar="TIME", help="So long, like 30m or 2h; 24h at most.")
@click.option("--reason", metavar="TEXT", help="Why, for whoever reads the report.")
@click.option("--function", metavar="NAME", help="Only this function of the service.")
@click.option("--name", metavar="TEXT", help=f"What the boost is called.  [default: {BY_HAND}]")
@click.option("--end", is_flag=True, help="End the service's boosts, alarms' too; with --name only that one.")
@click.option("--list", "listing", is_flag=True, help="List the boosts that hold now.")
@click.option("--stack", metavar="NAME", help="The deployed stack.  [default: caretaker]")
@click.option("--topic", metavar="ARN", help="The topic, where the stack may not be read.")
@click.option(
    "--wait", type=click.IntRange(0, 300), default=30, show_default=True, help="Seconds to see it taken; 0: do not."
)
@ENDPOINT_URL
@FORMAT
@click.pass_context
def boost(  # noqa: PLR0913, PLR0917 - one argument for each option
    ctx: click.Context,
    service: str | None,
    at_least: int | None,
    lasts: str | None,
    reason: str | None,
    function: str | None,
    name: str | None,
    end: bool,
    listing: bool,
    stack: str | None,
    topic: str | None,
    wait: int,
    form: str,
) -> None:
    """Keep at least so many environments of SERVICE warm for a while, without Git and without a deployment.

    A boost raises levels only, up to the platform's ceiling. It holds from now on, not from the next tick. Ends with 0
    when the warmer has taken it, with 1 when it has not within --wait seconds, or serves nothing because of the switch.
    """
    wish = None if listing else _wish(service, function, name, at_least, lasts, reason, end=end)
    if listing and (service is not None or end):
        raise click.UsageError("--list takes neither a service nor --end")
    try:
        place = _place(stack, topic)
        if wish is None:
            _list(place, form)
            ctx.exit(DONE)
        well = _publish(wish, place, wait, form)
    except FleetError as error:
        raise click.UsageError(str(error)) from error
    ctx.exit(DONE if well else FINDINGS)


def _wish(
    service: str | None,
    function: str | None,
    name: str | None,
    at_least: int | None,
    lasts: str | None,
    reason: str | None,
    *,
    end: bool,
) -> Wish:
    """What is asked for. Raises: UsageError."""
    if service is None:
        raise click.UsageError("name the service to boost, or --list")
    for option, text in (("SERVICE", service), ("--function", function), ("--name", name)):
        if text is not None and _NAME.fullmatch(text) is None:
            raise click.UsageError(f"{option}: {text[:60]!r} is no name; at most 100 letters of ASCII")
    if end:
        if (at_least, lasts, reason) != (None, None, None):
            raise click.UsageError("--end takes neither --at-least nor --for nor --reason")
        return Wish(service=service, function=function, name=name)
    if at_least is None or lasts is None or not reason:
        raise click.UsageError('a boost needs --at-least N, --for TIME and --reason "why"')
    return Wish(service=service, function=function, name=name, at_least=at_least, lasts=lasts, reason=reason)


def _place(stack: str | None, topic: str | None) -> Place:
    """Where to publish. Raises: UsageError, FleetError."""
    if topic is not None:
        if stack is not None:
            raise click.UsageError("name the stack or the topic, not both")
        if _TOPIC.fullmatch(topic) is None:
            raise click.UsageError(f"--topic: {topic[:100]!r} is not the ARN of an SNS topic")
        return Place(topic=topic)
    name = stack or "caretaker"
    found = DeployedReader().stack(name)
    if found is None:
        raise click.UsageError(f"there is no stack {name} in this account and region; check --stack and AWS_REGION")
    if "BoostTopicArn" not in found.outputs:
        raise click.UsageError(f"the stack {name} has no output BoostTopicArn; deploy it again, or check --stack")
    return Place(
        topic=found.outputs["BoostTopicArn"],
        table=found.outputs.get("StateTableName"),
        warmer=found.outputs.get("WarmerFunctionName"),
        switch=found.outputs.get("SwitchName"),
    )


def _list(place: Place, form: str) -> None:
    held = _held(place)
    output.show_list(held, form, now=datetime.now(UTC))
    if held:
        output.show_switch(place.asked())


def _held(place: Place) -> tuple[Boost, ...]:
    """The boosts that hold now. Raises: UsageError, FleetError."""
    if place.table is None:
        raise click.UsageError("boosts are listed from the stack's state table; name the stack, not the topic")
    kept = TableBoosts(place.table).read()
    for words in kept.unreadable:
        click.echo(f"caretaker: the boost {words} was not read", err=True)
    return active(kept.boosts, datetime.now(UTC))


def _publish(wish: Wish, place: Place, wait: int, form: str) -> bool:
    """Whether all is well as far as anybody looked. Raises: UsageError, FleetError."""
    table = TableBoosts(place.table) if place.table is not None and wait else None
    before = _before(table)
    if wish.ends and table is not None and wish.done(before, before):
        output.show_nothing_to_end(wish.service, form)
        return True
    message_id = Topic(place.topic).publish(wish.message())
    started = time.monotonic()
    taken, held = None if table is None else False, before
    while table is not None and not taken and time.monotonic() - started < wait:
        time.sleep(_LOOK_EVERY_S)
        held = _by_key(table)
        taken = wish.done(before, held)
    sent = output.Sent(
        service=wish.service,
        ends=wish.ends,
        topic=place.topic,
        message_id=message_id,
        taken=taken,
        after_s=time.monotonic() - started,
        warmer=place.warmer,
        boosts=tuple(one for one in held.values() if one.service == wish.service),
        # An end is taken whatever the switch says.
        switch=Asked() if wish.ends else place.asked(),
    )
    output.show_sent(sent, form)
    return taken is not False and sent.switch.stop is None


def _before(table: TableBoosts | None) -> Mapping[str, Boost]:
    try:
        return {} if table is None else _by_key(table)
    except FleetError as error:
        raise click.UsageError(f"{error}; with --wait 0 the boost is published and not looked for") from error


def _by_key(table: TableBoosts) -> Mapping[str, Boost]:
    """What is held now. Raises: FleetError."""
    return {one.key: one for one in active(table.read().boosts, datetime.now(UTC))}
