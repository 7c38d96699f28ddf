"""One application that answers its pings with whole pages does not end the warmer, and with it every other target."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.model import Answer, Lost
from tests.warmer.bursts import answers, burst, reasons
from tests.warmer.two_protocols import Exchange, serving
from warmer.dispatch import Dispatch
from warmer.flight import AnswerBytes, Flight

KB = 1024
SMALL = json.dumps({"statusCode": 200, "body": "ok"}).encode()
PAGE = json.dumps({"statusCode": 200, "body": "x" * 300 * KB}).encode()


@pytest.fixture(params=["h2", "http/1.1"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def dispatch() -> Iterator[Dispatch]:
    with Dispatch() as found:
        found.answer_bytes = AnswerBytes(1000 * KB)
        yield found


def test_answers_beyond_the_memory_set_aside_are_lost_with_a_reason_and_the_others_are_read(
    protocol: str, tmp_path: Path, dispatch: Dispatch
) -> None:
    with serving(protocol, tmp_path, lambda exchange: exchange.reply(PAGE)) as server:
        result = burst(server, dispatch, count=10)

    read = answers(result)
    assert 1 <= len(read) <= 4
    assert all(answer.payload == PAGE for answer in read)
    assert len(reasons(result)) == 10 - len(read)
    assert set(reasons(result)) == {
        "the answer is larger than the warmer has memory for beside the others: ping a route that says little"
    }
    assert server.requests == 10


def test_the_memory_is_there_again_for_the_next_burst(protocol: str, tmp_path: Path, dispatch: Dispatch) -> None:
    with serving(protocol, tmp_path, lambda exchange: exchange.reply(PAGE)) as server:
        bursts = [burst(server, dispatch, count=2) for _ in range(6)]

    assert [len(answers(result)) for result in bursts] == [2] * 6


def test_small_answers_need_no_memory_set_aside(protocol: str, tmp_path: Path, dispatch: Dispatch) -> None:
    dispatch.answer_bytes = AnswerBytes(0)
    with serving(protocol, tmp_path, lambda exchange: exchange.reply(SMALL)) as server:
        result = burst(server, dispatch, count=100)

    assert [answer.payload for answer in answers(result)] == [SMALL] * 100


def test_large_answers_of_one_burst_leave_the_small_ones_on_their_connection_whole(
    protocol: str, tmp_path: Path, dispatch: Dispatch
) -> None:
    dispatch.answer_bytes = AnswerBytes(0)
    turns, counting = iter(range(100)), threading.Lock()

    def behave(exchange: Exchange) -> None:
        with counting:
            turn = next(turns)
        exchange.reply(PAGE if turn % 2 else SMALL)

    with serving(protocol, tmp_path, behave) as server:
        result = burst(server, dispatch, count=20)

    assert [answer.payload for answer in answers(result)] == [SMALL] * 10
    assert len(reasons(result)) == 10


def test_what_a_flight_takes_it_gives_back_once() -> None:
    room = AnswerBytes(100 * KB)
    one, other = Flight(room=room), Flight(room=room)

    assert one.admits(64 * KB)
    assert one.admits(150 * KB)
    assert not other.admits(80 * KB + 64 * KB)
    assert isinstance(other.outcome, Lost)
    one.forget()
    one.forget()
    assert not room.take(101 * KB)
    assert room.take(100 * KB)


def test_an_answer_that_is_there_stays_when_more_comes() -> None:
    flight = Flight(room=AnswerBytes(0))
    flight.land(status=200, headers={}, body=b"{}", sent_ms=0.0)

    assert not flight.admits(65 * KB)
    assert isinstance(flight.outcome, Answer)
