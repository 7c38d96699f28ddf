"""`caretaker warm`: one service or target warmed now, from a terminal, by the same tick that the function runs."""

import os
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import click
from rich.console import Console
from rich.status import Status

from cli import warm_output as output
from cli.options import DONE, FINDINGS, FORMAT
from cli.printable import printable, unguarded
from cli.schedules import Instant
from fleet.model import BurstResult, FunctionRef, Ping
from fleet.ports import Endpoint, Invoker, SignedRequest
from profiles.errors import ProfilesError
from profiles.evaluate import tick_instant
from profiles.findings import did_you_mean
from profiles.model import PingSpec, Profile, ScheduleSet, Service, Target
from profiles.shelves import Loaded
from warmer.coverage import measure
from warmer.handler import load, world_of
from warmer.report import TickReport
from warmer.settings import SettingsError, WarmerSettings
from warmer.tick import run_tick

_MOST_PINGS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A burst as it went, for the picture."""

    ping: Ping
    spec: PingSpec
    result: BurstResult


@dataclass(slots=True)
class Watch:
    """Tells on standard error what is in flight and what came of it, and keeps the bursts."""

    status: Status | None = None
    bursts: list[Burst] = field(default_factory=list)
    in_flight: dict[str, int] = field(default_factory=dict)
    changed: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, ping: Ping) -> None:
        """A burst is about to leave."""
        with self.changed:
            self.in_flight[f"{ping.function}:{ping.qualifier}"] = ping.count
            self._show()

    def seen(self, ping: Ping, spec: PingSpec, result: BurstResult) -> None:
        """A burst is over."""
        coverage = measure(result, spec)
        name = f"{ping.function}:{ping.qualifier}"
        with self.changed:
            self.in_flight.pop(name, None)
            self.bursts.append(Burst(ping=ping, spec=spec, result=result))
            number = sum(f"{one.ping.function}:{one.ping.qualifier}" == name for one in self.bursts)
            self._say(output.progress(name, number, coverage))
            self._show()

    def _say(self, line: str) -> None:
        """A line that stays; above the moving one, where there is one."""
        if self.status is not None:
            self.status.console.print(printable(line), markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(line, err=True)

    def _show(self) -> None:
        if self.status is not None:
            flying = ", ".join(f"{count} to {name}" for name, count in self.in_flight.items())
            self.status.update(f"pings in flight: {flying}" if flying else "waiting")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """The SDK's invoker, with a word to the watch whenever a burst is signed, which is right before it leaves."""

    inner: Invoker
    watch: Watch

    def endpoint(self, function: FunctionRef) -> Endpoint:
        return self.inner.endpoint(function)

    def signed(self, ping: Ping, *, release_at_ms: int) -> SignedRequest:
        request = self.inner.signed(ping, release_at_ms=release_at_ms)
        self.watch.sent(ping)
        return request


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the command line asks for."""

    service: str | None
    function: str | None
    count: int | None
    dry_run: bool

    @classmethod
    def of(cls, service: str | None, function: str | None, count: int | None, *, dry_run: bool) -> Self:
        """The choice, checked. Raises: UsageError when it names nothing."""
        if service is None and function is None:
            raise click.UsageError("name the service to warm, or one of its functions with --function")
        return cls(service=service, function=function, count=count, dry_run=dry_run)


@click.command()
@click.argument("service", required=False)
@click.option("--function", "function", metavar="NAME", help="Only this function, as NAME or NAME:ALIAS.")
@click.option(
    "--schedules", metavar="PATH", help="Folder, compiled file or s3://… with the schedules; else CARETAKER_SCHEDULES."
)
@click.option("--at", "at", type=Instant(), help="The level due at this instant in place of now's.")
@click.option("--count", type=click.IntRange(1, _MOST_PINGS), help="So many environments, whatever the schedule says.")
@click.option("--dry-run", is_flag=True, help="Say what would be pinged, and ping nobody.")
@click.option("--endpoint-url", metavar="URL", help="Where Lambda answers, in place of AWS_ENDPOINT_URL_LAMBDA.")
@click.option(
    "--seconds", type=click.IntRange(5, 900), default=240, show_default=True, help="Give up after so many seconds."
)
@FORMAT
@click.pass_context
def warm(  # noqa: PLR0913, PLR0917 - one argument for each option
    ctx: click.Context,
    service: str | None,
    function: str | None,
    schedules: str | None,
    at: datetime | None,
    count: int | None,
    dry_run: bool,
    endpoint_url: str | None,
    seconds: int,
    form: str,
) -> None:
    """Warm one service or one function now, and show what came of it.

    Sends the pings that a tick would send, with the region, endpoint and credentials of the SDK's own variables, and
    ends with 0 when everything wanted is warm and healthy, with 1 when not.
    """
    choice = Choice.of(service, function, count, dry_run=dry_run)
    if endpoint_url is not None:
        os.environ["AWS_ENDPOINT_URL_LAMBDA"] = endpoint_url
    settings = _settings(schedules)
    loaded = _loaded(settings)
    chosen = chosen_targets(loaded.schedules, choice)
    watch = Watch()
    report = _run(chosen, at, watch, seconds, settings)
    report = replace(report, mistakes=loaded.schedules.mistakes, loaded=loaded)
    if form == "json":
        click.echo(output.as_json(report))
    else:
        output.print_report(report, [(burst.ping, burst.spec, burst.result) for burst in watch.bursts])
    ctx.exit(DONE if report.ok else FINDINGS)


def _settings(schedules: str | None) -> WarmerSettings:
    environment: Mapping[str, str] = os.environ
    if schedules is not None:
        environment = {**os.environ, "CARETAKER_SCHEDULES": schedules}
    elif not os.environ.get("CARETAKER_SCHEDULES") and Path("schedules").is_dir():
        environment = {**os.environ, "CARETAKER_SCHEDULES": "schedules"}
    try:
        return WarmerSettings.from_env(environment)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def _loaded(settings: WarmerSettings) -> Loaded:
    try:
        loaded = load(settings, datetime.now(UTC))
    except (ProfilesError, OSError) as error:
        raise click.UsageError(str(error)) from error
    for mistake in loaded.schedules.mistakes:
        click.echo(str(mistake), err=True)
    return loaded


def chosen_targets(schedules: ScheduleSet, choice: Choice) -> ScheduleSet:
    """The schedules with the chosen targets only, changed as the choice says. Raises: UsageError when there is none."""
    services = [service for service in schedules.services if choice.service in (None, service.name)]
    if not services:
        known = sorted(service.name for service in schedules.services)
        hint = did_you_mean(choice.service or "", known) or f"; usable are {', '.join(known) or 'none'}"
        raise click.UsageError(f'no usable service "{choice.service}" in the schedules{hint}')
    narrowed = [_narrowed(service, choice) for service in services]
    found = tuple(service for service in narrowed if service.targets)
    if not found:
        known = sorted({target.function.text for service in services for target in service.targets})
        raise click.UsageError(
            f'no target "{choice.function}" in the schedules{did_you_mean(choice.function or "", known)}'
        )
    return replace(schedules, services=found)


def _narrowed(service: Service, choice: Choice) -> Service:
    targets = tuple(target for target in service.targets if _meant(target, choice.function))
    service = replace(service, targets=targets, dry_run=service.dry_run or choice.dry_run)
    if choice.count is None:
        return service
    # A level for this run: the windows, the scale and the overrides of the file have no say in it.
    profiles = tuple(Profile(name=one.name, baseline=choice.count, windows=()) for one in service.profiles)
    level = tuple(replace(target, scale=1.0) for target in targets)
    return replace(service, profiles=profiles, targets=level, overrides=())


def _meant(target: Target, function: str | None) -> bool:
    names = (target.function.text, target.function.name)
    return function is None or function in (*names, *(f"{name}:{target.qualifier}" for name in names))


def _run(
    schedules: ScheduleSet, at: datetime | None, watch: Watch, seconds: int, settings: WarmerSettings
) -> TickReport:
    instant = tick_instant(at or datetime.now(UTC), schedules.platform.interval)
    with _status() as status:
        watch.status = status
        world = world_of(settings, time.monotonic() + seconds)
        watched = replace(world, invoker=_Watched(inner=world.invoker, watch=watch), seen=watch.seen)
        return TickReport(tick=instant, targets=run_tick(schedules, instant, watched))


def _status() -> AbstractContextManager[Status | None]:
    """A line that says what is in flight, where a person watches."""
    if not sys.stderr.isatty():
        return nullcontext()
    return Console(file=unguarded(sys.stderr)).status("reading limits")
