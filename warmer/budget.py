"""How many environments may be asked for without hurting anyone. Pure.

A ping occupies concurrency that users may need. A function with reserved concurrency lives inside that; all others
share the account's unreserved rest, of which a part always stays free.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fleet.model import ConcurrencyFacts, FunctionRef

# The part of the account's unreserved concurrency that pings never take.
USERS_SHARE = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many pings a target may send at once, and the limit that made it fewer than wanted; None when none did."""

    count: int
    limit: str | None = None


def allow(
    wanted: Sequence[tuple[FunctionRef, int]], facts: Mapping[FunctionRef, ConcurrencyFacts]
) -> tuple[Allowance, ...]:
    """One allowance for each wanted (function, count) of a tick, in the same order; the tick's targets share limits.

    Where a limit is smaller than what is wanted in all, every target gets its share in proportion, to within one, and
    nothing of the limit is left over. A limit that could not be read limits nothing.
    """
    totals: dict[object, int] = {}
    for function, count in wanted:
        for pool, _, _ in _pools(function, facts):
            totals[pool] = totals.get(pool, 0) + count
    asked: dict[object, int] = {}
    return tuple(_allowance(function, count, facts, totals, asked) for function, count in wanted)


def _allowance(
    function: FunctionRef,
    count: int,
    facts: Mapping[FunctionRef, ConcurrencyFacts],
    totals: Mapping[object, int],
    asked: dict[object, int],
) -> Allowance:
    allowed, limit = count, None
    for pool, size, words in _pools(function, facts):
        before = asked.get(pool, 0)
        asked[pool] = before + count
        # The difference of two rounded sums: rounding each share down would leave many small targets with nothing.
        share = (before + count) * size // totals[pool] - before * size // totals[pool]
        share = count if totals[pool] <= size else share
        if share < allowed:
            allowed, limit = share, words
    return Allowance(count=allowed, limit=limit)


def _pools(function: FunctionRef, facts: Mapping[FunctionRef, ConcurrencyFacts]) -> tuple[tuple[object, int, str], ...]:
    """The limits that hold for a function: what shares each, how many it leaves, and its name in words."""
    known = facts.get(function)
    if known is None:
        return ()
    region = known.region or function.region
    if known.reserved is not None:
        return (
            (
                ("reserved", region, function.name),
                known.reserved,
                f"reserved concurrency {known.reserved} of the function",
            ),
        )
    if known.account_unreserved is None:
        return ()
    free = int(known.account_unreserved * (1 - USERS_SHARE))
    words = (
        f"unreserved concurrency {known.account_unreserved} of the account, of which {USERS_SHARE:.0%} stays free "
        "for users and the tick's targets share the rest"
    )
    return ((("unreserved", region), free, words),)
