"""What is remembered of a function after a run, from what was known before it and what the run saw. Pure.

The port is `fleet.ports.Record`, its adapter `fleet.aws.record`.
"""

from dataclasses import replace
from datetime import datetime

from fleet.model import VersionNumber
from fleet.ports import FunctionMemory, Record
from janitor.inventory import FunctionFacts, Unread
from janitor.plan import FunctionPlan, SweepPlan, marks_after


def memory_after(plan: FunctionPlan, now: datetime) -> FunctionMemory | None:
    """What to remember of the function, or None when its memory was not read."""
    known = plan.facts.memory
    if isinstance(known, Unread):
        return None
    marked = replace(known, marks=marks_after(plan, now))
    live = live_versions(plan.facts)
    if live is None:
        return marked
    present = {version.number for version in plan.facts.versions}
    seen = {number: at for number, at in known.superseded if number in present and number not in live}
    seen |= {number: now for number in known.live & present if number not in live}
    return replace(marked, live=live, superseded=tuple(sorted(seen.items())))


def live_versions(facts: FunctionFacts) -> frozenset[VersionNumber] | None:
    """The versions in use now: the newest, and those behind an alias; None when the aliases were not read."""
    if isinstance(facts.aliases, Unread):
        return None
    named = [alias.version for alias in facts.aliases]
    named += [version for alias in facts.aliases for version, _ in alias.weights]
    numbers = {number for text in named if (number := VersionNumber.parse_or_none(text)) is not None}
    if facts.versions:
        numbers.add(facts.versions[-1].number)
    return frozenset(numbers)


def remember(plan: SweepPlan, record: Record, now: datetime) -> None:
    """Write what this run learned of every function, before anything is deleted. Raises: FleetError."""
    for function in plan.functions:
        known, learned = function.facts.memory, memory_after(function, now)
        if learned is not None and not isinstance(known, Unread) and learned != known:
            record.remember(function.function, learned, before=known)
