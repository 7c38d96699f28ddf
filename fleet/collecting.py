"""Work without garbage collection. Knows nothing else."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
