"""Ministack over HTTP: its function records, their code, and every request that is passed on to it.

What lives here asks and hands on; it decides nothing.
"""

import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from emulator.controlplane.records import FunctionRecord
from emulator.dataplane.exchange import Answer, Request, error_answer

# Source: RFC 9110, section 7.6.1, and the two that aiohttp writes itself.
_OF_THE_CONNECTION = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "content-length"}
)
_NOTHING_ADDED = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
# Longer than any single call to ministack takes: a Step Functions or API Gateway execution may hold one for 15 minutes.
_PATIENCE = aiohttp.ClientTimeout(total=960.0, connect=30.0)


class ControlPlane:
    """Ministack as the front sees it. Make it with `connected`."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._session = session

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str) -> AsyncIterator["ControlPlane"]:
        """A control plane at `url`; its connections are closed on leaving."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=_PATIENCE, auto_decompress=False) as session:
            yield cls(url, session)

    @property
    def code_url(self) -> str:
        """Where the code of a version can be fetched, with `name` and `version` as its query."""
        return f"{self.url}/_emulator/code"

    async def function(self, name: str) -> FunctionRecord | None:
        """The record of one function; None without it."""
        shown = await self._get_json("function", name=name)
        return None if shown is None else FunctionRecord.from_bridge(shown)

    async def functions(self) -> list[FunctionRecord]:
        """The records of all functions."""
        return [FunctionRecord.from_bridge(shown) for shown in await self._get_json("functions")]

    async def reserved(self) -> dict[str, int]:
        """The reserved concurrency of each function that has one."""
        reserved: dict[str, int] = await self._get_json("reserved")
        return reserved

    async def code(self, name: str, version: str) -> bytes | None:
        """The zip of a version or of `$LATEST`; None when the function holds no code."""
        return await self._get("code", name=name, version=version)

    async def layer(self, arn: str) -> bytes | None:
        """The zip of a layer's version; None when there is none."""
        return await self._get("layer", arn=arn)

    async def forward(self, request: Request, query: Mapping[str, str] | None = None) -> Answer:
        """Ministack's own answer; `query` replaces the request's when given."""
        target = request.target if query is None else f"{request.path}?{urlencode(query)}"
        headers = {name: value for name, value in request.headers.items() if name not in _OF_THE_CONNECTION}
        try:
            async with self._session.request(
                request.method,
                URL(self.url + target, encoded=True),
                headers=headers,
                # As a file, which is sent piece by piece: one large piece would hold up everybody else.
                data=io.BytesIO(request.body) if request.body else b"",
                allow_redirects=False,
                skip_auto_headers=_NOTHING_ADDED,
            ) as reply:
                body = await reply.read()
                return Answer(status=reply.status, headers=_kept(request.method, reply), body=body)
        except (TimeoutError, aiohttp.ClientError) as error:
            return error_answer(502, "ServiceException", f"the control plane at {self.url} did not answer: {error}")

    async def _get_json(self, path: str, **query: str) -> Any:
        async with self._session.get(f"{self.url}/_emulator/{path}", params=query) as reply:
            return await reply.json() if reply.status == 200 else None

    async def _get(self, path: str, **query: str) -> bytes | None:
        async with self._session.get(f"{self.url}/_emulator/{path}", params=query) as reply:
            return await reply.read() if reply.status == 200 else None


def _kept(method: str, reply: aiohttp.ClientResponse) -> tuple[tuple[str, str], ...]:
    # The length in an answer to HEAD is that of the object, not of the empty body.
    dropped = _OF_THE_CONNECTION - ({"content-length"} if method == "HEAD" else set())
    return tuple((name, value) for name, value in reply.headers.items() if name.lower() not in dropped)
