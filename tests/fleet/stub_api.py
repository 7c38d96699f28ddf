"""An AWS endpoint on loopback that answers each operation as told, over HTTP, and remembers what it was asked."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.loopback import served

_OPERATIONS = (
    (re.compile(r"/2016-08-19/account-settings/?"), "GetAccountSettings"),
    (re.compile(r"/2019-09-30/functions/[^/]+/concurrency"), "GetFunctionConcurrency"),
    (re.compile(r"/2019-09-30/functions/[^/]+/provisioned-concurrency"), "GetProvisionedConcurrencyConfig"),
    (re.compile(r"/2015-03-31/functions/[^/]+/aliases/[^/]+"), "GetAlias"),
    (re.compile(r"/2015-03-31/functions/[^/]+"), "GetFunction"),
    (re.compile(r"/2015-03-31/functions/?"), "ListFunctions"),
    (re.compile(r"/2018-10-31/layers/?"), "ListLayers"),
    (re.compile(r"/2018-10-31/layers/[^/]+/versions/?"), "ListLayerVersions"),
    (re.compile(r"/2018-10-31/layers/[^/]+/versions/[^/]+/policy"), "GetLayerVersionPolicy"),
)
_DELETES = ((re.compile(r"/2018-10-31/layers/[^/]+/versions/[^/]+"), "DeleteLayerVersion"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error answer of AWS."""

    status: int
    code: str
    message: str = "so it is"


@dataclass(slots=True)
class StubApi:
    """`answers` by operation, `asked` as (operation, path with query) or (operation, body)."""

    answers: dict[str, Mapping[str, Any] | Refusal] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def operations(self) -> list[str]:
        """What was asked, in order."""
        return [operation for operation, _ in self.asked]


def _handler(api: StubApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            operation = next((name for pattern, name in _OPERATIONS if pattern.fullmatch(path)), "unknown")
            self._answer(operation, self.path)

        def do_DELETE(self) -> None:
            path = urlsplit(self.path).path
            operation = next((name for pattern, name in _DELETES if pattern.fullmatch(path)), "unknown")
            self._answer(operation, self.path)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            target = self.headers.get("X-Amz-Target", "")
            operation = target.rpartition(".")[2] or parse_qs(body).get("Action", ["unknown"])[0]
            self._answer(operation, body)

        def _answer(self, operation: str, detail: str) -> None:
            api.asked.append((operation, detail))
            found = api.answers.get(operation, Refusal(status=403, code="AccessDeniedException"))
            status, kind = (found.status, found.code) if isinstance(found, Refusal) else (200, "")
            value = {"Type": "User", "message": found.message, "__type": kind} if isinstance(found, Refusal) else found
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", self.headers.get("Content-Type") or "application/json")
            self.send_header("Content-Length", str(len(body)))
            if kind:
                self.send_header("x-amzn-ErrorType", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextlib.contextmanager
def serving(api: StubApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubApi]:
    """The endpoint, which the SDK uses for everything meanwhile."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL_CLOUDWATCH"):
        monkeypatch.delenv(name, raising=False)
    with served(_handler(api)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield api
