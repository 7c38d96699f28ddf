"""How many environments may be asked for without hurting anyone. Pure.

A ping occupies concurrency that users may need. A function with reserved concurrency lives inside that; all others
share the account's unreserved rest, of which a part always stays free. What users occupy at present, where it is known,
is theirs too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fleet.facts import PresentUse
from fleet.model import ConcurrencyFacts, FunctionRef

# The part of the account's unreserved concurrency that pings never take, in per cent.
USERS_SHARE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many pings a target may send at once, and the limit that made it fewer than wanted; None when none did."""

    count: int
    limit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """What limits pings: concurrency by function, users' present use by region, and users' share in per cent."""

    facts: Mapping[FunctionRef, ConcurrencyFacts]
    usage: Mapping[str | None, PresentUse]
    users_share: int = USERS_SHARE


_Pool = tuple[object, int, str]


def allow(
    wanted: Sequence[tuple[FunctionRef, int]],
    facts: Mapping[FunctionRef, ConcurrencyFacts],
    usage: Mapping[str | None, PresentUse] | None = None,
    *,
    users_share: int = USERS_SHARE,
) -> tuple[Allowance, ...]:
    """One allowance for each wanted (function, count) of a tick, in the same order; the tick's targets share limits.

    Where a limit is smaller than what is wanted in all, every target gets its share in proportion, to within one, and
    nothing of the limit is left over. A limit that could not be read limits nothing. `users_share` is in per cent.
    """
    limited = Limited(facts=facts, usage=usage or {}, users_share=users_share)
    totals: dict[object, int] = {}
    for function, count in wanted:
        for pool, _, _ in _pools(function, limited):
            totals[pool] = totals.get(pool, 0) + count
    asked: dict[object, int] = {}
    return tuple(_allowance(count, _pools(function, limited), totals, asked) for function, count in wanted)


def _allowance(
    count: int,
    pools: tuple[_Pool, ...],
    totals: Mapping[object, int],
    asked: dict[object, int],
) -> Allowance:
    allowed, limit = count, None
    for pool, size, words in pools:
        before = asked.get(pool, 0)
        asked[pool] = before + count
        if totals[pool] <= size:
            continue
        # The difference of two rounded sums: rounding each share down would leave many small targets with nothing.
        share = (before + count) * size // totals[pool] - before * size // totals[pool]
        if share < allowed:
            allowed, limit = share, words
    return Allowance(count=allowed, limit=limit)


def _pools(function: FunctionRef, limited: Limited) -> tuple[_Pool, ...]:
    """The limits that hold for a function: what shares each, how many it leaves, and its name in words."""
    known = limited.facts.get(function)
    if known is None:
        return ()
    region = known.region or function.region
    use = limited.usage.get(region, PresentUse())
    if known.reserved is not None:
        return (_reserved(function, known.reserved, region, use),)
    if known.account_unreserved is None:
        return ()
    return (_unreserved(known.account_unreserved, region, use, limited.users_share),)


def _reserved(function: FunctionRef, reserved: int, region: str | None, use: PresentUse) -> _Pool:
    users = (use.functions or {}).get(function.name, 0)
    words = f"reserved concurrency {reserved} of the function"
    if users:
        words += f", of which users occupied {users} in the last minutes"
    return ("reserved", region, function.name), max(0, reserved - users), words


def _unreserved(unreserved: int, region: str | None, use: PresentUse, users_share: int) -> _Pool:
    # Rounded up: the share is the least that stays free.
    free = unreserved - -(-unreserved * users_share // 100) - (use.unreserved or 0)
    words = f"unreserved concurrency {unreserved} of the account, of which {users_share}% stays free for users"
    if use.unreserved:
        words += f", users occupied {use.unreserved} in the last minutes,"
    return ("unreserved", region), max(0, free), f"{words} and the tick's targets share the rest"
