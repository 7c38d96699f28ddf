"""The garbage collector during a run: full collections wait, what is young is collected, and all is put back."""

import gc
import weakref

import pytest

from fleet.collecting import seldom_in_full


@pytest.fixture(autouse=True)
def usual():
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def full_collections():
    return gc.get_stats()[2]["collections"]


class Circle:
    """Refers to itself, so that only the collector frees it."""

    def __init__(self):
        self.itself = self


def things_that_stay():
    """A hundred thousand containers, all alive, as a large account's versions are."""
    return [[number] for number in range(100_000)]


def test_things_that_stay_are_not_walked_again_and_again():
    gc.collect()
    before = full_collections()
    with seldom_in_full():
        inside = things_that_stay()
    assert full_collections() == before
    outside = [things_that_stay() for _ in range(3)]
    assert full_collections() > before
    assert len(inside) == len(outside[0])


def test_circles_that_die_young_are_freed_meanwhile():
    gone = []
    with seldom_in_full():
        for _ in range(20_000):
            weakref.finalize(Circle(), gone.append, 1)
        freed = len(gone)
    assert freed > 15_000


def test_it_ends_with_the_run_even_with_one_that_failed():
    @seldom_in_full()
    def run():
        seen.append(gc.get_threshold())
        return 1 // 0

    seen = []
    with pytest.raises(ZeroDivisionError):
        run()
    assert seen == [(700, 10, 1000)]
    assert gc.get_threshold() == (700, 10, 10)


def test_a_collector_that_is_switched_off_or_slower_stays_so():
    gc.set_threshold(0, 10, 5000)
    with seldom_in_full():
        assert gc.get_threshold() == (0, 10, 5000)
    assert gc.get_threshold() == (0, 10, 5000)
