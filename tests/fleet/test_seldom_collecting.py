"""The garbage collector during a run: full collections wait, what is young is collected, and all is put back."""

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from fleet.collecting import seldom_in_full

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def usual():
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


class Circle:
    """Refers to itself, so that only the collector frees it."""

    def __init__(self):
        self.itself = self


# In a process of its own: how much it takes for a full collection depends on all that is alive in the process.
COUNTED = """
import gc
from fleet.collecting import seldom_in_full

def full_collections():
    return gc.get_stats()[2]["collections"]

def things_that_stay():
    return [[number] for number in range(100_000)]

gc.set_threshold(700, 10, 10)
gc.collect()
start = full_collections()
with seldom_in_full():
    inside = things_that_stay()
middle = full_collections()
outside = things_that_stay()
print(middle - start, full_collections() - middle)
"""


def test_things_that_stay_are_not_walked_again_and_again():
    """A hundred thousand containers, all alive, as a large account's versions are."""
    run = subprocess.run([sys.executable, "-c", COUNTED], cwd=ROOT, capture_output=True, text=True, check=True)
    inside, outside = map(int, run.stdout.split())
    assert inside == 0
    assert outside > 0


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
