"""Python's garbage collector, kept from searching what stays. Decides nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# So many middle collections before a full one is thought of; Python's own number is 10.
_SELDOM = 1000


@contextmanager
def without_collections() -> Iterator[None]:
    """No garbage collection meanwhile: for what only makes things that are kept, and would be searched in vain.

    Threads that are at work meanwhile go without as well.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def kept_for_good() -> Iterator[None]:
    """The same for what stays as long as the process: no later collection looks at it either.

    Nor at anything else that the process made before; for the modules of a function, which it loads once.
    """
    with without_collections():
        yield
        gc.freeze()


@contextmanager
def seldom_in_full() -> Iterator[None]:
    """Inside, full collections are a hundred times rarer; afterwards all is as it was. Also a decorator.

    A full collection walks all that is alive, and comes each time that the living have grown by a quarter, which is
    what they do while an account of 100,000 versions is read. Those of what is young stay as they are, and take what
    failed requests leave in circles. Source: CPython 3.11, `Modules/gcmodule.c`, `gc_collect_generations`.
    """
    young, middle, full = gc.get_threshold()
    gc.set_threshold(young, middle, max(full, _SELDOM))
    try:
        yield
    finally:
        gc.set_threshold(young, middle, full)
