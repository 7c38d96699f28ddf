"""`make demo`, also `python -m emulator.demo`."""

import json
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.table import Table

from emulator.controlplane.ministack import EmulatorError
from emulator.demo.deploy import ROOT, Commands
from emulator.demo.lambda_api import DemoError, LambdaApi
from emulator.demo.page import page
from emulator.demo.result import DemoResult
from emulator.demo.story import Stage, tell
from emulator.stack import running_emulator


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--page",
    "page_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=ROOT / "build" / "demo" / "demo.html",
    help="Where the HTML page goes; build/demo/demo.html without it.",
)
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", help="For people or machines.")
def main(page_path: Path, output: str) -> None:
    """Warm a real Django shop and prove it, prune real versions, all on this machine.

    Takes about two minutes. Exit status: 0 shown, 1 something was not as it should be, 2 could not run.
    """
    signal.signal(signal.SIGTERM, _stop)
    try:
        result = _run(Console(stderr=True, highlight=False))
        page_path.parent.mkdir(parents=True, exist_ok=True)
        page_path.write_text(page(result), encoding="utf-8")
    except (DemoError, EmulatorError, OSError) as error:
        click.echo(f"demo: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("demo: stopped; everything that it started is ended", err=True)
        sys.exit(130)
    if output == "json":
        click.echo(json.dumps({**result.as_json(), "page": str(page_path)}, indent=2))
    else:
        _show(result, page_path)
    sys.exit(1 if result.failures else 0)


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(console: Console) -> DemoResult:
    began = time.monotonic()

    def say(words: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.1f} s[/dim]  {words}", soft_wrap=True)

    say("Starting the emulator: Lambda's data plane and a control plane, on free loopback ports")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="caretaker-demo-")))
        emulator = stack.enter_context(running_emulator())
        commands = Commands(environment=emulator.environment)
        stack.callback(commands.end)
        stage = Stage(
            emulator=emulator, api=LambdaApi(endpoint=emulator.endpoint_url_lambda), commands=commands, say=say
        )
        result = tell(stage, folder)
        say("Ending everything that was started")
    return result


def _show(result: DemoResult, page_path: Path) -> None:
    table = Table(title="What the demo saw (the emulator on this machine, not AWS)")
    table.add_column("")
    table.add_column("Cold, before", justify="right")
    table.add_column("Warm, after", justify="right")
    for row in result.rows():
        table.add_row(*row)
    console = Console(highlight=False)
    console.print(table)
    for failure in result.failures:
        console.print(f"[red]not as it should be:[/red] {failure}")
    console.print(f"The same with pictures of the bursts: {page_path}")


if __name__ == "__main__":
    main()
