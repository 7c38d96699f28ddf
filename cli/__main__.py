"""The way in: `caretaker VERB`, also `python -m cli`."""

import click

from cli.janitor import janitor
from cli.schedules import explain, plan, validate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="caretaker")
def main() -> None:
    """Keep Lambda execution environments warm, with proof; prune published versions that nobody uses."""


main.add_command(validate)
main.add_command(plan)
main.add_command(explain)
main.add_command(janitor)

if __name__ == "__main__":
    main()
