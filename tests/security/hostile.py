"""A Lambda endpoint whose functions answer whatever a test says, and the warmer's real handler before it."""

import base64
import io
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.warmer.lambda_machine import tick
from tests.warmer.raw_server import Request, http_reply, serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a function's invocation answers."""

    body: bytes
    error: str | None = None
    log: str = ""
    status: str = "200 OK"
    headers: str = ""

    def as_http(self) -> bytes:
        tail = base64.b64encode(self.log.encode("utf-8", "surrogatepass")).decode()
        error = f"x-amz-function-error: {self.error}\r\n" if self.error else ""
        return http_reply(self.body, status=self.status, headers=f"x-amz-log-result: {tail}\r\n{error}{self.headers}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a tick returned and printed, and the requests that the endpoint saw."""

    report: dict[str, Any]
    printed: str
    requests: list[Request]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every printed line, each of which must be one JSON object."""
        found = [json.loads(line) for line in self.printed.splitlines()]
        assert all(isinstance(line, dict) for line in found)
        return found

    @property
    def everything(self) -> str:
        """All that anybody could read afterwards."""
        return self.printed + json.dumps(self.report, ensure_ascii=False)


@contextmanager
def endpoint(answer: Callable[[Request], Reply]) -> Iterator[tuple[str, list[Request]]]:
    def behave(connection: socket.socket, request: Request) -> None:
        if "/invocations" in request.head.split("\r\n", 1)[0]:
            connection.sendall(answer(request).as_http())
        else:
            connection.sendall(http_reply(b'{"Message": "no"}', status="403 Forbidden"))

    with serving(behave) as server:
        yield server.endpoint, server.requests


def a_tick(monkeypatch: pytest.MonkeyPatch, schedules: Path, reply: Reply, *, event: Any = None) -> Told:
    """One tick of the real handler against functions that answer with `reply`; everything it printed is kept."""
    printed = io.StringIO()
    with endpoint(lambda _: reply) as (url, requests), redirect_stdout(printed), redirect_stderr(printed):
        report = tick(monkeypatch, url, schedules, event=event, seconds=30)
    return Told(report=report, printed=printed.getvalue(), requests=requests)
