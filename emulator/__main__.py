"""`python -m emulator`: AWS Lambda, EventBridge, CloudFormation and their kin on this machine, until Ctrl-C."""

import json
import shlex
import signal
import sys
import threading
from dataclasses import replace
from typing import Literal, cast

import click

from emulator.controlplane.ministack import Account, EmulatorError
from emulator.dataplane.pool import POLICIES, Policy
from emulator.stack import Options, RunningEmulator, running_emulator

_PORT = click.IntRange(0, 65535)


@click.group()
def main() -> None:
    """Lambda on one machine: real processes as execution environments, real cold starts, no AWS account."""


@main.command()
@click.option("--port", type=_PORT, default=0, help="Port of the Lambda endpoint on 127.0.0.1; 0 takes a free one.")
@click.option("--control-port", type=_PORT, default=0, help="Port of all other services; 0 takes a free one.")
@click.option(
    "--policy",
    type=click.Choice(list(POLICIES)),
    default="mru",
    show_default=True,
    help="Which idle environment serves the next invocation: the most or the least recently used, or any.",
)
@click.option(
    "--idle-minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Minutes after which an idle environment is ended.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="The account's limit of concurrent executions.",
)
@click.option("--region", default="eu-west-1", show_default=True, help="The one region that is played.")
@click.option(
    "--control-rate",
    type=click.FloatRange(min=0, min_open=True),
    default=None,
    help="Limit Lambda's control plane to so many requests a second (AWS: 15). No limit without it.",
)
@click.option(
    "--tls",
    is_flag=True,
    help="Serve the Lambda endpoint over TLS, with HTTP/2 where the client speaks it; AWS_CA_BUNDLE is printed too.",
)
@click.option(
    "--iam",
    is_flag=True,
    help="Let a function do what the policies of its role allow, and nothing else.",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the endpoints are printed: as shell export lines, or as one JSON object.",
)
def up(  # noqa: PLR0913 - an argument for each option
    *,
    port: int,
    control_port: int,
    policy: str,
    idle_minutes: float,
    concurrency: int,
    region: str,
    control_rate: float | None,
    tls: bool,
    iam: bool,
    output: Literal["text", "json"],
) -> None:
    """Start the emulator, print the variables that point an SDK at it, and run until Ctrl-C or SIGTERM."""
    options = Options(
        port=port,
        control_port=control_port,
        policy=cast("Policy", policy),
        account=replace(Account(), region=region, concurrency=concurrency),
        idle_s=idle_minutes * 60.0,
        control_per_s=control_rate,
        tls=tls,
        iam=iam,
    )
    asked_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_end.set())
    try:
        with running_emulator(options) as emulator:
            _announce(emulator, output)
            asked_to_end.wait()
            click.echo("emulator: ending", err=True)
    except EmulatorError as error:
        click.echo(f"emulator: {error}", err=True)
        sys.exit(2)


def _announce(emulator: RunningEmulator, output: Literal["text", "json"]) -> None:
    if output == "json":
        click.echo(json.dumps({"environment": dict(emulator.environment)}))
    else:
        for name, value in emulator.environment.items():
            click.echo(f"export {name}={shlex.quote(value)}")
    click.echo("emulator: ready; Ctrl-C ends it", err=True)
    sys.stdout.flush()


if __name__ == "__main__":
    main(prog_name="python -m emulator")
