"""One server that speaks HTTP/1.1 or HTTP/2 over TLS and misbehaves as a test tells it, request by request."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from tests.warmer.raw_server import stop_listening

# Ends a connection with RST in place of FIN.
_NO_LINGER = struct.pack("ii", 1, 0)


class Connection:
    """One connection, and the ways to ruin it."""

    def __init__(self, server: "Server", opened: ssl.SSLSocket) -> None:
        self.server, self.socket = server, opened
        self.lock = threading.Lock()
        self.h2: H2Connection | None = None
        if opened.selected_alpn_protocol() == "h2":
            self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="latin-1"))
            initial = {
                SettingCodes.MAX_CONCURRENT_STREAMS: server.streams,
                SettingCodes.INITIAL_WINDOW_SIZE: server.window,
            }
            self.h2.local_settings = Settings(client=False, initial_values=initial)

    def serve(self) -> None:
        self._serve_h1() if self.h2 is None else self._serve_h2(self.h2)

    def _serve_h1(self) -> None:
        data = b""
        while b"\r\n\r\n" not in data or not _whole(data):
            chunk = self.socket.recv(65_536)
            if not chunk:
                return
            data += chunk
        self.server.behave(Exchange(connection=self, index=self.server.arrived(), body=data.partition(b"\r\n\r\n")[2]))

    def _serve_h2(self, h2: H2Connection) -> None:
        h2.initiate_connection()
        bodies: dict[int, bytes] = {}
        self.flush()
        while data := self.socket.recv(65_536):
            with self.lock:
                found = h2.receive_data(data)
            for event in found:
                if isinstance(event, events.RequestReceived):
                    bodies[event.stream_id or 0] = b""
                    self.server.most_streams = max(self.server.most_streams, len(bodies))
                    self.server.early(self, event.stream_id or 0)
                elif isinstance(event, events.DataReceived):
                    bodies[event.stream_id or 0] += event.data or b""
                    with self.lock:
                        h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)
                elif isinstance(event, events.StreamEnded):
                    stream = event.stream_id or 0
                    exchange = Exchange(
                        connection=self, index=self.server.arrived(), body=bodies[stream], stream=stream
                    )
                    threading.Thread(target=self.server.behave, args=(exchange,), daemon=True).start()
            self.flush()

    def flush(self) -> None:
        with self.lock:
            assert self.h2 is not None
            self.socket.sendall(self.h2.data_to_send())

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def raw(self, data: bytes) -> None:
        with self.lock:
            self.socket.sendall(data)

    def go_away(self, last: int) -> None:
        """A GOAWAY that `h2` would take for the end: the server still answers what it has."""
        self.raw(b"\0\0\x08\x07\0\0\0\0\0" + struct.pack(">II", last, 0))


@dataclass
class Exchange:
    """One whole request, and the ways to answer it."""

    connection: Connection
    index: int
    body: bytes
    stream: int = 0

    def reply(self, body: bytes = b'{"statusCode":200}', *, status: int = 200, **headers: str) -> None:
        self.begin(len(body), status=status, **headers)
        self.more(body, end=True)
        if self.connection.h2 is None:
            self.connection.close()
        self.connection.server.answered()

    def others_are_out(self) -> None:
        """Wait until all other answers of a burst of four have been sent, and the caller may be taken to have them."""
        deadline = time.monotonic() + 30
        while self.connection.server.replies < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)

    def begin(self, length: int, *, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()} | {"content-length": str(length)}
        if self.connection.h2 is None:
            lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
            self.connection.raw(f"HTTP/1.1 {status} Whatever\r\nconnection: close\r\n{lines}\r\n".encode())
            return
        with self.connection.lock:
            self.connection.h2.send_headers(self.stream, [(":status", str(status)), *named.items()])
        self.connection.flush()

    def more(self, data: bytes, *, end: bool = False) -> None:
        h2 = self.connection.h2
        if h2 is None:
            self.connection.raw(data)
            return
        while True:
            with self.connection.lock:
                room = min(h2.local_flow_control_window(self.stream), h2.max_outbound_frame_size)
                if room > 0 or not data:
                    h2.send_data(self.stream, data[:room], end_stream=end and len(data) <= room)
                    data = data[room:]
            self.connection.flush()
            if not data:
                return
            time.sleep(0.002)

    def reset_stream(self) -> None:
        assert self.connection.h2 is not None
        with self.connection.lock:
            self.connection.h2.reset_stream(self.stream, ErrorCodes.INTERNAL_ERROR)
        self.connection.flush()


def _whole(data: bytes) -> bool:
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return len(body) >= (lengths or [0])[0]


def nothing(connection: Connection, stream: int) -> None:
    """What a server does before a request is whole."""


@dataclass
class Server:
    behaviour: Callable[[Exchange], None]
    context: ssl.SSLContext
    ca_bundle: Path
    streams: int = 128
    window: int = 65_535
    early: Callable[[Connection, int], None] = nothing
    requests: int = 0
    replies: int = 0
    connections: int = 0
    most_streams: int = 0
    refused: Callable[[int], bool] = lambda _: False
    lock: Any = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = int(self.listener.getsockname()[1])
        self.accepting = threading.Thread(target=self._accept, daemon=True)
        self.accepting.start()

    def arrived(self) -> int:
        with self.lock:
            self.requests += 1
            return self.requests - 1

    def answered(self) -> None:
        with self.lock:
            self.replies += 1

    def behave(self, exchange: Exchange) -> None:
        with contextlib.suppress(OSError, ProtocolError):
            self.behaviour(exchange)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                opened, _ = self.listener.accept()
                self.connections += 1
                if self.refused(self.connections - 1):
                    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                    opened.close()
                else:
                    threading.Thread(target=self._serve, args=(opened,), daemon=True).start()

    def _serve(self, opened: socket.socket) -> None:
        with contextlib.suppress(OSError, ProtocolError), contextlib.ExitStack() as stack:
            stack.enter_context(opened)
            Connection(self, stack.enter_context(self.context.wrap_socket(opened, server_side=True))).serve()


@contextlib.contextmanager
def serving(protocol: str, folder: Path, behaviour: Callable[[Exchange], None], **options: Any) -> Iterator[Server]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols([protocol])
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    server = Server(behaviour, context, folder / "ca.pem", **options)
    try:
        yield server
    finally:
        stop_listening(server.listener, server.accepting)
