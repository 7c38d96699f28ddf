"""What becomes of the boosts that are kept when a message asks for something. Pure.

Which message asks for what is `warmer.boost_message`'s, keeping and reading them `warmer.boosting`'s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from fleet.boosts import LONGEST, Boost, key_of
from profiles.findings import did_you_mean
from profiles.model import ScheduleSet, Service, duration_text
from warmer.boost_message import Ask, Begin, End, Idle, Unusable
from warmer.boosts import Change, What, called, place

# Boosts at once in all, and those with the ended ones that are still remembered: what one Query reads in one page.
MOST = 100
_MOST_KEPT = 400
# A clock further behind the message's than this is wrong, not late.
_MOST_AHEAD = timedelta(minutes=10)


@dataclass(slots=True)
class _Settling:
    """The boosts as they are while one ask after the other is settled."""

    schedules: ScheduleSet
    now: datetime
    kept: dict[str, Boost] = field(default_factory=dict)

    def change(self, ask: Ask) -> list[Change]:
        match ask:
            case Unusable():
                return [Change(what=What.REFUSED, reason=ask.reason)]
            case Idle():
                return [Change(what=What.UNCHANGED, reason=ask.reason)]
            case Begin() | End():
                refused = self._refusal(ask)
                if refused is not None:
                    return [Change(what=What.REFUSED, reason=refused)]
                return [self._begun(ask)] if isinstance(ask, Begin) else self._ended(ask)
            case _:
                assert_never(ask)

    def _refusal(self, ask: Begin | End) -> str | None:
        if ask.at - self.now > _MOST_AHEAD:
            return f"the message is of {ask.at:%Y-%m-%d %H:%M} UTC, ahead of the clock; one of the two is wrong"
        found = next((service for service in self.schedules.services if service.name == ask.service), None)
        if found is None:
            known = sorted(service.name for service in self.schedules.services)
            return f"no usable service {_shown(ask.service)} in the schedules{_hint(ask.service, known)}"
        names = _functions(found)
        if ask.function is not None and ask.function not in names:
            return f"no function {_shown(ask.function)} in service {found.name}{_hint(ask.function, sorted(names))}"
        return None

    def _begun(self, ask: Begin) -> Change:
        boost, words = self._boost(ask)
        known = self.kept.get(boost.key)
        if boost.until <= self.now:
            return _unchanged(f"{words} is over already")
        if known is not None and (known.since > boost.since or known == boost):
            return _unchanged(f"{words}: {'that' if known == boost else 'something later'} is known already")
        if (full := self._full(known)) is not None:
            return Change(what=What.REFUSED, reason=f"{words}: {full}")
        self.kept[boost.key] = boost
        what = What.RENEWED if known is not None and known.holds(self.now) else What.STARTED
        return Change(what=what, reason=f"{what.value} {words} ({boost.reason})", boost=boost)

    def _boost(self, ask: Begin) -> tuple[Boost, str]:
        """The boost within its bounds, and words for it that say where it was cut."""
        ceiling = self.schedules.platform.max_concurrency
        level, lasts = min(ask.at_least, ceiling), min(ask.lasts, LONGEST)
        boost = Boost(
            service=ask.service,
            function=ask.function,
            at_least=level,
            until=ask.at + lasts,
            name=ask.name,
            reason=ask.reason,
            since=ask.at,
        )
        words = f"{called(boost)} to at least {level}"
        words += f", the platform's ceiling, in place of {ask.at_least}," if level < ask.at_least else ""
        words += f" until {boost.until:%Y-%m-%d %H:%M:%S} UTC"
        return boost, words + (f", no boost lasts longer than {duration_text(LONGEST)}" if lasts < ask.lasts else "")

    def _full(self, known: Boost | None) -> str | None:
        others = [one for one in self.kept.values() if one is not known and one.matters(self.now)]
        holding = sum(one.holds(self.now) for one in others)
        if holding >= MOST:
            return f"{holding} boosts hold already, more there may not be; end one first"
        if known is None and len(others) >= _MOST_KEPT:
            return f"{len(others)} boosts are remembered already; the oldest ended ones are forgotten within a day"
        return None

    def _ended(self, ask: End) -> list[Change]:
        named = ask.name is not None
        meant = [
            one
            for one in self.kept.values()
            if one.service == ask.service and (ask.function in (None, one.function)) and one.holds(self.now)
        ]
        if named:
            key = key_of(ask.service, ask.function, ask.name or "")
            meant = [one for one in meant if one.key == key]
        over = [self._over(one, ask.at) for one in meant]
        if over:
            return over
        name = f' "{ask.name}"' if named else ""
        nothing = _unchanged(f"there is no boost{name} of {place(ask.service, ask.function)} to end")
        return [replace(nothing, boost=self._remembered(ask))]

    def _over(self, boost: Boost, at: datetime) -> Change:
        if boost.since > at:
            return _unchanged(f"{called(boost)} was asked for again after that")
        ended = replace(boost, ended=True, until=at, since=at)
        self.kept[boost.key] = ended
        return Change(what=What.ENDED, reason=f"ended {called(boost)}", boost=ended)

    def _remembered(self, ask: End) -> Boost | None:
        """An end that came before its beginning, which is still on its way: deliveries keep no order."""
        if ask.name is None or self.now - ask.at > LONGEST:
            return None
        boost = Boost(
            service=ask.service,
            function=ask.function,
            at_least=1,
            until=ask.at,
            name=ask.name,
            reason="ended before it began",
            since=ask.at,
            ended=True,
        )
        known = self.kept.get(boost.key)
        if (known is not None and known.since >= ask.at) or self._full(known) is not None:
            return None
        self.kept[boost.key] = boost
        return boost


def settle(asks: Iterable[Ask], kept: Sequence[Boost], schedules: ScheduleSet, now: datetime) -> tuple[Change, ...]:
    """What becomes of everything asked for, in its order."""
    settling = _Settling(schedules=schedules, now=now, kept={one.key: one for one in kept})
    return tuple(change for ask in asks for change in settling.change(ask))


def _functions(service: Service) -> set[str]:
    return {name for target in service.targets for name in (target.function.text, target.function.name)}


def _unchanged(reason: str) -> Change:
    return Change(what=What.UNCHANGED, reason=reason)


def _hint(found: str, known: list[str]) -> str:
    return did_you_mean(found[:100], known) or f" (usable: {', '.join(known[:20]) or 'none'})"


def _shown(text: str) -> str:
    return '"' + text[:100].encode("unicode_escape").decode("ascii") + '"'
