"""The fault table: every way in which an endpoint can fail a burst, over HTTP/1.1 and over HTTP/2, on real sockets."""

import json
import select
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from fleet.model import FunctionRef, Lost
from fleet.ports import Endpoint, Unreachable
from tests.warmer.builders import a_ping
from tests.warmer.bursts import Told, answers, burst, only_the_second, reasons
from tests.warmer.raw_server import refusing
from tests.warmer.test_burst import FakeInvoker
from tests.warmer.two_protocols import Exchange, serving
from warmer.burst import send_burst
from warmer.dispatch import Dispatch
from warmer.pace import Window


@pytest.fixture(params=["h2", "http/1.1"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("count", [1, 100, 250])
def test_every_ping_arrives_whole_once_and_is_answered(
    count: int, protocol: str, tmp_path: Path, dispatch: Dispatch
) -> None:
    bodies = []

    def noted(exchange: Exchange) -> None:
        bodies.append(exchange.body)
        exchange.reply()

    with serving(protocol, tmp_path, noted) as server:
        result = burst(server, dispatch, count=count, seconds=120)

    assert [answer.status for answer in answers(result)] == [200] * count
    assert (server.requests, set(bodies)) == (count, {b'{"source":"caretaker"}'})
    assert server.connections == (count if protocol == "http/1.1" else -(-count // 100))


@pytest.mark.parametrize(
    "reason",
    [
        "ReservedFunctionConcurrentInvocationLimitExceeded",
        "ConcurrentInvocationLimitExceeded",
        "FunctionInvocationRateLimitExceeded",
        "ReservedFunctionInvocationRateLimitExceeded",
        "CallerRateLimitExceeded",
        "ConcurrentSnapshotCreateLimitExceeded",
    ],
)
def test_a_throttle_tells_its_reason_and_is_not_tried_again(
    reason: str, protocol: str, tmp_path: Path, dispatch: Dispatch
) -> None:
    body = json.dumps({"Reason": reason, "Type": "User", "message": "Rate Exceeded."}).encode()
    with serving(protocol, tmp_path, only_the_second(lambda each: each.reply(body, status=429))) as server:
        result = burst(server, dispatch)

    assert sorted(answer.status for answer in answers(result)) == [200, 200, 200, 429]
    assert [answer.throttle_reason for answer in answers(result) if answer.status == 429] == [reason]
    assert server.requests == 4


@pytest.mark.parametrize("status", [403, 500, 502, 503])
def test_an_error_of_the_service_is_that_pings_answer(
    status: int, protocol: str, tmp_path: Path, dispatch: Dispatch
) -> None:
    body = b'{"message":"Signature expired: 20261121T060000Z is now earlier than 20261121T070000Z"}'
    with serving(protocol, tmp_path, only_the_second(lambda each: each.reply(body, status=status))) as server:
        result = burst(server, dispatch)

    assert sorted(answer.status for answer in answers(result)) == [200, 200, 200, status]
    assert (body in [answer.payload for answer in answers(result)], server.requests) == (True, 4)


def reset_connection(exchange: Exchange) -> None:
    exchange.others_are_out()
    exchange.connection.reset()


def cut_mid_reply(exchange: Exchange) -> None:
    exchange.others_are_out()
    exchange.begin(500)
    exchange.more(b"{")
    exchange.connection.close()


def garbage(exchange: Exchange) -> None:
    exchange.others_are_out()
    exchange.connection.raw(b"\x00\x00\x05not http at all" + bytes(range(64)))
    exchange.connection.close()


def say_nothing(exchange: Exchange) -> None:
    time.sleep(30)


def trickle(exchange: Exchange) -> None:
    exchange.begin(500)
    for _ in range(300):
        exchange.more(b" ")
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (reset_connection, "the answer broke off"),
        (cut_mid_reply, "the answer broke off"),
        (garbage, "the answer broke off"),
        (say_nothing, "no complete answer in time"),
        (trickle, "no complete answer in time"),
    ],
)
def test_a_fault_loses_its_ping_alone_and_nothing_is_sent_again(
    fault: Told, words: str, protocol: str, tmp_path: Path, dispatch: Dispatch
) -> None:
    with serving(protocol, tmp_path, only_the_second(fault)) as server:
        started = time.monotonic()
        result = burst(server, dispatch, timeout_s=3)

    assert time.monotonic() - started < 20
    assert [reason.startswith(words) for reason in reasons(result)] == [True]
    assert (len(answers(result)), server.requests) == (3, 4)


def test_a_healthy_answer_whose_first_byte_is_slow_is_an_answer(
    protocol: str, tmp_path: Path, dispatch: Dispatch
) -> None:
    def slow(exchange: Exchange) -> None:
        time.sleep(1.2)
        exchange.reply()

    with serving(protocol, tmp_path, slow) as server:
        result = burst(server, dispatch)

    assert len(answers(result)) == 4
    assert all(answer.received_ms - answer.sent_ms > 1000 for answer in answers(result))


def test_replies_larger_than_any_window_are_read_to_their_ends(
    protocol: str, tmp_path: Path, dispatch: Dispatch
) -> None:
    large = json.dumps({"statusCode": 200, "body": "x" * 3_000_000}).encode()
    with serving(protocol, tmp_path, lambda exchange: exchange.reply(large)) as server:
        result = burst(server, dispatch, count=3)

    assert [answer.payload == large for answer in answers(result)] == [True] * 3


def test_payloads_larger_than_the_servers_windows_are_sent_as_it_takes_them(
    protocol: str, tmp_path: Path, dispatch: Dispatch
) -> None:
    payload = json.dumps({"source": "caretaker", "more": "x" * 200_000}).encode()
    bodies = []

    def noted(exchange: Exchange) -> None:
        bodies.append(exchange.body)
        exchange.reply()

    with serving(protocol, tmp_path, noted) as server:
        result = burst(server, dispatch, count=3, payload=payload)

    assert (len(answers(result)), bodies) == (3, [payload] * 3)


def test_connections_that_are_refused_are_asked_for_again_before_anything_is_sent(
    tmp_path: Path, dispatch: Dispatch
) -> None:
    with serving("http/1.1", tmp_path, Exchange.reply, refused=lambda index: index in {1, 3, 5, 9}) as server:
        result = burst(server, dispatch, count=8)

    assert (len(answers(result)), server.requests) == (8, 8)


def test_what_cannot_be_opened_is_lost_and_the_rest_is_sent(tmp_path: Path, dispatch: Dispatch) -> None:
    with serving("http/1.1", tmp_path, Exchange.reply, refused=lambda index: index >= 5) as server:
        result = burst(server, dispatch, count=10)

    assert (len(answers(result)), server.requests) == (5, 5)
    assert all("no connection to 127.0.0.1" in reason for reason in reasons(result))
    assert not any(outcome.sent for outcome in result.outcomes if isinstance(outcome, Lost))


def test_a_dead_endpoint_does_not_hold_up_another_targets_burst(
    protocol: str, tmp_path: Path, dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warmer.connections._CONNECT_TIMEOUT_S", 60.0)
    with socket.create_server(("127.0.0.1", 0)) as silent, serving(protocol, tmp_path, Exchange.reply) as server:
        # It takes connections and says nothing: TLS does not come up for as long as it is there.
        dead = FakeInvoker(silent.getsockname()[1], ca_bundle=server.ca_bundle)

        def wait_in_vain() -> None:
            with pytest.raises(Unreachable, match=r"no connection to 127\.0\.0\.1"):
                send_burst(
                    dead, a_ping(count=50), Window(hold_ms=10), deadline=time.monotonic() + 90, dispatch=dispatch
                )

        waiting = threading.Thread(target=wait_in_vain)
        waiting.start()
        assert select.select([silent], [], [], 60)[0], "the dead endpoint was not asked"
        result = burst(server, dispatch, count=20)
        still_waiting = waiting.is_alive()
    waiting.join()

    assert (len(answers(result)), still_waiting) == (20, True)


class BehindProxy(FakeInvoker):
    """An endpoint for which the environment names a proxy."""

    def endpoint(self, function: FunctionRef) -> Endpoint:
        return replace(super().endpoint(function), proxy="proxy.example.com:3128")


def test_an_endpoint_that_only_a_proxy_reaches_is_told_from_one_that_is_down(dispatch: Dispatch) -> None:
    told = r"Connection refused.*HTTPS_PROXY names proxy\.example\.com:3128"
    with refusing() as port, pytest.raises(Unreachable, match=told):
        send_burst(BehindProxy(port), a_ping(), Window(hold_ms=10), deadline=time.monotonic() + 5, dispatch=dispatch)


def test_a_plain_port_behind_https_is_told_from_a_certificate_that_is_not_trusted(
    tmp_path: Path, dispatch: Dispatch
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse_once() -> None:
            opened, _ = listener.accept()
            with opened:
                opened.recv(65_536)
                opened.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        plain = threading.Thread(target=refuse_once)
        plain.start()
        told = FakeInvoker(listener.getsockname()[1], ca_bundle=tmp_path / "ca.pem")
        with pytest.raises(Unreachable, match="it does not speak TLS as we do"):
            send_burst(told, a_ping(), Window(hold_ms=10), deadline=time.monotonic() + 60, dispatch=dispatch)
        plain.join()
