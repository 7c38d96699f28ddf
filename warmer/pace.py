"""How long the pings of a target must stay in flight, from what its earlier bursts showed. Pure.

The hold is what a warmer costs. It has to cover the spread of arrivals and nothing else, and both the spread and the
way to the target differ from target to target, so they are learnt. What is learnt lives in memory between ticks;
without it the first burst starts from a default that is wide enough for a slow warmer.
"""

from dataclasses import dataclass

# The default window, which no measured spread came near.
_START_MS = 150
_START_MS_PER_PING = 4
# A learnt window: this many times the greatest recent spread, and a margin for what the next tick may bring.
_SPREADS = 3
_MARGIN_MS = 40
# Kits hold no longer than 2000 ms, whatever they are asked: the contract's default limit.
LONGEST_MS = 1900
_TOP_UP_FACTOR = 3
# How fast an old, wide spread is forgotten.
_FORGETTING = 0.7
# A clock further off than this tells no time: what it says is a wrong unit or a constant.
_MOST_LAG_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a target's bursts showed.

    `spread_ms` is from the first to the last arrival of warm pings. `lag_ms` is from the dispatch by the warmer's clock
    to the arrival by the target's: the way there, and the difference of the two clocks.
    """

    spread_ms: float
    lag_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When the pings of a burst are released: `hold_ms` after they are expected, `lag_ms` late, at the target."""

    hold_ms: int
    lag_ms: int = 0


def first_window(learnt: Learnt | None, count: int) -> Window:
    """The window of a tick's first round; never wider than the default one."""
    start_ms = min(_START_MS + _START_MS_PER_PING * count, LONGEST_MS)
    if learnt is None:
        return Window(hold_ms=start_ms)
    return Window(hold_ms=min(start_ms, round(_SPREADS * learnt.spread_ms) + _MARGIN_MS), lag_ms=round(learnt.lag_ms))


def wider_window(learnt: Learnt | None, count: int, *, again: int = 1) -> Window:
    """The window of the round after one that fell short, for the `again`-th time."""
    lag_ms = round(learnt.lag_ms) if learnt is not None else 0
    hold_ms = first_window(None, count).hold_ms * _TOP_UP_FACTOR**again
    return Window(hold_ms=min(hold_ms, LONGEST_MS), lag_ms=lag_ms)


def learn(before: Learnt | None, *, spread_ms: float | None, lag_ms: float | None) -> Learnt | None:
    """What is known after a burst.

    A burst teaches nothing when no warm ping told when it arrived (None of both), or when the target's clock is beyond
    belief: the release would follow it there.
    """
    if spread_ms is None or lag_ms is None or abs(lag_ms) > _MOST_LAG_MS:
        return before
    remembered_ms = before.spread_ms * _FORGETTING if before is not None else 0.0
    return Learnt(spread_ms=max(spread_ms, remembered_ms), lag_ms=lag_ms)
