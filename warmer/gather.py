"""What a tick asks of AWS before it sends anything: the shell around the plan. It reads, remembers, gives up in time.

Whatever is not there in time is not known, limits nothing and is named in the report. What was read is good for a few
minutes; a failed read is asked again at the next tick.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from fleet.facts import PresentUse, QualifierFacts, Qualifiers, Usage
from fleet.model import ConcurrencyFacts, FunctionRef
from fleet.ports import FleetError, Invoker, Limits
from profiles.model import Target
from warmer.budget import USERS_SHARE
from warmer.memory import Kept, Key, Memory
from warmer.plan import DueTarget, Facts
from warmer.state import bar

_READERS = 16
# Facts are worth this long a wait, or a quarter of the time there is, and no more.
_PATIENCE_S = 5.0
_GOOD_FOR_S = 180.0
_FIRST_SHARE = 0.3
_LATE_LIMITS = "lambda:GetFunction, for its reservation, was not answered in time"
_LATE_ROUTES = "lambda:GetAlias, for its weights, was not answered in time"
_LATE_USE = "cloudwatch:GetMetricData was not answered in time"
_LATE_STATE = "lambda:GetFunction, for its state, was not answered in time"
# GetAlias and GetProvisionedConcurrencyConfig share fifteen requests a second with everybody who deploys: so many
# targets a tick at most, those that were asked longest ago first.
_ROUTES_A_TICK = 10
# Users' use is looked up in the last whole minutes, without the newest, which CloudWatch may not have yet.
_MINUTES_BACK = 6
_NEWEST_MINUTE = 1

_What = TypeVar("_What", bound=Hashable)
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The doors through which a tick looks at AWS; a door that is None stays shut, and what is behind it unknown."""

    invoker: Invoker
    limits: Limits
    qualifiers: Qualifiers | None = None
    usage: Usage | None = None


def gather(
    due: Sequence[DueTarget],
    doors: Doors,
    memory: Memory,
    *,
    instant: datetime,
    interval: timedelta,
    deadline: float,
    users_share: int = USERS_SHARE,
) -> Facts:
    """The facts for what is due at `instant`: long before the monotonic second `deadline`, what is there by then."""
    targets = [each.target for each in due if each.needs_pings]
    if not targets:
        return Facts(users_share=users_share)
    memory.turn_to(instant, timedelta(seconds=_GOOD_FOR_S))
    reader = _Reader(doors, memory, until=time.monotonic() + min(_PATIENCE_S, (deadline - time.monotonic()) / 4))
    try:
        limits = reader.limits(dict.fromkeys(target.function for target in targets))
        qualifiers = reader.qualifiers(dict.fromkeys((target.function, target.qualifier) for target in targets))
        usage = reader.usage(limits, quiet_minutes(instant, interval))
    finally:
        reader.close()
    return Facts(limits=limits, qualifiers=qualifiers, usage=usage, users_share=users_share)


def quiet_minutes(instant: datetime, interval: timedelta) -> tuple[datetime, ...]:
    """The last whole minutes in which no tick's burst ran: a burst shows in the same metric as users do.

    A tick at the full minute may run into the one after it where there is room between ticks. Empty where every minute
    has a tick.
    """
    step, minute = int(interval.total_seconds() // 60), timedelta(minutes=1)
    this = instant.replace(second=0, microsecond=0)
    back = range(1 + _NEWEST_MINUTE, 1 + _NEWEST_MINUTE + _MINUTES_BACK)
    busy = {0, 1} if step > 2 else {0}
    return tuple(
        this - index * minute for index in back if int((this - index * minute).timestamp() // 60) % step not in busy
    )


class _Reader:
    """Asks many things at once, until a moment."""

    def __init__(self, doors: Doors, memory: Memory, *, until: float) -> None:
        self._doors, self._memory, self._until = doors, memory, until
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="facts")

    def close(self) -> None:
        """Wait for nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def limits(self, functions: Iterable[FunctionRef]) -> dict[FunctionRef, ConcurrencyFacts]:
        """What limits each function, where it was there in time."""
        kept, asked = self._kept(self._memory.limits, ((function, (function,)) for function in functions))
        regions = dict.fromkeys(function.region for function in asked)
        # Whatever becomes of the account's limits, there must be time for the functions' own.
        self._all(self._doors.limits.prepare, regions, share=_FIRST_SHARE)
        found = self._all(self._doors.limits.of, asked)
        self._keep(self._memory.limits, {function: (function,) for function in asked}, found, lambda it: it.unread)
        late = {each: ConcurrencyFacts(unread=_LATE_LIMITS, region=each.region) for each in asked}
        return {**late, **kept, **found}

    def qualifiers(self, places: Iterable[tuple[FunctionRef, str]]) -> dict[tuple[FunctionRef, str], QualifierFacts]:
        """State, kind and routes of each target, where they were there in time."""
        if self._doors.qualifiers is None:
            return {}
        door, every = self._doors.qualifiers, list(places)
        kept, asked = self._kept(self._memory.states, ((place, place) for place in every))
        found = self._all(lambda place: door.configuration(*place), asked)
        self._keep(self._memory.states, {place: place for place in asked}, found, _passing)
        states = {**{place: QualifierFacts(unread=(_LATE_STATE,)) for place in asked}, **kept, **found}
        self._forget_moved(found)
        routed = self._routes(door, [place for place in every if not _nothing_to_route(states.get(place))])
        return {place: _with_routes(states.get(place), routed.get(place)) for place in {*states, *routed}}

    def _forget_moved(self, states: Mapping[tuple[FunctionRef, str], QualifierFacts]) -> None:
        """An alias that points elsewhere than when its weights were read has other weights now."""
        for place, state in states.items():
            known = self._memory.routes.get(self._key(place))
            if known is not None and state.version and known.fact.version not in (None, state.version):
                del self._memory.routes[self._key(place)]

    def _routes(
        self, door: Qualifiers, places: Sequence[tuple[FunctionRef, str]]
    ) -> dict[tuple[FunctionRef, str], QualifierFacts]:
        remembered = self._memory.routes
        by_age = sorted(
            places, key=lambda place: remembered[key].at if (key := self._key(place)) in remembered else 0.0
        )
        stale = [place for place in by_age if self._age(remembered.get(self._key(place))) > _GOOD_FOR_S]
        found = self._all(lambda place: door.routing(*place, QualifierFacts()), stale[:_ROUTES_A_TICK])
        self._keep(remembered, {place: place for place in places}, found, lambda it: it.unread)
        late = {place: QualifierFacts(unread=(_LATE_ROUTES,)) for place in stale[:_ROUTES_A_TICK]}
        old = {place: remembered[self._key(place)].fact for place in places if self._key(place) in remembered}
        return {**late, **old, **found}

    def usage(
        self, limits: Mapping[FunctionRef, ConcurrencyFacts], minutes: Sequence[datetime]
    ) -> dict[str | None, PresentUse]:
        """Users' present use by region; a region where it was refused is not asked again for a while."""
        door = self._doors.usage
        if door is None:
            return {}
        reserved: dict[str | None, list[str]] = {facts.region: [] for facts in limits.values()}
        for function, facts in limits.items():
            if facts.reserved is not None:
                reserved[facts.region].append(function.name)
        refused = {
            region: kept.fact
            for region in reserved
            if self._age(kept := self._memory.refused.get(("usage", region))) < _GOOD_FOR_S and kept is not None
        }
        found = self._all(lambda region: door.now(region, reserved[region], minutes), set(reserved) - set(refused))
        for region, use in found.items():
            if use.unread is not None and minutes:
                self._memory.refused["usage", region] = Kept(fact=use.unread, at=time.monotonic())
        unread = {region: refused.get(region, _LATE_USE) for region in reserved}
        return {**{region: PresentUse(unread=words) for region, words in unread.items()}, **found}

    def _all(self, ask: Callable[[_What], _Found], what: Iterable[_What], *, share: float = 1.0) -> dict[_What, _Found]:
        """Each answer that came in time, which is this share of the time there is."""
        futures: dict[_What, Future[_Found]] = {each: self._pool.submit(ask, each) for each in what}
        done, _ = wait(futures.values(), max(0.0, share * (self._until - time.monotonic())))
        return {each: future.result() for each, future in futures.items() if future in done}

    def _kept(
        self, store: dict[Key, Kept[_Found]], places: Iterable[tuple[_What, Key]]
    ) -> tuple[dict[_What, _Found], list[_What]]:
        """What is remembered and still good, and what must be asked."""
        good: dict[_What, _Found] = {}
        asked: list[_What] = []
        for what, key in places:
            kept = store.get(self._key(key))
            if kept is not None and self._age(kept) <= _GOOD_FOR_S:
                good[what] = kept.fact
            else:
                asked.append(what)
        return good, asked

    def _keep(
        self,
        store: dict[Key, Kept[_Found]],
        keys: Mapping[_What, Key],
        found: Mapping[_What, _Found],
        unread: Callable[[_Found], object],
    ) -> None:
        for what, fact in found.items():
            if not unread(fact):
                store[self._key(keys[what])] = Kept(fact=fact, at=time.monotonic())

    def _key(self, place: Key) -> Key:
        """A place in the memory: the same function behind another endpoint is another one."""
        function = place[0]
        assert isinstance(function, FunctionRef)  # noqa: S101 - every key begins with one
        try:
            return (self._doors.invoker.endpoint(function), *place)
        except FleetError:
            return (None, *place)

    @staticmethod
    def _age(kept: "Kept[_Found] | None") -> float:
        return float("inf") if kept is None else time.monotonic() - kept.at


def _passing(state: QualifierFacts) -> bool:
    """Whether the next tick must look again: what was not read, and what ends by itself."""
    settled = state.state in (None, "Active") and state.last_update != "InProgress"
    return bool(state.unread or state.absent) or not settled


def _nothing_to_route(state: QualifierFacts | None) -> bool:
    return state is not None and bar(state, 1).final


def _with_routes(state: QualifierFacts | None, routed: QualifierFacts | None) -> QualifierFacts:
    state, routed = state or QualifierFacts(), routed or QualifierFacts()
    return replace(state, routes=routed.routes, provisioned=routed.provisioned, unread=(*state.unread, *routed.unread))


def target_key(invoker: Invoker, target: Target) -> Key:
    """A target's place in the memory. Raises: FleetError (no region)."""
    return (invoker.endpoint(target.function), target.function, target.qualifier)
