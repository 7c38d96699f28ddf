"""Boosts as a tick meets them: read, and changed where the event asks for it, through the port only.

A tick goes on without boosts when they cannot be read, and a boost that cannot be kept still raises this one tick.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from fleet.boosts import Boost, BoostOutdated, Boosts, Kept, active
from fleet.ports import FleetError
from profiles.model import ScheduleSet
from warmer.boosts import BoostState, Change, What, called

if TYPE_CHECKING:
    from warmer.boost_message import Ask

# The outcome of a report that answers messages on the boost topic.
BOOST = "boost"
_NO_TABLE = "there is no state table to keep it in (CARETAKER_STATE_TABLE)"


def known_boosts(door: Boosts | None, instant: datetime, *, since: datetime | None = None) -> BoostState:
    """The boosts that hold at `instant`, and those that ran out after `since`. Never raises."""
    kept, problems = _read(door)
    over = [] if since is None else [one for one in kept.boosts if one.holds(since) and not one.holds(instant)]
    changes = tuple(Change(what=What.OVER, reason=f"{called(boost)} is over", boost=boost) for boost in over)
    return BoostState(active=active(kept.boosts, instant), changes=changes, problems=problems)


def changed_boosts(
    door: Boosts | None, asks: "Sequence[Ask]", schedules: ScheduleSet, instant: datetime, *, now: datetime
) -> BoostState:
    """The boosts that hold at `instant` once what is asked for is done, and what became of that. Never raises."""
    from warmer.settling import settle  # noqa: PLC0415 - ticks change no boost

    kept, problems = _read(door)
    changes = tuple(_carried_out(door, change) for change in settle(asks, kept.boosts, schedules, now))
    after = {boost.key: boost for boost in kept.boosts}
    after |= {change.boost.key: change.boost for change in changes if change.boost is not None}
    return BoostState(active=active(tuple(after.values()), instant), changes=changes, problems=problems)


def _read(door: Boosts | None) -> tuple[Kept, tuple[str, ...]]:
    if door is None:
        return Kept(), ()
    try:
        kept = door.read()
    except FleetError as error:
        return Kept(), (f"the boosts were not read, so that none raises anything: {error}",)
    return kept, tuple(f"the boost {words} was not read" for words in kept.unreadable[:3])


def _carried_out(door: Boosts | None, change: Change) -> Change:
    """The change, kept; or what it is without that."""
    if change.boost is None:
        return change
    try:
        if door is None:
            return _not_kept(change, change.boost, _NO_TABLE)
        door.write(change.boost)
    except BoostOutdated as error:
        return Change(what=What.UNCHANGED, reason=str(error))
    except FleetError as error:
        return _not_kept(change, change.boost, str(error))
    return change


def _not_kept(change: Change, boost: Boost, why: str) -> Change:
    if change.begins:
        words = f"{change.reason}, for this tick only, since it was not kept: {why}"
        return replace(change, reason=words, lost=True)
    return Change(what=What.REFUSED, reason=f"{called(boost)} was not ended: {why}")
