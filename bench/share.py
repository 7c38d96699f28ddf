"""The CPU that a process gets: one core, or the share of one that a small function has.

A share is a bandwidth limit of the kernel's (CFS), as Lambda's own; the period of 20 ms is an assumption. It needs a
control group that we may write: where there is none, the process is stopped and continued by a timer instead, which
is coarser, and the bench says so.
"""

import contextlib
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

# Source: Lambda developer guide, "Configure Lambda function memory": one vCPU at 1,769 MB.
SHARE_OF_512_MB = 512 / 1769
_PERIOD_US = 20_000
_CONTROLLERS = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


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
    group = _group(share)
    if group is None:
        with _stopped_and_continued(pid, share):
            yield f"{share:.2f} of a core, by stopping and continuing it every {_PERIOD_US // 1000} ms"
        return
    try:
        (group / "cgroup.procs").write_text(str(pid))
        yield f"{share:.2f} of a core, by a CFS quota every {_PERIOD_US // 1000} ms"
    finally:
        with contextlib.suppress(OSError):
            (group.parent / "cgroup.procs").write_text(str(pid))
        with contextlib.suppress(OSError):
            group.rmdir()


def _group(share: float) -> Path | None:
    for controller in _CONTROLLERS:
        with contextlib.suppress(OSError):
            group = Path(tempfile.mkdtemp(prefix="caretaker-bench-", dir=controller))
            if _quota(group, int(share * _PERIOD_US)):
                return group
            group.rmdir()
    return None


def _quota(group: Path, quota_us: int) -> bool:
    with contextlib.suppress(OSError):
        if (group / "cpu.cfs_quota_us").exists():
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota_us))
            return True
        if (group / "cpu.max").exists():
            (group / "cpu.max").write_text(f"{quota_us} {_PERIOD_US}")
            return True
    return False


@contextlib.contextmanager
def _stopped_and_continued(pid: int, share: float) -> Iterator[None]:
    over = threading.Event()
    period_s = _PERIOD_US / 1e6

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
