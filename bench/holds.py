"""`python -m bench.holds`: how long a ping is held, and whether the burst reaches all while the hold grows short.

One target of a hundred environments with the kit, in a process and on a core of their own; the last used environment
is taken again first, which is the order that asks most of a warmer. The first tick starts all of them; each later one
learns from those before it. A hold is what the kit reports: from the ping's arrival to the release.
"""

import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from bench.burst import ended, serving, started, told
from bench.share import SHARE_OF_512_MB, cores, limited
from bench.tick import compiled

_COUNT = 100
_TICKS = 21
# The ticks in which the window is still learnt, the one that starts the environments among them.
_LEARNING = 8
_COLD_S = 0.2
_GOAL_MS = 15


def ticks(protocols: str, share: float | None) -> tuple[list[dict[str, Any]], str]:
    """So many ticks of one warm process, and what CPU it had."""
    with tempfile.TemporaryDirectory() as folder, serving(protocols, _COLD_S, kit=True) as server:
        schedules = compiled(Path(folder), level=_COUNT, services=1, targets=1)
        environment = {**server.environment, "CARETAKER_SCHEDULES": schedules}
        with (
            ended(started("bench.tick", "ticks", core=cores()[1], environment=environment)) as process,
            limited(process.pid, share) as held,
        ):
            return [json.loads(told(process)) for _ in range(_TICKS)], held


def main() -> None:
    for share in (None, SHARE_OF_512_MB):
        for name, protocols in (("HTTP/2", "h2,http/1.1"), ("HTTP/1.1", "http/1.1")):
            found, held = ticks(protocols, share)
            holds = [each["hold_ms"] for each in found]
            late = holds[_LEARNING:]
            short = sum(each["covered"] < _COUNT for each in found)
            again = sum(each["rounds"] > 1 for each in found)
            print(
                f"hold, {_COUNT} pings over {name} on {held}: median {statistics.median(late):.0f} ms, most "
                f"{max(late):.0f} (goal: {_GOAL_MS} ms); {short} of {len(found)} ticks short, {again} with a second "
                f"round; while learning: {', '.join(f'{hold:.0f}' for hold in holds[1:_LEARNING])}",
                flush=True,
            )


if __name__ == "__main__":
    main()
