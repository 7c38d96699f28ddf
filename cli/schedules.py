"""`caretaker validate | plan | explain`: a schedule's mistakes, its levels, and where a level comes from."""

import click


@click.command()
def validate() -> None:
    """Check schedule files; every mistake with file, line and column."""


@click.command()
def plan() -> None:
    """List the level changes of a span of time."""


@click.command()
def explain() -> None:
    """Say where the level of one instant comes from."""
