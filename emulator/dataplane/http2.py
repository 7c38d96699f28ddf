"""HTTP/2 on one side, our values on the other: the second door beside aiohttp. Nothing here knows what a request means.

As Lambda's load balancers do, it takes 128 streams a connection and says so at once.
Source: Application Load Balancer user guide, "Listeners for your Application Load Balancers", HTTP/2.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from emulator.dataplane.exchange import Answer, Request, error_answer

MAX_STREAMS = 128
_WINDOW = 65_536
# What one connection may have on the way to us beside the streams' own windows.
_CONNECTION_WINDOW = 2**24


@dataclass(slots=True)
class _Incoming:
    """A request that is not whole yet."""

    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)


class Http2Door(asyncio.Protocol):
    """One HTTP/2 connection; each whole request goes to `answer`, in a task of its own."""

    def __init__(self, answer: Callable[[Request], Awaitable[Answer]]) -> None:
        self._answer = answer
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="latin-1"))
        self._incoming: dict[int, _Incoming] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._unsent: dict[int, bytes] = {}
        self._transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say what we allow, before the client asks."""
        self._transport = cast("asyncio.Transport", transport)
        self._h2.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
                SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW,
            },
        )
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(_CONNECTION_WINDOW)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take frames as they come."""
        try:
            for event in self._h2.receive_data(data):
                self._note(event)
        except ProtocolError:
            self.close()
            return
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Nobody waits for these answers any more. What runs in an environment runs on, as on AWS."""
        self._transport = None
        self._unsent.clear()
        self.lost.set()

    def close(self) -> None:
        """Tell the client that we go (GOAWAY), and go."""
        for task in self._tasks.values():
            task.cancel()
        if self._transport is not None:
            self._h2.close_connection()
            self._flush()
            self._transport.close()

    def _note(self, event: events.Event) -> None:
        match event:
            case events.RequestReceived(stream_id=int(stream), headers=headers):
                self._incoming[stream] = _Incoming(headers=dict(cast("Any", headers)))
            case events.DataReceived(stream_id=int(stream), data=data):
                self._h2.acknowledge_received_data(event.flow_controlled_length or 0, stream)
                if stream in self._incoming:
                    self._incoming[stream].body += data or b""
            case events.StreamEnded(stream_id=int(stream)) if stream in self._incoming:
                task = asyncio.get_running_loop().create_task(self._serve(stream, self._incoming.pop(stream)))
                self._tasks[stream] = task
                task.add_done_callback(lambda _: self._tasks.pop(stream, None))
            case events.StreamReset(stream_id=int(stream)):
                self._incoming.pop(stream, None)
                self._unsent.pop(stream, None)
            case events.WindowUpdated() | events.RemoteSettingsChanged():
                self._send_on()
            case events.ConnectionTerminated() if self._transport is not None:
                self._transport.close()

    async def _serve(self, stream: int, incoming: _Incoming) -> None:
        try:
            answer = await self._answer(_request(incoming))
        except Exception as error:  # as aiohttp's door does: one broken request is one 500
            answer = error_answer(500, "ServiceException", f"the emulator failed: {type(error).__name__}: {error}")
        if self._transport is None:
            return
        try:
            headers = [(name.lower(), value) for name, value in answer.headers]
            fixed = [(":status", str(answer.status)), ("content-length", str(len(answer.body)))]
            self._h2.send_headers(stream, [*fixed, *headers], end_stream=not answer.body)
        except ProtocolError:  # the client has reset the stream, or is gone
            return
        if answer.body:
            self._unsent[stream] = answer.body
        self._send_on()
        self._flush()

    def _send_on(self) -> None:
        """As much of the answers as the client's windows allow."""
        for stream in list(self._unsent):
            try:
                self._send_on_stream(stream)
            except ProtocolError:
                self._unsent.pop(stream, None)

    def _send_on_stream(self, stream: int) -> None:
        while stream in self._unsent:
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)
            if room <= 0:
                return
            chunk, rest = self._unsent[stream][:room], self._unsent[stream][room:]
            self._h2.send_data(stream, chunk, end_stream=not rest)
            if rest:
                self._unsent[stream] = rest
            else:
                del self._unsent[stream]

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and self._transport is not None:
            self._transport.write(data)


def _request(incoming: _Incoming) -> Request:
    headers = {name: value for name, value in incoming.headers.items() if not name.startswith(":")}
    headers.setdefault("host", incoming.headers.get(":authority", ""))
    return Request(
        method=incoming.headers[":method"],
        target=incoming.headers[":path"],
        headers=headers,
        body=bytes(incoming.body),
    )
