"""Which versions a burst goes to: behind a weighted alias both, each by its own number. Pure.

An alias sends a ping to one version by chance, so N pings to it warm N environments of which nobody knows whose. Sent
by version, each side gets its share for certain.
Source: Lambda developer guide, "Implement Lambda canary deployments using a weighted alias".
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A qualifier that gets `count` of a target's pings."""

    qualifier: str
    count: int


def sides(qualifier: str, count: int, routes: Sequence[tuple[str, float]]) -> tuple[Side, ...]:
    """How `count` pings to `qualifier` are shared among the versions behind it; one side where no weights are set.

    In proportion to the shares, to within one ping, and one at least for each side as far as there are pings enough.
    """
    if len(routes) < 2 or count < 1:
        return (Side(qualifier=qualifier, count=count),)
    whole = [int(count * share) for _, share in routes]
    # What rounding down leaves goes first to a side that would have nothing, then to the greatest remainder.
    order = sorted(range(len(routes)), key=lambda index: (whole[index] > 0, whole[index] - count * routes[index][1]))
    for index in order[: count - sum(whole)]:
        whole[index] += 1
    return tuple(
        Side(qualifier=version, count=pings) for (version, _), pings in zip(routes, whole, strict=True) if pings
    )
