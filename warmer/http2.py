"""Up to a hundred pings on one HTTP/2 connection: sent ahead but for their last bytes, which leave in one write.

`h2` is the state machine; the socket, the time and the order of things are ours.
"""

import contextlib
import selectors
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from fleet.ports import SignedRequest
from warmer.flight import BROKE_OFF, LATE, Cargo, Flight, words
from warmer.frames import GoAway, Splitter

# The Lambda endpoint's load balancers allow 128. Source: Application Load Balancer user guide, "HTTP/2".
_MOST_STREAMS = 100
# Room for whole replies, so that no answer waits for our word: per stream, and for all on a connection.
_STREAM_WINDOW = 2**20
_CONNECTION_WINDOW = 2**25
_READ = 65_536
# More are no length of an answer.
_DIGITS = 12
# A flush is a few window updates: a peer that takes none in this long is not reading.
_FLUSH_S = 0.2
# Source: RFC 9113, 8.2.2: these belong to one HTTP/1.1 connection. Host becomes :authority.
_LEFT_OUT = frozenset({"host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})


@dataclass(slots=True)
class _Stream:
    flight: Flight
    last: bytes
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


class Http2:
    """A carrier for as many pings as its server allows, at most 100."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        # Headers are written by us, in lower case; checking and marking them again costs 117 us a ping, and marked
        # ones would be sent whole a hundred times.
        config = H2Configuration(
            client_side=True,
            header_encoding=None,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        self._h2 = H2Connection(config)
        self._splitter = Splitter()
        self._streams: dict[int, _Stream] = {}
        self._greeted, self._released, self._gone = False, False, False
        self._ends, self._sent_ms = b"", 0.0

    @classmethod
    def greeted(cls, opened: socket.socket, until: float) -> Self:
        """The connection once the server has said what it allows. Raises: OSError."""
        carrier = cls(opened)
        state = carrier._h2
        state.local_settings = Settings(
            client=True,
            initial_values={SettingCodes.ENABLE_PUSH: 0, SettingCodes.INITIAL_WINDOW_SIZE: _STREAM_WINDOW},
        )
        state.initiate_connection()
        state.increment_flow_control_window(_CONNECTION_WINDOW)
        opened.settimeout(max(0.01, until - time.monotonic()))
        opened.sendall(state.data_to_send())
        while not carrier._greeted:
            opened.settimeout(max(0.01, until - time.monotonic()))
            data = opened.recv(_READ)
            if not data:
                raise ConnectionError("the server closed the connection before its SETTINGS")
            carrier._take(data)
            if carrier._gone:
                raise ConnectionError("the server sent no SETTINGS that HTTP/2 knows")
        return carrier

    def capacity(self, body_bytes: int) -> int:
        """What the server's stream limit and its window for all of them allow; one at least, however big."""
        streams = min(_MOST_STREAMS, self._h2.remote_settings.max_concurrent_streams)
        return min(streams, max(1, self._h2.outbound_flow_control_window // max(1, body_bytes)))

    def stage(self, cargo: Cargo, until: float) -> None:
        """Send the heads and all of each body but its last byte."""
        for flight, request in cargo:
            stream = self._h2.get_next_available_stream_id()
            self._streams[stream] = _Stream(flight=flight, last=request.body[-1:])
            try:
                self._h2.send_headers(stream, _headers(request))
                self._send_ahead(stream, request.body[:-1], until)
            except (OSError, ProtocolError) as error:
                flight.lose(f"the connection ended before the release: {words(error)}", sent=False)
        self._flush(until)

    def _send_ahead(self, stream: int, body: bytes, until: float) -> None:
        while body:
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)
            if room > 0:
                self._h2.send_data(stream, body[:room])
                body = body[room:]
            else:
                self._wait_for_more(until)

    def _wait_for_more(self, until: float) -> None:
        """Window updates, for a body that is larger than what the server takes at once. Raises: OSError."""
        self._flush(until)
        if self._gone or time.monotonic() >= until:
            raise TimeoutError
        self._socket.settimeout(max(0.01, until - time.monotonic()))
        self._take(self._socket.recv(_READ))

    def arm(self, until: float) -> None:
        """Make the last frames of all streams that are still open, after a look at what the server said meanwhile."""
        self.receive()
        for stream, each in self._streams.items():
            if each.flight.outcome is not None:
                continue
            try:
                while self._h2.local_flow_control_window(stream) < len(each.last):
                    self._wait_for_more(until)
                self._h2.send_data(stream, each.last, end_stream=True)
            except (OSError, ProtocolError) as error:
                each.flight.lose(f"the connection ended before the release: {words(error)}", sent=False)
        self._ends = self._h2.data_to_send()
        self._socket.settimeout(max(0.01, until - time.monotonic()))

    def release(self) -> None:
        """Send the last bytes of all streams in one write."""
        if self._gone or not self._ends:
            return
        self._released, self._sent_ms = True, time.time() * 1000
        try:
            self._socket.sendall(self._ends)
        except OSError as error:
            self._lose_all(f"the connection ended at the release: {words(error)}")

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return not self._gone and any(each.flight.outcome is None for each in self._streams.values())

    def fileno(self) -> int:
        """For a selector."""
        return self._socket.fileno()

    def receive(self) -> None:
        """Take what has come, without waiting for more."""
        try:
            self._socket.settimeout(0)
            while not self._gone:
                self._take(self._socket.recv(_READ))
        except (BlockingIOError, ssl.SSLWantReadError):
            self._flush(time.monotonic() + _FLUSH_S)
        except OSError as error:
            self._lose_all(f"{BROKE_OFF}: {words(error)}")

    def give_up(self) -> None:
        """The time is up for what has not come."""
        self._lose_all(LATE)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _flush(self, until: float) -> None:
        data = b"" if self._gone else self._h2.data_to_send()
        if not data:
            return
        try:
            self._socket.settimeout(max(0.01, until - time.monotonic()))
            self._socket.sendall(data)
        except OSError as error:
            self._lose_all(
                f"{BROKE_OFF if self._released else 'the connection ended before the release'}: {words(error)}"
            )

    def _take(self, data: bytes) -> None:
        if not data:
            self._lose_all(f"{BROKE_OFF}: the server closed the connection")
            return
        try:
            frames, goaways = self._splitter.split(data)
            for event in self._h2.receive_data(frames) if frames else ():
                self._note(event)
        except (ProtocolError, ValueError, KeyError) as error:
            self._lose_all(f"{BROKE_OFF}: the server broke the rules of HTTP/2 ({words(error)})")
            return
        for goaway in goaways:
            self._go_away(goaway)

    def _note(self, event: events.Event) -> None:
        match event:
            case events.RemoteSettingsChanged():
                self._greeted = True
            case events.ResponseReceived(stream_id=int(stream), headers=headers):
                each = self._streams[stream]
                each.headers = _decoded(headers)
                each.status = int(each.headers[":status"])
                # All of its bytes at once where it says how many: bit by bit, streams would starve each other.
                each.flight.admits(_length(each.headers))
            case events.DataReceived(stream_id=int(stream), data=data):
                each = self._streams[stream]
                if each.flight.outcome is None and each.flight.admits(len(each.body) + len(data or b"")):
                    each.body += data or b""
                else:  # taken all the same, so that the other answers on the connection come
                    each.body.clear()
                self._h2.acknowledge_received_data(event.flow_controlled_length or 0, stream)
            case events.StreamEnded(stream_id=int(stream)):
                each = self._streams[stream]
                each.flight.land(status=each.status, headers=each.headers, body=bytes(each.body), sent_ms=self._sent_ms)
            case events.StreamReset(stream_id=int(stream)) if stream in self._streams:
                reason = f"{BROKE_OFF}: the server reset the stream ({_named(event.error_code)})"
                self._streams[stream].flight.lose(reason, sent=self._released)

    def _go_away(self, goaway: GoAway) -> None:
        for stream, each in self._streams.items():
            if stream > goaway.last:
                reason = f"{BROKE_OFF}: the server is going away ({_named(goaway.error)})"
                each.flight.lose(reason, sent=self._released)

    def _lose_all(self, reason: str) -> None:
        self._gone = True
        for each in self._streams.values():
            each.flight.lose(reason, sent=self._released)


def read_answers(carriers: Sequence[Http2], until: float) -> None:
    """Wait until every answer is there or the monotonic second `until` is reached."""
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        for carrier in carriers:
            stack.callback(carrier.give_up)
            if carrier.waiting:
                selector.register(carrier, selectors.EVENT_READ)
        while selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                carrier = key.fileobj  # type: ignore[assignment]
                carrier.receive()
                if not carrier.waiting:
                    selector.unregister(carrier)


def _headers(request: SignedRequest) -> list[tuple[bytes, bytes]]:
    host = next((value for name, value in request.headers if name.lower() == "host"), "")
    named = [
        (":method", request.method),
        (":scheme", "https"),
        (":authority", host),
        (":path", request.target),
        *((name.lower(), value) for name, value in request.headers if name.lower() not in _LEFT_OUT),
    ]
    return [(name.encode("latin-1"), value.strip().encode("latin-1")) for name, value in named]


def _decoded(headers: Any) -> dict[str, str]:
    return {bytes(name).decode("latin-1"): bytes(value).decode("latin-1") for name, value in headers}


def _length(headers: dict[str, str]) -> int:
    declared = headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < _DIGITS else 0


def _named(code: int | None) -> str:
    return ErrorCodes(code).name if code in set(ErrorCodes) else f"error {code}"
