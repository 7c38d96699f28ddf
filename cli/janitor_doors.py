"""A run of the janitor from a terminal: its settings, its doors and who is told.

The kill switch holds for what deletes here, as it does for the function.
"""

import os
import time
from dataclasses import replace
from datetime import datetime

import click

from fleet.aws.rate import TimeBox
from fleet.aws.switch import ParameterSwitch
from fleet.model import FunctionRef
from fleet.ports import FleetError
from fleet.switch import Part, Watch, ask
from janitor.handler import doors
from janitor.report import Report
from janitor.run import Doors, Selection, run_janitor
from janitor.settings import JanitorSettings, SettingsError
from janitor.sweep import FunctionSweep


def settings_here() -> JanitorSettings:
    """The janitor's settings as the environment has them. Raises: UsageError."""
    try:
        return JanitorSettings.from_env(os.environ)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def name_of(text: str) -> str:
    """The name of the function that somebody named by name or ARN. Raises: UsageError."""
    try:
        return FunctionRef(text=text).name
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def run_here(settings: JanitorSettings, now: datetime, *, delete: bool, why: str, select: Selection) -> Report:
    """The report of a run over what is selected; each function is told of as it ends. Raises: UsageError."""
    try:
        doors = doors_for(settings, delete=delete)
        return run_janitor(doors, settings, now, delete=delete, why=why, select=select, tell=_tell)
    except FleetError as error:
        raise click.UsageError(str(error)) from error


def _tell(result: FunctionSweep) -> None:
    click.echo(f"{result.function}: {result.reason}", err=True)


def doors_for(settings: JanitorSettings, *, delete: bool) -> Doors:
    """The AWS adapters. With `delete` the switch that CARETAKER_SWITCH names is asked now, and after each function.

    Raises: UsageError when it says no or does not answer, FleetError.
    """
    opened = doors(settings, TimeBox())
    if not delete or settings.switch is None:
        return opened
    switch = ParameterSwitch(settings.switch)
    asked = ask(switch, Part.JANITOR)
    if (why := asked.stop or asked.problem) is not None:
        raise click.UsageError(why)
    return replace(
        opened, stop=Watch(switch=switch, part=Part.JANITOR, clock=time.monotonic, asked_at=time.monotonic())
    )
