"""Ticks of a warmer against an environment pool: one memory, as in one environment of the warmer function."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from fleet.aws.invoke import SigningInvoker
from fleet.facts import QualifierFacts, Qualifiers
from fleet.model import ConcurrencyFacts, FunctionRef
from tests.warmer.builders import TUESDAY_NOON, a_service, a_target, schedules
from tests.warmer.environment_pool import Pool
from warmer.memory import Memory
from warmer.report import TargetReport
from warmer.tick import World, run_tick

Opened = Callable[[Pool], Pool]
_INTERVAL = timedelta(minutes=5)


class NoLimits:
    """Nothing is known of the limits."""

    def prepare(self, region: str | None) -> None:
        pass

    def of(self, function: FunctionRef) -> ConcurrencyFacts:
        return ConcurrencyFacts(region=function.region)


class Weighted:
    """The alias sends so much of its traffic to each version."""

    def __init__(self, **shares: float) -> None:
        self.routes = tuple((version.removeprefix("v"), share) for version, share in shares.items())

    def configuration(self, function: FunctionRef, qualifier: str) -> QualifierFacts:
        return QualifierFacts(state="Active")

    def routing(self, function: FunctionRef, qualifier: str, known: QualifierFacts) -> QualifierFacts:
        return replace(known, routes=self.routes)


@dataclass(slots=True, kw_only=True)
class Warmer:
    """A warmer of one target, whose ticks come every five minutes of the pool's time."""

    pool: Pool
    wanted: int
    memory: Memory = field(default_factory=Memory)
    qualifiers: Qualifiers | None = None
    instant: datetime = TUESDAY_NOON

    def tick(self, *, seconds: float = 60.0, minutes: float = 5.0) -> TargetReport:
        """One tick, with so many seconds to work in; so many minutes pass after it."""
        world = World(
            invoker=SigningInvoker(),
            limits=NoLimits(),
            qualifiers=self.qualifiers,
            deadline=time.monotonic() + seconds,
            memory=self.memory,
        )
        [report] = run_tick(schedules(a_service(a_target(), baseline=self.wanted)), self.instant, world)
        self.instant += _INTERVAL
        self.pool.pass_minutes(minutes)
        return report

    def ticks(self, count: int) -> Sequence[TargetReport]:
        return [self.tick() for _ in range(count)]


def reach(monkeypatch: pytest.MonkeyPatch, pool: Pool) -> None:
    """Pings go to the pool."""
    for name, value in {
        "AWS_ENDPOINT_URL_LAMBDA": pool.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
