"""The `caretaker` command with all its verbs, and how it ends. `cli.__main__` is the way in."""

import io
import sys
from typing import Any, NoReturn

import click

from cli.boost import boost
from cli.compile import compile_schedule_files
from cli.doctor.verb import doctor
from cli.drain import drain
from cli.iam import iam
from cli.init import init
from cli.janitor import janitor
from cli.janitor_sweep import audit, sweep
from cli.printable import guarded
from cli.push import push
from cli.render import render
from cli.schedules import explain, plan, validate
from cli.warm import warm


class OneLineErrors(click.Group):
    """A group whose usage errors are one line on standard error, with exit status 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and end the process with the verb's exit status."""
        kwargs["standalone_mode"] = False
        _write_any_name()
        with guarded():
            self._run(*args, **kwargs)

    def _run(self, *args: Any, **kwargs: Any) -> NoReturn:
        try:
            status = super().main(*args, **kwargs)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.ClickException as error:
            click.echo(f"caretaker: {' '.join(error.format_message().split())}", err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("caretaker: interrupted", err=True)
            sys.exit(130)
        except OSError as error:
            click.echo(f"caretaker: {error.strerror or error}", err=True)
            sys.exit(2)
        sys.exit(status if isinstance(status, int) else 0)


def _write_any_name() -> None:
    """Escape what the output's encoding lacks, such as a file name that is not UTF-8; the JSON stays JSON."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="caretaker")
def main() -> None:
    """Keep Lambda execution environments warm, with proof; prune published versions that nobody uses."""


main.add_command(validate)
main.add_command(plan)
main.add_command(explain)
main.add_command(render)
main.add_command(init)
main.add_command(compile_schedule_files)
main.add_command(iam)
main.add_command(push)
main.add_command(warm)
main.add_command(boost)
main.add_command(doctor)
main.add_command(janitor)
main.add_command(drain)
janitor.add_command(sweep)
janitor.add_command(audit)
