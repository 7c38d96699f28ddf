"""A strict Lambda control plane in memory, behind the REST API, so that the SDK under test is the real one.

Answers as AWS does (deleting `$LATEST` 400, an aliased version 409, an absent version 204, an absent function 404,
pages of 50), records every request, and misbehaves on demand through `rules`. A request to delete a whole function
is recorded in `whole_function_deletes` and refused: no test may ever see one.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback import served

PAGE = 50


@dataclass(frozen=True)
class Seen:
    """One request as it came: `operation` is the API's name for it, `at` is on the monotonic clock."""

    operation: str
    function: str
    qualifier: str | None
    at: float


@dataclass(frozen=True)
class Reply:
    """An answer other than the true one."""

    status: int
    code: str
    message: str = "no"


@dataclass
class Function:
    """A function's versions by number, and its aliases: name -> (version, weights)."""

    versions: dict[int, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[str, tuple[str, dict[str, float]]] = field(default_factory=dict)


Rule = Callable[[Seen], Reply | None]


class FakeLambda:
    """The account. Change it directly; ask it over HTTP."""

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self.seen: list[Seen] = []
        self.deleted: list[tuple[str, int]] = []
        self.whole_function_deletes: list[str] = []
        self.rules: list[Rule] = []
        self.page = PAGE
        self.newest_first = False
        self.lock = threading.RLock()

    def add(
        self, name: str, numbers: Iterator[int] | range | list[int], *, published: datetime, **aliases: str
    ) -> None:
        """A function with these versions, all published at `published`, and aliases by name."""
        function = self.functions.setdefault(name, Function())
        for number in numbers:
            self.publish(name, number, published)
        function.aliases.update({alias: (version, {}) for alias, version in aliases.items()})

    def publish(self, name: str, number: int, at: datetime, *, code: str | None = None) -> None:
        """One more version."""
        self.functions[name].versions[number] = {
            "FunctionName": name,
            "FunctionArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{name}:{number}",
            "Version": str(number),
            "CodeSha256": code or f"sha-{number}",
            "CodeSize": 1000 + number,
            "LastModified": at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "Runtime": "python3.13",
        }

    def numbers(self, name: str) -> list[int]:
        """The versions that are left."""
        return sorted(self.functions[name].versions)

    def asked(self, operation: str) -> list[Seen]:
        """The requests of one operation."""
        return [seen for seen in self.seen if seen.operation == operation]

    def answer(self, method: str, target: str) -> tuple[int, Any]:
        """The status and body for a request."""
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        path = [unquote(part) for part in parts.path.strip("/").split("/")]
        seen = Seen(
            _operation(method, path), path[2] if len(path) > 2 else "", query.get("Qualifier"), time.monotonic()
        )
        with self.lock:
            self.seen.append(seen)
            for rule in self.rules:
                if (reply := rule(seen)) is not None:
                    return reply.status, {"__type": reply.code, "Type": "User", "Message": reply.message}
            match seen.operation:
                case "ListFunctions":
                    return self._list_functions(query)
                case "ListAliases":
                    return self._list_aliases(seen.function, query)
                case "DeleteFunction":
                    return self._delete(seen.function, seen.qualifier)
                case "GetFunction":
                    return self._get_function(seen.function, seen.qualifier)
                case operation:
                    return _UNUSED.get(operation) or _unknown(f"the fake has no {method} {target}")

    def _list_functions(self, query: dict[str, str]) -> tuple[int, Any]:
        items: list[Any] = []
        for name, function in self.functions.items():
            latest = {"FunctionName": name, "Version": "$LATEST", "CodeSha256": "latest", "CodeSize": 1}
            items.append({**latest, "LastModified": "2026-01-01T00:00:00.000+0000"})
            if query.get("FunctionVersion") == "ALL":
                items += [function.versions[number] for number in sorted(function.versions, reverse=self.newest_first)]
        return self._paged("Functions", items, query)

    def _list_aliases(self, name: str, query: dict[str, str]) -> tuple[int, Any]:
        if name not in self.functions:
            return _absent(name)
        items = [
            {
                "Name": alias,
                "FunctionVersion": version,
                **({"RoutingConfig": {"AdditionalVersionWeights": weights}} if weights else {}),
            }
            for alias, (version, weights) in self.functions[name].aliases.items()
        ]
        return self._paged("Aliases", items, query)

    def _get_function(self, name: str, qualifier: str | None) -> tuple[int, Any]:
        if name not in self.functions:
            return _absent(name)
        version = self.functions[name].versions.get(int(qualifier)) if qualifier else {"FunctionName": name}
        if version is None:
            return _absent(f"{name}:{qualifier}")
        return 200, {"Configuration": {**version, "State": "Active", "LastUpdateStatus": "Successful"}}

    def _delete(self, name: str, qualifier: str | None) -> tuple[int, Any]:
        if not qualifier:
            self.whole_function_deletes.append(name)
            return 500, {"__type": "ServiceException", "Message": "a whole function, which the janitor never deletes"}
        if not qualifier.isdigit():
            return 400, {"__type": "InvalidParameterValueException", "Message": f"not a version: {qualifier}"}
        if name not in self.functions:
            return _absent(name)
        users = [a for a, (v, weights) in self.functions[name].aliases.items() if qualifier in {v, *weights}]
        if users:
            return 409, {"__type": "ResourceConflictException", "Message": f"aliases reference it: {users}"}
        if self.functions[name].versions.pop(int(qualifier), None) is not None:
            self.deleted.append((name, int(qualifier)))
        return 204, None

    def _paged(self, key: str, items: list[Any], query: dict[str, str]) -> tuple[int, Any]:
        start = int(query.get("Marker", "0"))
        page: dict[str, Any] = {key: items[start : start + self.page]}
        if start + self.page < len(items):
            page["NextMarker"] = str(start + self.page)
        return 200, page


_UNUSED: dict[str, tuple[int, Any]] = {
    "GetPolicy": (404, {"__type": "ResourceNotFoundException", "Message": "The resource does not exist."}),
    "ListProvisionedConcurrencyConfigs": (200, {"ProvisionedConcurrencyConfigs": []}),
    "ListFunctionEventInvokeConfigs": (200, {"FunctionEventInvokeConfigs": []}),
    "ListEventSourceMappings": (200, {"EventSourceMappings": []}),
}


def _unknown(said: str) -> tuple[int, Any]:
    return 501, {"__type": "NotImplemented", "Message": said}


_OPERATIONS = (
    (r"GET functions/?", "ListFunctions"),
    (r"GET functions/[^/]+", "GetFunction"),
    (r"DELETE functions/[^/]+", "DeleteFunction"),
    (r"GET functions/[^/]+/aliases", "ListAliases"),
    (r"GET functions/[^/]+/policy", "GetPolicy"),
    (r"GET functions/[^/]+/provisioned-concurrency", "ListProvisionedConcurrencyConfigs"),
    (r"GET functions/[^/]+/event-invoke-config/list", "ListFunctionEventInvokeConfigs"),
    (r"GET event-source-mappings/?", "ListEventSourceMappings"),
)


def _operation(method: str, path: list[str]) -> str:
    asked = f"{method} {'/'.join(path[1:])}"
    return next((name for pattern, name in _OPERATIONS if re.fullmatch(pattern, asked)), asked)


# What CloudFormation answers.
_NO_STACK = b"""<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>
<Message>Stack with id it does not exist</Message></Error><RequestId>1</RequestId></ErrorResponse>"""
# What CodeDeploy and CloudWatch answer.
_NOTHING = {"ListDeployments": b'{"deployments": []}', "ListMetrics": b'{"Metrics": []}'}


def _absent(name: str) -> tuple[int, Any]:
    return 404, {"__type": "ResourceNotFoundException", "Message": f"Function not found: {name}"}


class _Handler(BaseHTTPRequestHandler):
    fake: FakeLambda
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body are two writes: the second would wait 40 ms for the first

    def do_GET(self) -> None:
        with suppress(ConnectionError):  # the caller gave up waiting
            self._reply("GET")

    def do_DELETE(self) -> None:
        with suppress(ConnectionError):
            self._reply("DELETE")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = (self.headers.get("X-Amz-Target") or "").rsplit(".", 1)[-1]
        raw = _NOTHING.get(operation, _NO_STACK)
        self.send_response(200 if operation else 400)
        self.send_header("Content-Type", "application/x-amz-json-1.1" if operation else "text/xml")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _reply(self, method: str) -> None:
        status, body = self.fake.answer(method, self.path)
        raw = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if status >= 400:
            self.send_header("X-Amzn-ErrorType", body["__type"])
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if status != 204:
            self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(fake: FakeLambda) -> Iterator[str]:
    """The fake behind a real HTTP server on a free loopback port; yields its URL."""
    with served(type("Handler", (_Handler,), {"fake": fake})) as url:
        yield url
