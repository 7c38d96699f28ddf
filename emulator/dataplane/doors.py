"""The service's ports: plain HTTP/1.1, and beside it TLS with HTTP/2 or HTTP/1.1 as client and server agree."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast
from weakref import WeakSet

from aiohttp import web

from emulator.dataplane.exchange import Answer, Request
from emulator.dataplane.http2 import Http2Door
from emulator.dataplane.tls import Credentials, Tls
from emulator.dataplane.web import read, written

# What clients get to close their side of TLS when the service ends.
_GOODBYE_S = 0.5

Answering = Callable[[Request], Awaitable[Answer]]


class Doors:
    """Every port behind which `answer` answers."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self._plain: web.ServerRunner | None = None
        self._secure: asyncio.Server | None = None
        self._connections: WeakSet[Http2Door] = WeakSet()
        self._transports: WeakSet[asyncio.Transport] = WeakSet()

    async def open_plain(self, door: socket.socket) -> None:
        """Serve HTTP/1.1 on this socket."""
        server = web.Server(self._handle, access_log=None, auto_decompress=False)
        self._plain = web.ServerRunner(server, shutdown_timeout=1.0)
        await self._plain.setup()
        await web.SockSite(self._plain, door, backlog=1024).start()

    async def open_secure(self, tls: Tls, folder: Path) -> tuple[int, Path]:
        """Serve TLS; the port, and the PEM file to trust, written into `folder`. Raises: OSError."""
        credentials = Credentials.made(tls, folder)
        door = socket.create_server(("127.0.0.1", tls.port))
        loop = asyncio.get_running_loop()
        self._secure = await loop.create_server(self._greeter, sock=door, ssl=credentials.context, backlog=1024)
        return door.getsockname()[1], credentials.ca_bundle

    async def close(self) -> None:
        """Close every port and every connection."""
        if self._secure is not None:
            self._secure.close()
        await self._say_goodbye()
        if self._plain is not None:
            await self._plain.cleanup()
        for transport in list(self._transports):
            transport.abort()
        await asyncio.sleep(0)

    async def _say_goodbye(self) -> None:
        """GOAWAY to those that know it; then nobody waits for the other side to close TLS."""
        connections = list(self._connections)
        for connection in connections:
            connection.close()
        farewells = [asyncio.ensure_future(connection.lost.wait()) for connection in connections]
        if farewells:
            await asyncio.wait(farewells, timeout=_GOODBYE_S)
        for farewell in farewells:
            farewell.cancel()

    def _greeter(self) -> asyncio.Protocol:
        return _Greeter(self._chosen)

    def _chosen(self, transport: asyncio.Transport, protocol: str | None) -> asyncio.Protocol:
        self._transports.add(transport)
        if protocol != "h2":
            if self._plain is None or self._plain.server is None:
                raise RuntimeError("the plain door is opened first")
            return cast("asyncio.Protocol", self._plain.server())
        door = Http2Door(self._answer)
        self._connections.add(door)
        return door

    async def _handle(self, received: web.BaseRequest) -> web.StreamResponse:
        return written(await self._answer(await read(received)))


class _Greeter(asyncio.Protocol):
    """Hands a new connection over to the protocol that was agreed on."""

    def __init__(self, chosen: Callable[[asyncio.Transport, str | None], asyncio.Protocol]) -> None:
        self._chosen = chosen

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TLS is up: look at what ALPN says."""
        found = cast("asyncio.Transport", transport)
        secured: ssl.SSLObject | None = found.get_extra_info("ssl_object")
        protocol = self._chosen(found, secured.selected_alpn_protocol() if secured is not None else None)
        found.set_protocol(protocol)
        protocol.connection_made(found)
