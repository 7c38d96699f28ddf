"""How a burst is shared between the versions behind a weighted alias."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warmer.sides import Side, sides


def counts(count: int, *shares: float) -> list[int]:
    routes = [(str(index + 1), share) for index, share in enumerate(shares)]
    by_version = {side.qualifier: side.count for side in sides("live", count, routes)}
    return [by_version.get(version, 0) for version, _ in routes]


def test_an_alias_without_weights_is_pinged_by_its_own_name() -> None:
    assert sides("live", 20, ()) == (Side(qualifier="live", count=20),)


@pytest.mark.parametrize(
    ("count", "shares", "expected"),
    [
        (20, (0.9, 0.1), [18, 2]),
        (10, (0.5, 0.5), [5, 5]),
        (3, (0.9, 0.1), [2, 1]),
        (2, (0.99, 0.01), [1, 1]),
        (1, (0.9, 0.1), [1, 0]),
        (1, (0.1, 0.9), [0, 1]),
        (20, (0.999, 0.001), [19, 1]),
    ],
)
def test_each_version_gets_its_share_and_one_at_least(
    count: int, shares: tuple[float, float], expected: list[int]
) -> None:
    assert counts(count, *shares) == expected


@given(count=st.integers(1, 500), share=st.floats(0.001, 0.999))
def test_the_sides_add_up_and_none_is_off_by_more_than_one(count: int, share: float) -> None:
    main, canary = counts(count, 1 - share, share)
    assert main + canary == count
    assert abs(canary - count * share) <= 1
    assert count < 2 or min(main, canary) >= 1
