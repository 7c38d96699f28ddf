"""`caretaker janitor`: what the janitor would do, and why."""

import click


@click.group()
def janitor() -> None:
    """What the janitor would delete, what it keeps, and why."""
