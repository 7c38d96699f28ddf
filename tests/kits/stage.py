"""A clock that tests move, an execution environment of their own, and the context of an invocation."""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

import caretaker_kit.environment
import caretaker_kit.wrapper
from caretaker_kit.environment import Environment

NOW_MS = 1_795_305_600_000


@dataclass
class Clock:
    """Stands in for the `time` module: sleeping moves it, nothing else does."""

    now_s: float = NOW_MS / 1000
    slept_s: list[float] = field(default_factory=list)
    CLOCK_BOOTTIME = 7

    def time(self) -> float:
        return self.now_s

    def monotonic(self) -> float:
        return self.now_s

    def clock_gettime(self, _which: int) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept_s.append(seconds)
        self.now_s += seconds

    def pass_ms(self, milliseconds: float) -> None:
        self.now_s += milliseconds / 1000


# What the fixture `stage` gives.
Stage = tuple[Clock, Environment]


def set_stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A new environment on a clock of its own, in place of the process's."""
    clock = Clock()
    monkeypatch.setattr(caretaker_kit.environment, "time", clock)
    monkeypatch.setattr(caretaker_kit.wrapper, "time", clock)
    environment = Environment()
    monkeypatch.setattr(caretaker_kit.environment, "ENVIRONMENT", environment)
    monkeypatch.setattr(caretaker_kit.wrapper, "ENVIRONMENT", environment)
    return clock, environment


def block_text(
    *, release_at_ms: object = NOW_MS + 100, max_hold_ms: object = 2000, prime: object = None, burst: object = "0f8c"
) -> str:
    block = {"v": 1, "burst": burst, "of": 5, "release_at_ms": release_at_ms, "max_hold_ms": max_hold_ms}
    if prime is not None:
        block["prime"] = prime
    return json.dumps(block)


def invocation(client_context: Any = None, *, remaining_ms: int = 10_000) -> Any:
    """The context object as Lambda's runtime client makes it."""
    surfaced = None
    if client_context is not None:
        surfaced = SimpleNamespace(custom=client_context.get("custom"), client=None, env=None)
    return SimpleNamespace(client_context=surfaced, get_remaining_time_in_millis=lambda: remaining_ms)


def ping(text: Any, *, remaining_ms: int = 10_000) -> Any:
    return invocation({"custom": {"caretaker": text}}, remaining_ms=remaining_ms)
