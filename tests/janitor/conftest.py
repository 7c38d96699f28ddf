"""A whole janitor on real adapters: a strict fake Lambda over HTTP, DynamoDB by moto, a clock that tests move."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from fleet.aws import rate as rate_module
from fleet.aws.clients import client
from janitor import handler
from tests.fleet import state_table
from tests.janitor.fake_lambda import FakeLambda, serving

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SCHEDULED = {"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-11-24T12:00:00Z"}


@dataclass
class Context:
    """Lambda's context: `left_ms` is asked for, and counts down by `step_ms` at each question."""

    left_ms: int = 900_000
    step_ms: int = 0

    def get_remaining_time_in_millis(self) -> int:
        self.left_ms -= self.step_ms
        return self.left_ms


@dataclass
class World:
    """The account, the settings, the clock, and a way to run the handler."""

    account: FakeLambda
    schedules: Path
    monkeypatch: pytest.MonkeyPatch
    now: datetime = NOON
    slept: list[float] = field(default_factory=list)

    def set(self, **settings: str) -> None:
        """Set CARETAKER_<name> for each keyword."""
        for name, value in settings.items():
            self.monkeypatch.setenv(f"CARETAKER_{name.upper()}", value)

    def run(self, event: Any = None, context: Context | None = None) -> dict[str, Any]:
        """One call of the handler, scheduled unless an event is given."""
        return handler.lambda_handler(SCHEDULED if event is None else event, context or Context())

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def schedule(self, text: str, file: str = "shop.yaml") -> None:
        (self.schedules / file).write_text(text, encoding="utf-8")


class Standing(FakeLambda):
    """One server for all tests, each with an account of its own behind it: the SDK's client is made only once."""

    account: FakeLambda

    def answer(self, method: str, target: str) -> tuple[int, Any]:
        return self.account.answer(method, target)


@pytest.fixture(scope="session")
def standing() -> Iterator[tuple[Standing, str]]:
    server = Standing()
    with serving(server) as url:
        yield server, url


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, standing: tuple[Standing, str]) -> Iterator[World]:
    account = FakeLambda()
    server, url = standing
    server.account = account
    for name, value in {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "Caretaker",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    it = World(account=account, schedules=tmp_path, monkeypatch=monkeypatch)
    it.set(schedules=str(tmp_path), state_table="state", mode="delete", rate="15", keep="2")

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return it.now.astimezone(tz)

    monkeypatch.setattr(handler, "datetime", Clock)
    monkeypatch.setattr(rate_module.time, "sleep", it.slept.append)
    with mock_aws():
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        state_table.made(client("dynamodb"))
        yield it
    assert account.whole_function_deletes == []
