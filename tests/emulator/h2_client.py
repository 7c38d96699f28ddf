"""An HTTP/2 client of few words: it sends requests in pieces, and keeps what the server said."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection


class Client:
    def __init__(self, opened: ssl.SSLSocket) -> None:
        self.socket = opened
        self.h2 = H2Connection(H2Configuration(header_encoding="latin-1"))
        self.events: list[Any] = []
        self.h2.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def begin(self, path: str = "/2015-03-31/functions/app/invocations", **headers: str) -> int:
        stream = int(self.h2.get_next_available_stream_id())
        fixed = {":method": "POST", ":scheme": "https", ":authority": "localhost", ":path": path}
        self.h2.send_headers(stream, [*fixed.items(), *headers.items()])
        self.flush()
        return stream

    def send(self, stream: int, data: bytes, *, end: bool = False) -> None:
        """The data as the server's windows allow."""
        while data:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            if room <= 0:
                self.take()
                continue
            self.h2.send_data(stream, data[:room], end_stream=end and len(data) <= room)
            self.flush()
            data = data[room:]

    def take(self) -> bool:
        """Wait for what comes next; False when the server has closed the connection."""
        data = self.socket.recv(65_536)
        for event in self.h2.receive_data(data):
            self.events.append(event)
            if isinstance(event, events.DataReceived):
                self.h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)
        self.flush()
        return bool(data)

    def first(self, kind: type[events.Event], stream: int | None = None) -> Any:
        """The first event of its kind, waited for."""
        while True:
            for event in self.events:
                if isinstance(event, kind) and stream in {None, getattr(event, "stream_id", None)}:
                    return event
            assert self.take(), f"no {kind.__name__} before the end"

    def body(self, stream: int) -> bytes:
        self.first(events.StreamEnded, stream)
        return b"".join(e.data for e in self.events if isinstance(e, events.DataReceived) and e.stream_id == stream)

    def status(self, stream: int) -> str:
        return str(dict(self.first(events.ResponseReceived, stream).headers)[":status"])


@contextlib.contextmanager
def connected(endpoint: str, ca_bundle: str) -> Iterator[Client]:
    context = ssl.create_default_context(cafile=ca_bundle)
    context.set_alpn_protocols(["h2"])
    address = urlsplit(endpoint)
    plain = socket.create_connection((address.hostname, address.port), timeout=60)
    with plain, context.wrap_socket(plain, server_hostname=address.hostname) as opened:
        assert opened.selected_alpn_protocol() == "h2"
        yield Client(opened)
