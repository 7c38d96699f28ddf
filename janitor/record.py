"""What is remembered of a function after a run, from what was known before it and what the run saw.

The values are made by pure functions; `remember` and `leave_alone` write them through the port `fleet.ports.Record`,
whose adapter is `fleet.aws.record`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from fleet.model import Alias, VersionNumber
from fleet.ports import AliasHistory, FleetError, FunctionMemory, Quarantine, Record, RecordMoved
from janitor.inventory import FunctionFacts, Unread
from janitor.plan import FunctionPlan, SweepPlan, marks_after
from janitor.quarantine import joined, still_left_alone

# How many versions are remembered of one alias: many more than the few before that stay.
_PER_ALIAS = 20
# How long an alias that is gone is remembered at least; longer where the grace is longer.
_GONE_FOR = timedelta(days=30)


def memory_after(plan: FunctionPlan, now: datetime) -> FunctionMemory | None:
    """What to remember of the function, or None when its memory was not read."""
    known = plan.facts.memory
    if isinstance(known, Unread):
        return None
    marked = replace(known, marks=marks_after(plan, now), quarantine=still_left_alone(known.quarantine, now))
    live = live_versions(plan.facts)
    if live is None or isinstance(plan.facts.aliases, Unread):
        return marked
    present = {version.number for version in plan.facts.versions}
    seen = {number: at for number, at in known.superseded if number in present and number not in live}
    seen |= {number: now for number in known.live & present if number not in live}
    grace = max((verdict.candidate.policy.grace for verdict in plan.verdicts), default=timedelta(0))
    history = history_after(known.history, plan.facts.aliases, now, gone_for=max(_GONE_FOR, grace))
    return replace(marked, live=live, superseded=tuple(sorted(seen.items())), history=history)


def history_after(
    known: Iterable[AliasHistory], aliases: Iterable[Alias], now: datetime, *, gone_for: timedelta
) -> tuple[AliasHistory, ...]:
    """Where each alias points now, before where it pointed earlier; one that is gone is forgotten after a while."""
    before = {past.alias: past.versions for past in known}
    after = {
        name: tuple((number, at) for number, at in versions if now - at <= gone_for)
        for name, versions in before.items()
    }
    for alias in aliases:
        current = dict.fromkeys(_numbers([alias.version, *(version for version, _ in alias.weights)]), now)
        earlier = [(number, at) for number, at in before.get(alias.name, ()) if number not in current]
        after[alias.name] = (*current.items(), *earlier[:_PER_ALIAS])
    return tuple(AliasHistory(alias=name, versions=versions) for name, versions in sorted(after.items()) if versions)


def live_versions(facts: FunctionFacts) -> frozenset[VersionNumber] | None:
    """The versions in use now: the newest, and those behind an alias; None when the aliases were not read."""
    if isinstance(facts.aliases, Unread):
        return None
    named = [alias.version for alias in facts.aliases]
    named += [version for alias in facts.aliases for version, _ in alias.weights]
    numbers = set(_numbers(named))
    if facts.versions:
        numbers.add(facts.versions[-1].number)
    return frozenset(numbers)


def remember(plan: SweepPlan, record: Record, now: datetime) -> dict[str, str]:
    """Write what this run learned of every function, before anything is deleted.

    Gives the functions for which that failed, with the reason: what is known of them may be out of date, so their
    versions stay.
    """
    failed: dict[str, str] = {}
    for function in plan.functions:
        known, learned = function.facts.memory, memory_after(function, now)
        if learned is None or isinstance(known, Unread) or learned == known:
            continue
        try:
            record.remember(function.function, learned, before=known)
        except FleetError as error:
            failed[function.function] = str(error)
    return failed


def leave_alone(record: Record, function: str, quarantine: tuple[Quarantine, ...]) -> None:
    """Remember what is to be left alone for a while. Raises: FleetError."""
    try:
        _add_quarantine(record, function, quarantine)
    except RecordMoved:  # another run wrote between the reading and the writing: once more, from what it wrote
        _add_quarantine(record, function, quarantine)


def _add_quarantine(record: Record, function: str, quarantine: tuple[Quarantine, ...]) -> None:
    known = record.recall(function)
    learned = replace(known, quarantine=joined(known.quarantine, quarantine))
    record.remember(function, learned, before=known)


def _numbers(texts: Iterable[str]) -> list[VersionNumber]:
    return [number for text in texts if (number := VersionNumber.parse_or_none(text)) is not None]
