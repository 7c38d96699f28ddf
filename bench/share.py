"""The CPU that a process gets: one core, or the share of one that a small function has.

A share is a quota of the kernel's (`quota`); where none can be set, the process is stopped and continued by a timer
instead, which is coarser, and the bench says so.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

from bench.quota import PERIOD_US, quota, share_of

SHARE_OF_512_MB = share_of(512)


def cores() -> tuple[int, int]:
    """Two cores, for the server and for the one under test; the same one twice where there is no other."""
    available = sorted(os.sched_getaffinity(0))
    return available[0], available[-1]


@contextlib.contextmanager
def limited(pid: int, share: float | None) -> Iterator[str]:
    """Hold the process to this share of a core; how, in words."""
    if share is None:
        yield "one core"
        return
    with quota(share) as group:
        if group is None:
            with _stopped_and_continued(pid, share):
                yield f"{share:.2f} of a core, by stopping and continuing it every {PERIOD_US // 1000} ms"
            return
        group.hold(pid)
        try:
            yield f"{share:.2f} of a core, by a CFS quota every {PERIOD_US // 1000} ms"
        finally:
            group.release(pid)


@contextlib.contextmanager
def _stopped_and_continued(pid: int, share: float) -> Iterator[None]:
    over = threading.Event()
    period_s = PERIOD_US / 1e6

    def turns(wait: Callable[[float], bool]) -> None:
        while not wait(share * period_s):
            os.kill(pid, signal.SIGSTOP)
            wait((1 - share) * period_s)
            os.kill(pid, signal.SIGCONT)

    timer = threading.Thread(target=turns, args=(over.wait,), daemon=True)
    timer.start()
    try:
        yield
    finally:
        over.set()
        timer.join()
        os.kill(pid, signal.SIGCONT)
