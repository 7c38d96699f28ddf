"""`python -m bench.memory`: how much memory the warmer should have, since Lambda gives CPU in proportion to it.

At each size, in a process held to the CPU of that size: the first tick, with all imports, and a later one, of a fleet
of 300 targets with ten pings each over HTTP/2; the memory it took at most; and what a later tick costs beside the
cheapest.
"""

import json
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.burst import ended, serving, started, told
from bench.quota import share_of
from bench.share import cores, limited
from bench.tick import compiled

_SIZES_MB = (256, 512, 1024, 1769)
_LEVEL = 10
_ANSWER_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What was seen at one size; ticks in seconds."""

    memory_mb: int
    first_s: float
    later_s: float
    peak_mb: float
    covered: int
    how: str

    @property
    def gb_seconds(self) -> float:
        return self.later_s * self.memory_mb / 1024


def measured(memory_mb: int) -> Size:
    share = share_of(memory_mb)
    with tempfile.TemporaryDirectory() as folder, serving("h2,http/1.1", _ANSWER_S) as server:
        environment = {**server.environment, "CARETAKER_SCHEDULES": compiled(Path(folder), level=_LEVEL)}
        process = started("bench.tick", "ticks", core=cores()[1], environment=environment)
        with ended(process), limited(process.pid, share if share < 1 else None) as how:
            first, later = json.loads(told(process)), json.loads(told(process))
            return Size(
                memory_mb=memory_mb,
                first_s=first["wall_s"],
                later_s=later["wall_s"],
                peak_mb=_peak_mb(process.pid),
                covered=later["covered"],
                how=how,
            )


def _peak_mb(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def main() -> None:
    sizes = []
    for memory_mb in _SIZES_MB:
        sizes.append(measured(memory_mb))
        print(f"  {memory_mb} MB: {sizes[-1].how}", file=sys.stderr)
    cheapest = min(size.gb_seconds for size in sizes)
    print("| memory | first tick | a later tick | reached | peak | a tick's price |")
    print("|---:|---:|---:|---:|---:|---:|")
    for size in sizes:
        print(
            f"| {size.memory_mb} MB | {size.first_s:.1f} s | {size.later_s:.1f} s | {size.covered} of {300 * _LEVEL} "
            f"| {size.peak_mb:.0f} MB | {size.gb_seconds / cheapest:.1f}x |"
        )


if __name__ == "__main__":
    main()
