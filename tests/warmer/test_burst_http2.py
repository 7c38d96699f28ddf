"""What only HTTP/2 can do to a burst: stream limits, windows, GOAWAY, RST_STREAM, a wrong greeting."""

import time
from pathlib import Path

import pytest

from fleet.ports import Unreachable
from tests.warmer.bursts import answers, burst, only_the_second, reasons
from tests.warmer.two_protocols import Connection, Exchange, serving
from warmer.dispatch import Dispatch


@pytest.mark.parametrize("last_byte_window", [0, 1, 5])
def test_a_stream_window_that_is_almost_closed_loses_pings_but_no_time(
    last_byte_window: int, tmp_path: Path, dispatch: Dispatch
) -> None:
    with serving("h2", tmp_path, Exchange.reply, window=last_byte_window) as server:
        started = time.monotonic()
        result = burst(server, dispatch)

    assert time.monotonic() - started < 8
    assert len(answers(result)) + len(reasons(result)) == 4
    assert server.requests == len(answers(result))


def test_the_servers_stream_limit_decides_how_many_connections_there_are(tmp_path: Path, dispatch: Dispatch) -> None:
    with serving("h2", tmp_path, Exchange.reply, streams=7) as server:
        result = burst(server, dispatch, count=50)

    assert (len(answers(result)), server.requests) == (50, 50)
    assert (server.connections, server.most_streams <= 7) == (8, True)


def test_a_server_that_allows_no_streams_gets_no_ping_and_is_not_asked_again(
    tmp_path: Path, dispatch: Dispatch
) -> None:
    with serving("h2", tmp_path, Exchange.reply, streams=0) as server:
        result = burst(server, dispatch)

    assert set(reasons(result)) == {"127.0.0.1 allows no streams on a connection"}
    assert (server.requests, server.connections) == (0, 1)


def test_goaway_before_the_release_loses_its_connections_pings_and_sends_none_twice(
    tmp_path: Path, dispatch: Dispatch
) -> None:
    def early(connection: Connection, stream: int) -> None:
        if stream == 1:
            connection.go_away(0)

    with serving("h2", tmp_path, lambda exchange: time.sleep(30), early=early) as server:
        started = time.monotonic()
        result = burst(server, dispatch)

    assert time.monotonic() - started < 10
    assert set(reasons(result)) == {"the answer broke off: the server is going away (NO_ERROR)"}
    assert (len(reasons(result)), server.requests <= 4) == (4, True)


def test_goaway_after_the_release_loses_only_what_the_server_did_not_take(tmp_path: Path, dispatch: Dispatch) -> None:
    def told(exchange: Exchange) -> None:
        if exchange.index == 0:
            exchange.connection.go_away(3)
        time.sleep(0.3)
        if exchange.stream <= 3:
            exchange.reply()

    with serving("h2", tmp_path, told) as server:
        result = burst(server, dispatch)

    assert len(answers(result)) == 2
    assert reasons(result) == ["the answer broke off: the server is going away (NO_ERROR)"] * 2
    assert server.requests == 4


def test_a_stream_that_is_reset_is_lost_and_the_others_of_its_connection_are_answered(
    tmp_path: Path, dispatch: Dispatch
) -> None:
    with serving("h2", tmp_path, only_the_second(Exchange.reset_stream)) as server:
        result = burst(server, dispatch)

    assert reasons(result) == ["the answer broke off: the server reset the stream (INTERNAL_ERROR)"]
    assert (len(answers(result)), server.requests) == (3, 4)


def test_a_stream_that_is_reset_before_the_release_is_lost_alone(tmp_path: Path, dispatch: Dispatch) -> None:
    def early(connection: Connection, stream: int) -> None:
        if stream == 3:
            Exchange(connection=connection, index=0, body=b"", stream=3).reset_stream()

    with serving("h2", tmp_path, Exchange.reply, early=early) as server:
        result = burst(server, dispatch)

    assert reasons(result) == ["the answer broke off: the server reset the stream (INTERNAL_ERROR)"]
    assert (len(answers(result)), server.requests) == (3, 3)


def test_a_server_that_agrees_on_http_2_and_does_not_speak_it_is_one_clear_error(
    tmp_path: Path, dispatch: Dispatch
) -> None:
    def greeted(connection: Connection) -> None:
        connection.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving("h2", tmp_path, Exchange.reply) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "serve", greeted)
        with pytest.raises(Unreachable, match=r"no SETTINGS that HTTP/2 knows|before its SETTINGS"):
            burst(server, dispatch)
