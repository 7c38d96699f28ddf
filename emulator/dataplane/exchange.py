"""What crosses an HTTP door, as values: a request in, an answer out. Knows no HTTP library.

The answering code (`invoke`, `runtime_api`) works on these values alone, so that one logic can stand behind HTTP/1.1,
HTTP/2 and TLS.

The hook for everything that is no invocation has the shape `Forward`:

    async def forward(request: Request) -> Answer: ...

It is called for each request whose path is neither an Invoke nor below `/_emulator/`; what it returns is sent as it
is. `request.target` is the path with the query string exactly as received, ready to be put behind another origin.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A whole request. `target` is path and query as on the wire (percent-encoded); header names are in lower case.

    `headers` has one value a name (the last one received); `body` is as received, never decompressed.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path alone, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The decoded query parameters; the last one wins where a name is repeated."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer. The door adds Content-Length, Date and its own connection headers."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


Forward = Callable[[Request], Awaitable[Answer]]


def json_answer(status: int, value: Any, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """`value` as a JSON answer."""
    return Answer(
        status=status, headers=(("Content-Type", "application/json"), *headers), body=json.dumps(value).encode()
    )


def error_answer(status: int, code: str, message: str, **members: str) -> Answer:
    """An error in AWS's REST-JSON shape; an SDK raises the exception class named `code`.

    `members` are further fields of the body, `Reason` of a throttle for instance.
    Source: Smithy's restJson1 protocol, operation error serialization.
    """
    body = {**members, "Type": members.get("Type", "User"), "message": message}
    return json_answer(status, body, (("x-amzn-ErrorType", code),))
