"""The way in: `caretaker VERB`, also `python -m cli`."""

import sys
from typing import Any

import click

from cli.janitor import janitor
from cli.schedules import explain, plan, validate


class OneLineErrors(click.Group):
    """A group whose usage errors are one line on standard error, with exit status 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and end the process with the verb's exit status."""
        kwargs["standalone_mode"] = False
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
        sys.exit(status if isinstance(status, int) else 0)


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="caretaker")
def main() -> None:
    """Keep Lambda execution environments warm, with proof; prune published versions that nobody uses."""


main.add_command(validate)
main.add_command(plan)
main.add_command(explain)
main.add_command(janitor)

if __name__ == "__main__":
    main()
