"""How long the pings of a target must stay in flight, from what its earlier bursts showed. Pure.

The hold is what a warmer costs. It has to cover the spread of arrivals and nothing else, and both the spread and the
way to the target differ from target to target, so they are learnt. What is learnt lives in memory between ticks;
without it the first burst starts from a default that is wide enough for a slow warmer.
"""

from dataclasses import dataclass

# The default window, which no measured spread came near.
_START_MS = 150
_START_MS_PER_PING = 4
# A learnt window: this many times the greatest recent spread, and a margin for what the next tick may bring. Each tick
# that reaches all in its first round makes the margin smaller; one that does not brings it back.
_SPREADS = 2
_MARGIN_MS = 40.0
_LEAST_MARGIN_MS = 6.0
_NARROWING = 0.7
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

    `spread_ms` is from the first to the last arrival of warm pings, and how far the dispatch itself was late; None
    until there were warm pings. `lag_ms` is from the dispatch by the warmer's clock to the arrival by the target's: the
    way there, and the difference of the two clocks. `margin_ms` is what the next window adds.
    """

    spread_ms: float | None
    lag_ms: float
    margin_ms: float = _MARGIN_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When the pings of a burst are released: `hold_ms` after they are expected, `lag_ms` late, at the target."""

    hold_ms: int
    lag_ms: int = 0


def first_window(learnt: Learnt | None, count: int) -> Window:
    """The window of a tick's first round; never wider than the default one. One ping has none to overlap: no hold."""
    start_ms = min(_START_MS + _START_MS_PER_PING * count, LONGEST_MS)
    if count <= 1:
        start_ms = 0
    if learnt is None:
        return Window(hold_ms=start_ms)
    hold_ms = start_ms if learnt.spread_ms is None else round(_SPREADS * learnt.spread_ms + learnt.margin_ms)
    return Window(hold_ms=min(start_ms, hold_ms), lag_ms=round(learnt.lag_ms))


def wider_window(learnt: Learnt | None, count: int, *, again: int = 1) -> Window:
    """The window of the round after one that fell short, for the `again`-th time."""
    lag_ms = round(learnt.lag_ms) if learnt is not None else 0
    hold_ms = first_window(None, count).hold_ms * _TOP_UP_FACTOR**again
    return Window(hold_ms=min(hold_ms, LONGEST_MS), lag_ms=lag_ms)


def learn(
    before: Learnt | None,
    *,
    spread_ms: float | None,
    lag_ms: float | None,
    late_ms: float = 0.0,
    reached_all: bool = False,
) -> Learnt | None:
    """What is known after a burst.

    `late_ms` is how much of the hold was over when the last ping left, `reached_all` whether it reached every
    environment that it asked for. A burst of cold pings has no spread (None) and may tell the difference of the clocks;
    one teaches nothing where no ping told when it arrived (no lag), or where the target's clock is beyond belief: the
    release would follow it there.
    """
    if lag_ms is None or abs(lag_ms) > _MOST_LAG_MS:
        return before
    if spread_ms is None:
        # Cold pings tell the clocks apart and no more; what warm ones have told is better.
        return before or Learnt(spread_ms=None, lag_ms=lag_ms)
    remembered_ms = (before.spread_ms or 0.0) * _FORGETTING if before is not None else 0.0
    margin_ms = before.margin_ms if before is not None else _MARGIN_MS
    return Learnt(
        spread_ms=max(spread_ms + max(0.0, late_ms), remembered_ms),
        lag_ms=lag_ms,
        margin_ms=max(_LEAST_MARGIN_MS, margin_ms * _NARROWING) if reached_all else _MARGIN_MS,
    )
