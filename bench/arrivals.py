"""A server that notes when each Invoke was whole, in a process of its own: `python -m bench.arrivals FOLDER PROTOCOLS`.

Made to disturb nothing: one thread on a core of its own, and an arrival is the kernel's receive timestamp of the
segment with the request's last byte, so that its own slowness does not count. FOLDER holds cert.pem and key.pem;
PROTOCOLS is what ALPN offers. A third argument is how many seconds each answer takes, a fourth, `kit`, makes it the
environments of one function with the kit: the last used is taken again first, and each holds until the burst's release.

Prints its port. A line on standard input makes it print the arrivals since the last one, as a JSON list of epoch
milliseconds, and forget them.
"""

import base64
import heapq
import itertools
import json
import os
import selectors
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes, Settings

# Source: Linux, asm-generic/socket.h and Documentation/networking/timestamping.rst.
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("ll")
_READ = 65_536


_CONTEXT = b"x-amz-client-context"


def _answer(number: int, arrived_ms: float, *, cold: bool = False, held_ms: float = 0.0) -> bytes:
    block = {"v": 1, "environment": f"{os.getpid()}-{number}", "arrived_ms": int(arrived_ms), "cold": cold}
    return json.dumps({"statusCode": 200, "caretaker": {**block, "held_ms": int(held_ms)}}).encode()


class Connection:
    def __init__(self, server: "Server", opened: socket.socket) -> None:
        self.server, self.socket = server, opened
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = server.context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.ready, self.unsent, self.head = False, b"", b""
        self.h2: H2Connection | None = None
        self.contexts: dict[int, bytes] = {}

    def readable(self) -> bool:
        """Whether the connection is still open."""
        while True:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(_READ, 128)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not data:
                return False
            stamps = [_TIMESPEC.unpack(value[:16]) for level, kind, value in ancillary if kind == _SO_TIMESTAMPNS]
            seconds, nanoseconds = stamps[-1]
            self.incoming.write(data)
            if not self._decrypted(seconds * 1000 + nanoseconds / 1e6):
                return False

    def _decrypted(self, at_ms: float) -> bool:
        try:
            if not self.ready:
                self.tls.do_handshake()
                self.ready = True
                self._greet()
            while data := self.tls.read(_READ):
                self._h2_frames(data, at_ms) if self.h2 is not None else self._h1_bytes(data, at_ms)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            return False
        self.flush()
        return True

    def _greet(self) -> None:
        if self.tls.selected_alpn_protocol() != "h2":
            return
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.h2.local_settings = Settings(client=False, initial_values={SettingCodes.MAX_CONCURRENT_STREAMS: 128})
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(2**24)
        self.tls.write(self.h2.data_to_send())

    def _h2_frames(self, data: bytes, at_ms: float) -> None:
        assert self.h2 is not None
        for event in self.h2.receive_data(data):
            if isinstance(event, events.RequestReceived):
                self.contexts[event.stream_id or 0] = dict(event.headers or ()).get(_CONTEXT, b"")
            elif isinstance(event, events.StreamEnded):
                self.server.arrived(self, event.stream_id or 0, at_ms)  # nothing but Invokes comes over HTTP/2
            elif isinstance(event, events.DataReceived):
                self.h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)

    def _h1_bytes(self, data: bytes, at_ms: float) -> None:
        self.head += data
        head, _, body = self.head.partition(b"\r\n\r\n")
        lines = [line.lower() for line in head.split(b"\r\n")]
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), None)
        if length is not None and len(body) >= length:
            self.contexts[0] = next((line[len(_CONTEXT) + 1 :] for line in self._lines(head)), b"").strip()
            self.head = b""
            self.server.arrived(self, 0, at_ms)
        elif self.head.startswith(b"GET ") and self.head.endswith(b"\r\n\r\n"):
            self.head = b""
            self.answer(0, b"{}")  # a question about limits: nothing is limited

    @staticmethod
    def _lines(head: bytes) -> list[bytes]:
        return [line for line in head.split(b"\r\n") if line.lower().startswith(_CONTEXT)]

    def answer(self, stream: int, body: bytes) -> None:
        if self.h2 is None:
            self.tls.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        else:
            self.h2.send_headers(stream, [(b":status", b"200")])
            self.h2.send_data(stream, body, end_stream=True)
        self.flush()

    def flush(self) -> None:
        if self.h2 is not None and (data := self.h2.data_to_send()):
            self.tls.write(data)
        self.unsent += self.outgoing.read()
        try:
            while self.unsent:
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self.unsent = b""


class Server:
    def __init__(self, folder: Path, protocols: list[str], delay_s: float) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.context.set_alpn_protocols(protocols)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.listener.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.listener.setblocking(False)
        self.delay_s = delay_s
        self.arrivals: list[float] = []
        self.due: list[tuple[float, int, Connection, int, Callable[[], bytes]]] = []
        self.numbers = itertools.count()
        self.selector = selectors.DefaultSelector()

    def arrived(self, connection: Connection, stream: int, at_ms: float) -> None:
        self.arrivals.append(at_ms)
        number = next(self.numbers)
        until = time.monotonic() + self.delay_s
        heapq.heappush(self.due, (until, number, connection, stream, lambda: _answer(number, at_ms)))

    def run(self) -> None:
        print(self.listener.getsockname()[1], flush=True)
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        self.selector.register(sys.stdin, selectors.EVENT_READ, self._told)
        while True:
            wait_s = max(0.0, self.due[0][0] - time.monotonic()) if self.due else None
            for key, _ in self.selector.select(wait_s):
                key.data()
            while self.due and self.due[0][0] <= time.monotonic():
                _, _, connection, stream, body = heapq.heappop(self.due)
                connection.answer(stream, body())

    def _accept(self) -> None:
        try:
            while True:
                opened, _ = self.listener.accept()
                opened.setblocking(False)
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = Connection(self, opened)
                self.selector.register(opened, selectors.EVENT_READ, lambda each=connection: self._serve(each))
        except BlockingIOError:
            pass

    def _serve(self, connection: Connection) -> None:
        if not connection.readable():
            self.selector.unregister(connection.socket)
            connection.socket.close()

    def _told(self) -> None:
        if not sys.stdin.readline():
            raise SystemExit
        print(json.dumps(sorted(self.arrivals)), flush=True)
        self.arrivals = []


class Environments(Server):
    """With the kit in each: `delay_s` is what an environment's first invocation takes before the kit sees the ping."""

    def __init__(self, folder: Path, protocols: list[str], delay_s: float) -> None:
        super().__init__(folder, protocols, delay_s)
        self.idle: list[int] = []

    def arrived(self, connection: Connection, stream: int, at_ms: float) -> None:
        self.arrivals.append(at_ms)
        cold = not self.idle
        environment = next(self.numbers) if cold else self.idle.pop()
        seen_ms = at_ms + self.delay_s * 1000 * cold
        over_ms = max(seen_ms, _release_at_ms(connection.contexts.pop(stream, b"")))

        def answer() -> bytes:
            self.idle.append(environment)
            return _answer(environment, seen_ms, cold=cold, held_ms=over_ms - seen_ms)

        wait_s = max(0.0, over_ms / 1000 - time.time())
        heapq.heappush(self.due, (time.monotonic() + wait_s, environment, connection, stream, answer))


def _release_at_ms(context: bytes) -> float:
    custom = json.loads(base64.b64decode(context))["custom"] if context else {}
    return float(json.loads(custom["caretaker"])["release_at_ms"]) if custom else 0.0


if __name__ == "__main__":
    kind = Environments if sys.argv[4:] == ["kit"] else Server
    kind(Path(sys.argv[1]), sys.argv[2].split(","), float((sys.argv[3:] or ["0"])[0])).run()
