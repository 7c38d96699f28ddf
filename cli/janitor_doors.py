"""The janitor's doors for a run from a terminal that deletes: the kill switch holds for it, as for the function."""

import time
from dataclasses import replace

import click

from fleet.aws.rate import TimeBox
from fleet.aws.switch import ParameterSwitch
from fleet.switch import Part, Watch, ask
from janitor.handler import doors
from janitor.run import Doors
from janitor.settings import JanitorSettings


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
