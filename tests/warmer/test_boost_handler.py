"""Messages on the boost topic, and the ticks after them, through the handler: real pings, and a table of moto's."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from emulator.threaded import Running
from tests.fleet import state_table
from tests.warmer.boosting import an_alarm, by_hand
from tests.warmer.lambda_machine import a_function, machine, tick, write_schedule
from tests.warmer.raw_server import serving
from tests.warmer.test_deploy_hook import HOOK, CodeDeploy

Ticked = Callable[..., dict[str, Any]]


@dataclass(slots=True)
class Account:
    """A function on the emulator, a schedule of two environments for it, and a state table."""

    service: Running
    serve: Ticked

    @property
    def environments(self) -> int:
        return len(self.service.snapshot().environments)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Account]:
    write_schedule(tmp_path / "s", baseline=2)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("CARETAKER_STATE_TABLE", "state")
    with mock_aws(), machine(a_function(tmp_path)) as service:
        state_table.made(boto3.client("dynamodb", region_name="us-east-1"))

        def serve(event: dict[str, Any] | None = None) -> dict[str, Any]:
            return tick(monkeypatch, service.endpoint, tmp_path / "s", event=event)

        yield Account(service=service, serve=serve)


def just_now(back_s: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=back_s)).isoformat(timespec="milliseconds")


def an_alarm_now(*, back_s: float = 1, level: int = 5, **fields: Any) -> dict[str, Any]:
    line = f"caretaker: boost shop at-least {level} for 30m"
    return an_alarm(**{"AlarmDescription": line, "StateChangeTime": just_now(back_s), **fields})


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """The whole tick's metrics of the last report."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    last = [line for line in lines if "_aws" in line and "schedule" not in line][-1]
    return {n: last[n][0] for n in ("Boosts", "BoostsUnread", "BoostsRefused", "TickCompleted") if n in last}


def test_an_alarm_s_boost_is_served_at_once_and_by_the_ticks_after_it_until_the_alarm_is_over(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert account.serve()["targets"][0]["covered"] == 2

    report = account.serve(an_alarm_now(back_s=3))
    (target,) = report["targets"]
    assert (report["ok"], report["outcome"], account.environments) == (True, "boost", 5)
    assert (target["wanted"], target["covered"], target["evidence"]) == (5, 5, "counted")
    assert report["reason"].startswith('started boost "shop-is-busy" of shop to at least 5 until ')
    assert report["boosts"][0]["boost"] == "shop-is-busy"
    assert metrics(capsys) == {"Boosts": 1, "BoostsUnread": 0, "BoostsRefused": 0}

    report = account.serve()
    assert (report["outcome"], report["targets"][0]["covered"], len(report["boosts"])) == ("served", 5, 1)
    assert metrics(capsys)["Boosts"] == 1

    report = account.serve(an_alarm_now(back_s=0, NewStateValue="OK"))
    assert (report["ok"], report["targets"], report["boosts"]) == (True, [], [])
    assert [change["change"] for change in report["boost_changes"]] == ["ended"]
    assert account.serve()["targets"][0]["wanted"] == 2


class Lines(logging.Handler):
    """The log's lines as they are written."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record)


def test_a_boost_is_logged_with_its_words_and_its_level(account: Account) -> None:
    lines, logger = Lines(), logging.getLogger("caretaker-warmer")
    logger.addHandler(lines)
    try:
        account.serve(by_hand(just_now(), boost="shop", atLeast=3, reason="sale", **{"for": "30m"}))
    finally:
        logger.removeHandler(lines)
    (line,) = [vars(line) for line in lines.seen if line.getMessage() == "boost"]
    assert (line["levelname"], line["change"], line["boost"], line["at_least"]) == ("INFO", "started", "by-hand", 3)
    assert line["reason"].endswith("(sale)")


def test_a_message_that_cannot_be_understood_is_a_failed_report_and_no_traceback(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    report = account.serve(by_hand(just_now(), boost="shoop", atLeast=3, **{"for": "30m"}))
    assert (report["ok"], report["outcome"], report["targets"], account.environments) == (False, "boost", [], 0)
    assert report["reason"] == 'no usable service "shoop" in the schedules, did you mean "shop"?'
    assert metrics(capsys)["BoostsRefused"] == 1


def test_boosts_that_cannot_be_read_leave_the_tick_as_scheduled_and_the_report_says_so(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account.serve(an_alarm_now())
    monkeypatch.setenv("CARETAKER_STATE_TABLE", "elsewhere")
    report = account.serve()
    assert (report["ok"], report["outcome"], report["targets"][0]["wanted"]) == (True, "served", 2)
    assert report["problems"][0].startswith("the boosts were not read, so that none raises anything: dynamodb:Query")
    assert "the boosts were not read" in report["reason"]
    assert metrics(capsys) == {"Boosts": 0, "BoostsUnread": 1, "BoostsRefused": 0, "TickCompleted": 1}


def test_switched_off_a_boost_is_kept_for_later_and_no_ping_is_sent(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    boto3.client("ssm", region_name="us-east-1").put_parameter(Name="/c/switch", Value="off", Type="String")
    monkeypatch.setenv("CARETAKER_SWITCH", "/c/switch")
    report = account.serve(an_alarm_now())
    assert (report["outcome"], report["targets"], account.environments) == ("switched-off", [], 0)
    assert report["reason"].startswith('started boost "shop-is-busy"')
    assert 'the kill switch /c/switch says "off"' in report["reason"]
    monkeypatch.delenv("CARETAKER_SWITCH")
    assert account.serve()["targets"][0]["covered"] == 5


def test_a_deployment_s_new_version_is_warmed_at_the_boosted_level(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.serve(an_alarm_now())
    with serving(CodeDeploy()) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CODEDEPLOY", server.endpoint)
        report = account.serve(HOOK)
    assert (report["outcome"], report["targets"][0]["wanted"]) == ("deployment", 5)
