"""A request to the Lambda control plane as a value, and the errors that refuse it. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

from emulator.dataplane.exchange import Answer, Request, error_answer

_PATH = re.compile(r"/\d{4}-\d\d-\d\d/(?P<resource>[a-z-]+)(?:/(?P<name>[^/]+))?(?P<sub>/.*)?")
_FUNCTION = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:|\d{12}:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>[^:]+))?"
)


class Refused(Exception):  # noqa: N818 - what the API does to the request
    """The API refuses the request with an error of this status, code and message."""

    def __init__(self, status: int, code: str, message: str, **fields: str) -> None:
        super().__init__(message)
        self._status, self._code, self._message, self._fields = status, code, message, fields

    @property
    def answer(self) -> Answer:
        """The error as AWS's JSON, which an SDK raises as the exception of that name."""
        return error_answer(self._status, self._code, self._message, **self._fields)


def invalid(message: str) -> Refused:
    """A parameter has a value that the operation does not take."""
    return Refused(400, "InvalidParameterValueException", message)


def missing(arn: str) -> Refused:
    """There is no such function, version or alias."""
    return Refused(404, "ResourceNotFoundException", f"Function not found: {arn}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One control-plane request: `GET functions/<name><sub>`, with its qualifier wherever it was written."""

    method: str
    resource: str
    name: str | None = None
    sub: str = ""
    qualifier: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, request: Request) -> Self | None:
        """The request, if its path is one of the Lambda API; None for any other path."""
        match = _PATH.fullmatch(request.path.rstrip("/"))
        if match is None:
            return None
        name, qualifier = unquote(match["name"]) if match["name"] else None, request.query.get("Qualifier")
        if name and match["resource"] == "functions" and (function := _FUNCTION.fullmatch(name)):
            name, qualifier = function["name"], function["qualifier"] or qualifier
        return cls(
            method=request.method,
            resource=match["resource"],
            name=name,
            sub=match["sub"] or "",
            qualifier=qualifier,
            query=request.query,
            body=_body(request),
        )


def _body(request: Request) -> Mapping[str, Any]:
    try:
        value = json.loads(request.body) if request.body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
