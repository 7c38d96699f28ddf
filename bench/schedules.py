"""`python -m bench.schedules`: what schedules cost, as ratios to a yardstick taken in the same run.

A made-up fleet of 2,000 services with 10,000 targets: five targets a service, four windows with ramps, a calendar, an
override, zones on both hemispheres. Read the ratios, not the milliseconds: each is measured in turn with its yardstick,
and the best of several runs counts, because noise only ever adds.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from profiles import evaluate, instants
from profiles.compiled import compile_schedules, load_compiled
from profiles.model import ScheduleSet
from profiles.reader import read_folder
from warmer.plan import due_targets

_ROOT = Path(__file__).resolve().parent.parent
_SERVICES, _TARGETS = 2_000, 5
_ROUNDS = 5
_TICK = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
_ZONES = ("Asia/Seoul", "America/New_York", "Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata")
_PLATFORM = """\
version: 1
maxConcurrency: 500
calendars:
  holidays: ["2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01"]
"""
_SERVICE = """\
version: 1
service: service-{number:04d}
owner: team-{team}
timezone: {zone}
ping: {{shape: http-v2, host: service-{number:04d}.example.com, path: /warmz, expect: {{status: 200}}}}
profiles:
  day:
    baseline: {baseline}
    windows:
      - {{name: business-hours, days: mon-fri, from: "08:00", to: "19:00", concurrency: {mid}}}
      - {{name: rush, days: mon-fri, from: "08:{minute:02d}", to: "09:45", concurrency: {high}, rampUp: 15m}}
      - {{name: lunch, days: daily, from: "11:30", to: "13:{minute:02d}", concurrency: {mid}, rampUp: 5m}}
      - {{name: batch-night, days: fri, from: "22:00", to: "02:00", concurrency: 5}}
    dates:
      - {{calendar: holidays, like: sun}}
targets:
{targets}
overrides:
  - {{name: migration, from: "2026-11-28T22:00", until: "2026-11-29T06:00", mode: atLeast, concurrency: 30,
     reason: customer migration weekend, ticket: ID-{number}}}
versions: {{keep: 5, minSuperseded: 7d}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Seconds that something took, beside the seconds of its yardstick."""

    name: str
    ours_s: float
    yardstick: str
    yardstick_s: float
    goal: float

    def __str__(self) -> str:
        ratio = self.ours_s / self.yardstick_s
        verdict = "" if ratio <= self.goal else "   over the goal"
        return (
            f"{self.name:<46} {self.ours_s * 1000:>8.1f} ms   {self.yardstick:<34} {self.yardstick_s * 1000:>8.1f} ms"
            f"   {ratio:>5.2f}x   (goal {self.goal:.2f}x){verdict}"
        )


def write_fleet(folder: Path, services: int = _SERVICES) -> None:
    (folder / "platform.yaml").write_text(_PLATFORM, encoding="utf-8")
    for number in range(services):
        targets = "\n".join(
            f"  - {{function: service-{number:04d}-{part}, alias: live, profile: day, scale: {1 + part / 4}}}"
            for part in range(_TARGETS)
        )
        text = _SERVICE.format(
            number=number,
            team=number % 50,
            zone=_ZONES[number % len(_ZONES)],
            baseline=number % 4,
            mid=4 + number % 7,
            high=12 + number % 101,
            minute=5 * (number % 9),
            targets=targets,
        )
        (folder / f"service-{number:04d}.yaml").write_text(text, encoding="utf-8")


def best(action: Callable[[], object], before: Callable[[], object] = lambda: None, rounds: int = _ROUNDS) -> float:
    """The least seconds of several runs, each after `before`, which is not counted."""
    found = []
    for _ in range(rounds):
        before()
        gc.collect()
        start = time.perf_counter()
        action()
        found.append(time.perf_counter() - start)
    return min(found)


def forget() -> None:
    """As in a new environment: nothing resolved, nothing cached."""
    for module in (evaluate, instants):
        for member in vars(module).values():
            if hasattr(member, "cache_clear") and not isinstance(member, type):
                member.cache_clear()


def part_of(schedules: ScheduleSet, services: int) -> ScheduleSet:
    return ScheduleSet(services=schedules.services[:services], platform=schedules.platform, mistakes=())


def tick_figures(schedules: ScheduleSet, data: bytes) -> list[Figure]:
    parse = best(lambda: json.loads(data))
    first = best(lambda: due_targets(schedules, _TICK), forget)
    due_targets(schedules, _TICK)
    later = iter(_TICK + timedelta(minutes=5 * step) for step in range(1, 1000))
    second = best(lambda: due_targets(schedules, next(later)))
    return [
        Figure(name=f"{name} tick, 10,000 targets", ours_s=took, yardstick="json.loads", yardstick_s=parse, goal=3)
        for name, took in (("a new environment's first", first), ("a later", second))
    ]


def growth(schedules: ScheduleSet) -> list[str]:
    lines = []
    for targets in (2_500, 5_000, 10_000):
        part = part_of(schedules, targets // _TARGETS)
        took = best(lambda part=part: due_targets(part, _TICK), forget)  # type: ignore[misc]
        lines.append(f"{targets:>6} targets {took * 1000:>8.1f} ms {took / targets * 1e6:>6.2f} µs each")
    return lines


def load_figure(data: bytes) -> Figure:
    return Figure(
        name=f"load the compiled form ({len(data) / 1e6:.1f} MB)",
        ours_s=best(lambda: load_compiled(data, where="bench")),
        yardstick="json.loads",
        yardstick_s=best(lambda: json.loads(data)),
        goal=5,
    )


def import_figure() -> Figure:
    """In processes of their own, both from bytecode. What is not our own is imported before the clock runs."""
    ours = (
        "import boto3, botocore.auth, botocore.config, botocore.session, aws_lambda_powertools\n"
        "import aws_lambda_powertools.metrics, tzdata"
    )
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}

        def seconds(before: str, module: str) -> float:
            clock = "import time\nstart = time.perf_counter()"
            program = f"{before}\n{clock}\nimport {module}\nprint(time.perf_counter() - start)"
            command = [sys.executable, "-c", program]
            ended = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=True)
            return float(ended.stdout)

        both = [(seconds(ours, "warmer.handler"), seconds("", "boto3")) for _ in range(_ROUNDS + 1)]
    return Figure(
        name="import warmer.handler, its own modules",
        ours_s=min(ours_s for ours_s, _ in both),
        yardstick="import boto3",
        yardstick_s=min(boto3_s for _, boto3_s in both),
        goal=1 / 3,
    )


def validate_figure(folder: Path) -> Figure:
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))]
    loader = yaml.CSafeLoader

    def parse() -> None:
        for text in texts:
            yaml.load(text, loader)  # noqa: S506 - it is the safe one

    command = [sys.executable, "-m", "cli", "validate", str(folder)]
    empty = [sys.executable, "-m", "cli", "--version"]
    started = best(lambda: subprocess.run(empty, cwd=_ROOT, check=True, capture_output=True), rounds=3)
    took = best(lambda: subprocess.run(command, cwd=_ROOT, check=True, capture_output=True), rounds=2)
    return Figure(
        name=f"validate {len(texts):,} files, its start apart",
        ours_s=took - started,
        yardstick="PyYAML's C loader on them",
        yardstick_s=best(parse, rounds=2),
        goal=4,
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_fleet(folder)
        source = read_folder(folder)
        if source.errors:
            raise SystemExit(f"bench: {source.errors[0]}")
        data = compile_schedules(source)
        schedules = load_compiled(data, where="bench").schedules
        for figure in tick_figures(schedules, data):
            print(figure)
        print(load_figure(data))
        print(import_figure())
        print(validate_figure(folder))
        print("\na new environment's first tick, as the fleet grows")
        for line in growth(schedules):
            print(line)


if __name__ == "__main__":
    main()
