"""What only the real clock shows: the rate as the server sees it, and an end before Lambda's."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from janitor.handler import lambda_handler
from tests.janitor.fake_lambda import FakeLambda, serving

LONG_AGO = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
SWEEP = {"caretaker": {"run": "sweep"}}


class RealContext:
    """Lambda's context with so many seconds left from now on."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._end - time.monotonic()))


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[FakeLambda]:
    fake = FakeLambda()
    with serving(fake) as url:
        for name, value in {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "CARETAKER_SCHEDULES": str(tmp_path),
            "CARETAKER_STATE_TABLE": "",
            "CARETAKER_KEEP": "2",
        }.items():
            monkeypatch.setenv(name, value)
        yield fake


def test_the_server_never_sees_more_requests_in_a_second_than_the_rate(account, monkeypatch):
    monkeypatch.setenv("CARETAKER_RATE", "10")
    for number in range(25):
        account.add(f"f{number}", range(1, 4), published=LONG_AGO)
    lambda_handler(SWEEP, RealContext(60))
    # What AWS counts apart is asked at a pace of its own.
    at = [seen.at for seen in account.seen if seen.operation not in {"GetFunction", "GetPolicy"}]
    assert len(at) > 25
    # One more than the rate where one request was late on its way and the next ones were not.
    assert max(sum(1 for one in at if start <= one < start + 1.0) for start in at) <= 11


@pytest.mark.parametrize("operation", ["ListFunctions", "ListAliases"])
def test_a_server_that_does_not_answer_does_not_keep_the_run_beyond_its_time(account, operation):
    account.add("shop", range(1, 6), published=LONG_AGO)
    account.add("till", range(1, 6), published=LONG_AGO)

    def hang(seen):
        if seen.operation == operation:
            account.lock.release()
            time.sleep(4)
            account.lock.acquire()

    lambda_handler(SWEEP, RealContext(900))  # what the first run of a process loads is none of this
    account.rules.append(hang)
    context = RealContext(8)
    report = lambda_handler(SWEEP, context)
    assert context.get_remaining_time_in_millis() > 0
    assert report["ok"] is False
    assert operation in json.dumps(report)
