"""The port `fleet.boosts.Boosts` over the state table: one item a boost, under one partition key.

Needs dynamodb:Query and dynamodb:PutItem on items whose partition key is "boosts". The table's TTL clears away what is
over, days late at times, so whoever reads asks each boost whether it holds.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.aws.rate import TimeBox
from fleet.aws.table import ConditionFailed, Item, StateTable, checked, instant
from fleet.boosts import LONGEST, Boost, BoostOutdated, Kept
from fleet.ports import Throttled, Unreachable

T = TypeVar("T")

PARTITION = "boosts"
# A tick waits no longer than this for boosts, which few services have at any time.
_BRIEF_S = 2.0
_AT_MOST_S = 20.0
_PAUSE_S = 0.1


class TableBoosts:
    """Boosts in the state table `name`. `left_s` gives the seconds that the caller has left."""

    def __init__(self, name: str, left_s: Callable[[], float] = lambda: _AT_MOST_S) -> None:
        self._name = name
        self._box = TimeBox(lambda: min(_AT_MOST_S, left_s()))

    def read(self) -> Kept:
        """All that are kept, by one Query as long as they fit a page of 1 MB. Raises: FleetError."""
        boosts: list[Boost] = []
        unreadable: list[str] = []
        for item in self._again(lambda table: list(table.query(PARTITION))):
            try:
                boosts.append(_boost(checked(item)))
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                unreadable.append(f"{ascii(item.get('sk', {}).get('S', ''))[:80]} ({ascii(str(error))[:80]})")
        return Kept(boosts=tuple(boosts), unreadable=tuple(unreadable))

    def write(self, boost: Boost) -> None:
        """Keep it, unless something asked for later is known of it. Raises: BoostOutdated, FleetError."""
        since = _milliseconds(boost)
        try:
            self._again(
                lambda table: table.put(
                    _item(boost),
                    condition="attribute_not_exists(pk) OR since_ms <= :since",
                    values={":since": {"N": str(since)}},
                )
            )
        except ConditionFailed as error:
            raise BoostOutdated(f"something later than {boost.since.isoformat()} is known of {boost.key}") from error

    def _again(self, call: Callable[[StateTable], T]) -> T:
        """What the call gives; once more where the first one got no answer."""
        table = self._table()
        try:
            return call(table)
        except (Throttled, Unreachable):
            time.sleep(_PAUSE_S)
            return call(table)

    def _table(self) -> StateTable:
        try:
            return StateTable(client("dynamodb", timeout_s=_BRIEF_S), self._name, self._box)
        except Exception as error:
            raise translated(error, service="dynamodb", operation="Query") from error


def _item(boost: Boost) -> Item:
    forgotten = boost.until + (LONGEST if boost.ended else timedelta(0))
    optional = {} if boost.function is None else {"function": {"S": boost.function}}
    return {
        "pk": {"S": PARTITION},
        "sk": {"S": boost.key},
        "service": {"S": boost.service},
        **optional,
        "name": {"S": boost.name},
        "reason": {"S": boost.reason},
        "at_least": {"N": str(boost.at_least)},
        "since_ms": {"N": str(_milliseconds(boost))},
        "since": {"S": boost.since.isoformat()},
        "until": {"S": boost.until.isoformat()},
        "ended": {"BOOL": boost.ended},
        "expires_at": {"N": str(int(forgotten.timestamp()) + 1)},
    }


def _boost(item: Item) -> Boost:
    return Boost(
        service=item["service"]["S"],
        function=item["function"]["S"] if "function" in item else None,
        at_least=int(item["at_least"]["N"]),
        until=instant(item["until"]["S"]),
        name=item["name"]["S"],
        reason=item["reason"]["S"],
        since=instant(item["since"]["S"]),
        ended=item["ended"]["BOOL"],
    )


def _milliseconds(boost: Boost) -> int:
    return int(boost.since.timestamp() * 1000)
