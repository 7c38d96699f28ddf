"""The simulated account over HTTP, as far as other janitors ask Lambda: listings, aliases, deletes. Decides nothing.

The answers are those of `tests.janitor.account_api`, checked against the SDK's models like all of its answers.
"""

# ruff: noqa: N803 - the parameters have the names that AWS gives them
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.exceptions import ClientError

from tests.janitor.account_api import Api, refusal

_FUNCTIONS = re.compile(r"/2015-03-31/functions/?(?P<name>[^/]*)(?P<rest>/versions|/aliases|/configuration|)/?")
_ARN = re.compile(r"arn:aws:lambda:[^:]+:[0-9]+:function:(?P<name>[^:]+)(:(?P<qualifier>.+))?")
_OPERATIONS = {
    ("GET", "/versions"): "ListVersionsByFunction",
    ("GET", "/aliases"): "ListAliases",
    ("GET", ""): "GetFunction",
    ("DELETE", ""): "DeleteFunction",
}
_CALLER = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    b"<Arn>arn:aws:iam::123456789012:user/bench</Arn><UserId>bench</UserId><Account>123456789012</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
# Source: CloudFront developer guide, "Delete Lambda@Edge functions and replicas".
_REPLICATED = "Lambda was unable to delete {arn} because it is a replicated function."


class LambdaApi(Api):
    """The account's doors with what only other janitors ask for: a function's versions, an alias's ARN.

    Lambda refuses to delete a version that CloudFront has copied, and so does this.
    """

    def _delete_function(self, FunctionName: str, Qualifier: str = "") -> Any:
        arn = self.account.arn(FunctionName, Qualifier)
        if any(arn in arns for arns in self.account.distributions):
            said = _REPLICATED.format(arn=arn)
            raise refusal("DeleteFunction", 400, "InvalidParameterValueException", said)
        return super()._delete_function(FunctionName=FunctionName, Qualifier=Qualifier)

    def _list_versions_by_function(self, FunctionName: str, Marker: str = "0") -> Any:
        items = [
            one for one in self._all()["Functions"] if one["FunctionName"] == FunctionName and "FunctionArn" in one
        ]
        return self._paged("Versions", items, Marker)

    def _list_aliases(self, FunctionName: str, Marker: str = "0") -> Any:
        page = super()._list_aliases(FunctionName=FunctionName, Marker=Marker)
        for alias in page["Aliases"]:
            alias["AliasArn"] = self.account.arn(FunctionName, alias["Name"])
        return page

    def _all(self) -> Any:
        page, self.page = self.page, 10**9
        try:
            return super()._list_functions(FunctionVersion="ALL")
        finally:
            self.page = page


@contextmanager
def served(api: LambdaApi) -> Iterator[str]:
    """The account's URL while the block runs."""

    class Handler(_Handler):
        doors = api

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    doors: LambdaApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Listings and aliases."""
        self._answer("GET")

    def do_DELETE(self) -> None:
        """A delete."""
        self._answer("DELETE")

    def do_POST(self) -> None:
        """What else is asked: who asks, and for tags, of which there are none."""
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if b"GetCallerIdentity" in asked:
            self._reply(200, _CALLER, "text/xml")
        else:
            self._send(200, {"ResourceTagMappingList": []})

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self, method: str) -> None:
        url = urlsplit(self.path)
        match = _FUNCTIONS.fullmatch(url.path)
        if match is None:
            self._send(404, {"Message": f"no {method} {url.path} here"}, "UnknownOperationException")
            return
        operation, parameters = _asked(method, match, dict(parse_qsl(url.query)))
        try:
            reply = self.doors.answer("lambda", operation, parameters)
        except ClientError as error:
            said = error.response
            status = int(said["ResponseMetadata"]["HTTPStatusCode"])
            self._send(status, {"Message": said["Error"]["Message"]}, said["Error"]["Code"])
            return
        self._send(204 if operation == "DeleteFunction" else 200, reply)

    def _send(self, status: int, body: Mapping[str, Any], error: str | None = None) -> None:
        self._reply(status, b"" if status == 204 else json.dumps(body).encode(), "application/json", error)

    def _reply(self, status: int, data: bytes, kind: str, error: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        if error is not None:
            self.send_header("x-amzn-errortype", error)
        self.end_headers()
        self.wfile.write(data)


def _asked(method: str, match: re.Match[str], query: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The operation and its parameters. A function may be named by its ARN, with its version in it."""
    if not match["name"]:
        return "ListFunctions", {key: query[key] for key in ("FunctionVersion", "Marker") if key in query}
    name = unquote(match["name"])
    found: dict[str, str] = {key: query[key] for key in ("Qualifier", "Marker") if key in query}
    if (arn := _ARN.fullmatch(name)) is not None:
        name = arn["name"]
        found |= {"Qualifier": arn["qualifier"]} if arn["qualifier"] else {}
    return _OPERATIONS[method, match["rest"]], {"FunctionName": name, **found}
