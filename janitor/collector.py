"""Python's garbage collector while much is made that stays: a run's inventory and plan. Decides nothing.

A full collection walks all that is alive. It comes each time that the living have grown by a quarter, which is what
they do while an account of 100,000 versions is read: a fifth of the processor time went there, and found nothing.
The collections of what is young stay as they are, and take what failed requests leave in circles.

Source: CPython 3.11, `Modules/gcmodule.c`, `gc_collect_generations`.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# So many middle collections before a full one is thought of; Python's own number is 10.
_SELDOM = 1000


@contextmanager
def seldom_in_full() -> Iterator[None]:
    """Inside, full collections are a hundred times rarer; afterwards all is as it was. Also a decorator."""
    young, middle, full = gc.get_threshold()
    gc.set_threshold(young, middle, max(full, _SELDOM))
    try:
        yield
    finally:
        gc.set_threshold(young, middle, full)
