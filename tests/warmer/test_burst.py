"""The dispatch over real sockets: what arrives, when, and what every way of failing becomes."""

import base64
import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from fleet.model import Answer, BurstResult, FunctionRef, Lost, Ping
from fleet.ports import Endpoint, SignedRequest, Unreachable
from fleet.wire import client_context
from tests.warmer.builders import a_ping
from tests.warmer.raw_server import RawServer, Request, http_reply, refusing, serving
from warmer.burst import send_burst
from warmer.dispatch import Dispatch
from warmer.pace import Window


class FakeInvoker:
    """Requests without a signature, to wherever the test serves."""

    def __init__(self, port: int, *, host: str = "127.0.0.1", ca_bundle: Path | None = None) -> None:
        self.port, self.host, self.ca_bundle, self.signed_requests = port, host, ca_bundle, 0

    def endpoint(self, function: FunctionRef) -> Endpoint:
        scheme = "https" if self.ca_bundle else "http"
        return Endpoint(scheme=scheme, host=self.host, port=self.port, ca_bundle=str(self.ca_bundle or "") or None)

    def signed(self, ping: Ping, *, release_at_ms: int) -> SignedRequest:
        self.signed_requests += 1
        headers = (
            ("Host", f"127.0.0.1:{self.port}"),
            ("Content-Length", str(len(ping.payload))),
            ("X-Amz-Client-Context", client_context(ping, release_at_ms=release_at_ms)),
        )
        return SignedRequest(method="POST", target="/invocations", headers=headers, body=ping.payload)


def soon(seconds: float) -> float:
    return time.monotonic() + seconds


def burst(server: RawServer, ping: Ping, *, hold_ms: int = 100, seconds: float = 20.0) -> BurstResult:
    return send_burst(
        FakeInvoker(server.port),
        ping,
        Window(hold_ms=hold_ms),
        deadline=time.monotonic() + seconds,
        dispatch=Dispatch(),
    )


def answer_ok(connection: socket.socket, request: Request) -> None:
    connection.sendall(http_reply(b'{"statusCode":200}', headers="X-Amz-Executed-Version: 7\r\n"))


def block_of(request: Request) -> dict[str, object]:
    context = json.loads(base64.b64decode(request.header("x-amz-client-context") or ""))
    block = json.loads(context["custom"]["caretaker"])
    assert isinstance(block, dict)
    return block


def test_every_ping_arrives_whole_once_and_is_answered() -> None:
    with serving(answer_ok) as server:
        result = burst(server, a_ping(count=20))

        assert len(server.requests) == 20
        assert {request.body for request in server.requests} == {b'{"source":"caretaker"}'}
        assert [outcome.status for outcome in result.outcomes if isinstance(outcome, Answer)] == [200] * 20
        assert all(isinstance(o, Answer) and o.executed_version == "7" for o in result.outcomes)


def test_no_request_is_whole_before_the_release() -> None:
    with serving(answer_ok) as server:
        result = burst(server, a_ping(count=50))

    first_release_ms = result.released_ms - result.spread_ms
    assert min(request.whole_at for request in server.requests) * 1000 >= first_release_ms


def test_one_signature_and_one_release_instant_serve_the_whole_burst() -> None:
    with serving(answer_ok) as server:
        invoker = FakeInvoker(server.port)
        asked_ms = time.time() * 1000
        result = send_burst(
            invoker,
            a_ping(count=10),
            Window(hold_ms=300),
            deadline=time.monotonic() + 20,
            dispatch=Dispatch(),
        )

        assert invoker.signed_requests == 1
        assert {block_of(request)["release_at_ms"] for request in server.requests} == {result.release_at_ms}
        assert block_of(server.requests[0])["of"] == 10
        # The hold is after the dispatch, which is after the asking; a dispatch that was late takes away of it.
        assert result.release_at_ms >= int(asked_ms + 300)
        assert result.release_at_ms - result.released_ms <= 301


def reset(connection: socket.socket, request: Request) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def cut_mid_reply(connection: socket.socket, request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{")


def garbage(connection: socket.socket, request: Request) -> None:
    connection.sendall(b"\x00\xffnot http at all\r\n\r\n")


def say_nothing(connection: socket.socket, request: Request) -> None:
    threading.Event().wait(60)


def trickle(connection: socket.socket, request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n")
    for _ in range(300):
        connection.sendall(b" ")
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (reset, "the answer broke off"),
        (cut_mid_reply, "the answer broke off"),
        (garbage, "the answer broke off"),
        (say_nothing, "no complete answer in time"),
        (trickle, "no complete answer in time"),
    ],
)
def test_a_fault_loses_its_ping_alone_and_nothing_is_sent_again(
    fault: Callable[[socket.socket, Request], None], words: str
) -> None:
    def one_in_four(connection: socket.socket, request: Request) -> None:
        (fault if request.index == 1 else answer_ok)(connection, request)

    with serving(one_in_four) as server:
        result = burst(server, a_ping(count=4, timeout_s=3))

        lost = [outcome.reason for outcome in result.outcomes if isinstance(outcome, Lost)]
        assert len(lost) == 1
        assert lost[0].startswith(words)
        assert len(server.requests) == 4


def test_a_healthy_answer_whose_first_byte_is_slow_is_an_answer() -> None:
    def slow(connection: socket.socket, request: Request) -> None:
        time.sleep(1.2)
        answer_ok(connection, request)

    with serving(slow) as server:
        result = burst(server, a_ping(count=3))

    assert all(isinstance(outcome, Answer) for outcome in result.outcomes)


def test_the_deadline_ends_replies_that_trickle_on_connections_to_be_closed() -> None:
    def trickle_and_close(connection: socket.socket, request: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 500\r\n\r\n")
        for _ in range(200):
            connection.sendall(b" ")
            time.sleep(0.1)

    with serving(trickle_and_close) as server:
        started = time.monotonic()
        result = burst(server, a_ping(count=20, timeout_s=60), seconds=3)

    assert time.monotonic() - started < 15
    assert {outcome.reason for outcome in result.outcomes if isinstance(outcome, Lost)} == {
        "no complete answer in time"
    }
    assert not [thread for thread in threading.enumerate() if thread.name == "reader"]


def test_the_deadline_ends_the_wait_whatever_the_pings_timeout() -> None:
    with serving(say_nothing) as server:
        started = time.monotonic()
        result = burst(server, a_ping(count=3, timeout_s=60), seconds=3)

    assert time.monotonic() - started < 30
    assert all(isinstance(outcome, Lost) for outcome in result.outcomes)


def test_an_endpoint_that_refuses_connections_is_one_clear_error() -> None:
    with refusing() as port:
        refused = f"no connection to 127.0.0.1:{port}: Connection refused; check AWS_ENDPOINT"
        with pytest.raises(Unreachable, match=refused):
            send_burst(FakeInvoker(port), a_ping(), Window(hold_ms=10), deadline=soon(5), dispatch=Dispatch())


def test_connections_that_nobody_accepts_do_not_outlast_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as stack:
        for _ in range(4):  # fill the queue, so that further connections get no answer at all
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        started = time.monotonic()
        with pytest.raises(Unreachable, match="timed out"):
            send_burst(
                FakeInvoker(listener.getsockname()[1]),
                a_ping(count=100),
                Window(hold_ms=10),
                deadline=time.monotonic() + 1.5,
                dispatch=Dispatch(),
            )

    assert time.monotonic() - started < 8


def test_a_name_that_cannot_be_resolved_is_one_clear_error() -> None:
    invoker = FakeInvoker(443, host="lambda.nowhere.invalid")

    with pytest.raises(Unreachable, match=r"the name lambda\.nowhere\.invalid cannot be resolved"):
        send_burst(invoker, a_ping(), Window(hold_ms=10), deadline=soon(5), dispatch=Dispatch())


def a_tls_server(folder: Path) -> tuple[ssl.SSLContext, Path]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return context, folder / "ca.pem"


def test_over_tls_the_pings_arrive_together_too(tmp_path: Path) -> None:
    tls, ca_bundle = a_tls_server(tmp_path)
    with serving(answer_ok, tls=tls) as server:
        invoker = FakeInvoker(server.port, ca_bundle=ca_bundle)
        result = send_burst(
            invoker,
            a_ping(count=20),
            Window(hold_ms=100),
            deadline=time.monotonic() + 20,
            dispatch=Dispatch(),
        )

    assert [outcome.status for outcome in result.outcomes if isinstance(outcome, Answer)] == [200] * 20


def test_a_server_that_the_bundle_does_not_trust_is_one_clear_error(tmp_path: Path) -> None:
    tls, _ = a_tls_server(tmp_path)
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    with serving(answer_ok, tls=tls) as server, pytest.raises(Unreachable, match="certificate verify failed"):
        send_burst(
            FakeInvoker(server.port, ca_bundle=tmp_path / "other.pem"),
            a_ping(),
            Window(hold_ms=10),
            deadline=time.monotonic() + 5,
            dispatch=Dispatch(),
        )
