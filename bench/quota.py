"""A share of one core for a process, as Lambda gives it by memory: by the kernel's CFS quota, where it may be set.

Source: Lambda developer guide, "Configure Lambda function memory": 1,769 MB are one vCPU, and CPU is in proportion.
The period of 20 ms is an assumption; Lambda's is not documented.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

MB_PER_CORE = 1769
PERIOD_US = 20_000
_VERSION_1, _VERSION_2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


def share_of(memory_mb: int) -> float:
    """The cores that a function of this memory gets: 512 MB are 0.29."""
    return memory_mb / MB_PER_CORE


class Quota:
    """A group of processes that together get `share` of one core."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hold(self, pid: int) -> None:
        """Put a process, with all its threads, into the group."""
        (self._folder / "cgroup.procs").write_text(str(pid))

    def release(self, pid: int) -> None:
        """Let it go again; a process that has ended went by itself."""
        with contextlib.suppress(OSError):
            (self._folder.parent / "cgroup.procs").write_text(str(pid))


@contextlib.contextmanager
def quota(share: float) -> Iterator[Quota | None]:
    """A group with that share; None where this machine does not let us make one (it takes root and cgroups)."""
    folder = _made(share)
    if folder is None:
        yield None
        return
    try:
        yield Quota(folder)
    finally:
        with contextlib.suppress(OSError):  # a process that just ended may still be counted
            folder.rmdir()


def _made(share: float) -> Path | None:
    name, limit_us = f"caretaker-bench-{os.getpid()}", int(share * PERIOD_US)
    for root, limits in (
        (_VERSION_1, {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": str(limit_us)}),
        (_VERSION_2, {"cpu.max": f"{limit_us} {PERIOD_US}"}),
    ):
        folder = root / name
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            for limit, text in limits.items():
                (folder / limit).write_text(text)
        except OSError:
            folder.rmdir()
            continue
        return folder
    return None
