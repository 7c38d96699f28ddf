"""The kill switch in the warmer: off means no ping, unread means a tick as ever and a word about it."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.warmer.lambda_machine import a_function, machine, tick, write_schedule
from tests.warmer.raw_server import Request, http_reply, serving
from tests.warmer.test_deploy_hook import HOOK, CodeDeploy

NAME = "/caretaker/switch"


class Parameters:
    """Systems Manager's GetParameter with one parameter, or none."""

    def __init__(self, word: str | None) -> None:
        self.word = word
        self.asked: list[dict[str, Any]] = []

    def __call__(self, connection: socket.socket, request: Request) -> None:
        self.asked.append(json.loads(request.body))
        if self.word is None:
            body = json.dumps({"__type": "AccessDeniedException", "message": "not authorized to perform"}).encode()
            connection.sendall(http_reply(body, status="400 Bad Request"))
            return
        parameter = {"Name": NAME, "Type": "String", "Value": self.word, "LastModifiedDate": 1795336200.0}
        connection.sendall(http_reply(json.dumps({"Parameter": parameter}).encode()))


@pytest.fixture
def ticked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A tick under a switch with that word: its report, how often the switch was asked, and the environments made."""

    def serve(word: str | None, **event: Any) -> Any:
        write_schedule(tmp_path / "s", baseline=3)
        door = Parameters(word)
        monkeypatch.setenv("CARETAKER_SWITCH", NAME)
        monkeypatch.setattr("fleet.aws.switch._BRIEF_S", 60.0)
        with machine(a_function(tmp_path)) as service, serving(door) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", server.endpoint)
            report = tick(monkeypatch, service.endpoint, tmp_path / "s", **event)
            return report, len(door.asked), len(service.snapshot().environments)

    return serve


def test_a_switch_that_is_on_is_asked_once_a_tick_and_changes_nothing(ticked: Any) -> None:
    report, asked, environments = ticked("on")
    assert (report["ok"], report["outcome"], report["problems"]) == (True, "served", [])
    assert (asked, environments) == (1, 3)


@pytest.mark.parametrize("word", ["off", "warmer-off"])
def test_switched_off_no_ping_is_sent_and_the_report_says_why(ticked: Any, word: str) -> None:
    report, _, environments = ticked(word)
    assert (report["ok"], report["outcome"], report["targets"], environments) == (True, "switched-off", [], 0)
    assert report["reason"].startswith(f'the kill switch {NAME} says "{word}" since 2026-11-2')


def test_the_janitor_s_word_does_not_stop_the_warmer(ticked: Any) -> None:
    assert ticked("janitor-off")[2] == 3


def test_a_switch_that_cannot_be_read_stops_nothing_and_the_report_says_so(ticked: Any) -> None:
    report, _, environments = ticked(None)
    assert (report["ok"], environments) == (True, 3)
    assert "ssm:GetParameter" in report["problems"][0]
    assert "the kill switch was not read" in report["reason"]


def test_switched_off_a_tick_counts_as_none_so_that_the_heartbeat_alarm_goes_off(
    ticked: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ticked("off")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    (metrics,) = [line for line in lines if "_aws" in line]
    assert (metrics["TickCompleted"], metrics["SwitchedOff"]) == ([0.0], [1.0])


def test_a_deployment_goes_on_while_the_warmer_is_off(
    ticked: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    door = CodeDeploy()
    with serving(door) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CODEDEPLOY", server.endpoint)
        report, _, environments = ticked("off", event=HOOK)
    assert [told["status"] for told in door.told] == ["Succeeded"]
    assert (report["outcome"], environments) == ("switched-off", 0)
    assert 'says "off"' in report["reason"]
