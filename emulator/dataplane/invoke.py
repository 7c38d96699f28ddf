"""The Lambda Invoke API: a request value in, an answer value out. Knows no HTTP library and no process.

Source: Lambda API reference, Invoke.
"""

import base64
import binascii
import json
import re
import uuid
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from emulator.dataplane.catalog import NotFound
from emulator.dataplane.dispatch import Call, Dispatcher, Done
from emulator.dataplane.events import Events
from emulator.dataplane.exchange import Answer, Forward, Request, error_answer
from emulator.dataplane.limits import (
    MAX_CLIENT_CONTEXT_BYTES,
    MAX_EVENT_REQUEST_BYTES,
    MAX_SYNC_REQUEST_BYTES,
    Throttled,
)
from emulator.dataplane.tail import tail

_PATH = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations")
_FUNCTION = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):\d{12}:function:|\d{12}:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]{1,140})(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]{1,128}))?"
)
_TYPES = ("RequestResponse", "Event", "DryRun")


class Refused(Exception):  # noqa: N818 - says what happened to the request
    """The request is not acceptable; `status` and `code` are the API's."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    call: Call
    kind: str
    wants_tail: bool
    region: str | None


class InvokeApi:
    """Answers invocations; everything else goes to `forward`."""

    def __init__(self, dispatcher: Dispatcher, events: Events, forward: Forward) -> None:
        self._dispatcher = dispatcher
        self._events = events
        self._forward = forward

    async def answer(self, request: Request) -> Answer:
        """The answer to one request, an error included; never raises for what a caller sent."""
        match = _PATH.fullmatch(request.path)
        if match is None or request.method != "POST":
            return await self._forward(request)
        request_id = str(uuid.uuid4())
        try:
            answer = await self._invoke(_read(request, unquote(match["function"]), request_id))
        except Refused as refused:
            answer = error_answer(refused.status, refused.code, str(refused))
        except NotFound as missing:
            answer = error_answer(404, "ResourceNotFoundException", str(missing))
        except Throttled as throttled:
            answer = error_answer(429, "TooManyRequestsException", str(throttled), Reason=throttled.reason)
        return replace(answer, headers=(*answer.headers, ("x-amzn-RequestId", request_id)))

    async def _invoke(self, wanted: _Wanted) -> Answer:
        version = await self._dispatcher.resolve(wanted.call)
        if wanted.region is not None and wanted.region != version.region:
            message = f"Functions from '{wanted.region}' are not reachable in this region ('{version.region}')"
            raise Refused(404, "ResourceNotFoundException", message)
        match wanted.kind:
            case "DryRun":
                return Answer(status=204)
            case "Event":
                self._events.submit(replace(wanted.call, client_context=None))
                return Answer(status=202)
        return _answered(await self._dispatcher.run(wanted.call, version), wants_tail=wanted.wants_tail)


async def unknown_operation(request: Request) -> Answer:
    """What `forward` is without a control plane: no operation but Invoke exists."""
    message = f"{request.method} {request.path} is no invocation, and this emulator runs without a control plane"
    return error_answer(404, "ResourceNotFoundException", message)


def _answered(done: Done, *, wants_tail: bool) -> Answer:
    reply = done.served.reply
    headers = [("Content-Type", "application/json"), ("X-Amz-Executed-Version", done.version.version)]
    if reply.error_type is not None:
        headers.append(("X-Amz-Function-Error", "Unhandled"))
    if wants_tail:
        headers.append(("X-Amz-Log-Result", tail(done.version, done.invocation, done.served)))
    return Answer(status=200, headers=tuple(headers), body=reply.payload)


def _read(request: Request, function: str, request_id: str) -> _Wanted:
    kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
    if kind not in _TYPES:
        raise Refused(400, "InvalidParameterValueException", f"InvocationType {kind!r} is none of {', '.join(_TYPES)}")
    name, qualifier, region = _target(function, request.query.get("Qualifier"))
    call = Call(
        function=name,
        qualifier=qualifier,
        payload=_payload(request.body, kind),
        client_context=_client_context(request.headers.get("x-amz-client-context")),
        request_id=request_id,
        trace_id=request.headers.get("x-amzn-trace-id", ""),
    )
    wants_tail = request.headers.get("x-amz-log-type") == "Tail"
    return _Wanted(call=call, kind=kind, wants_tail=wants_tail, region=region)


def _target(function: str, qualifier: str | None) -> tuple[str, str | None, str | None]:
    match = _FUNCTION.fullmatch(function)
    if match is None:
        raise Refused(400, "ValidationException", f"{function!r} is neither a function name nor a function ARN")
    in_name = match["qualifier"]
    if in_name and qualifier and in_name != qualifier:
        message = "The derived qualifier from the function name does not match the specified qualifier."
        raise Refused(400, "InvalidParameterValueException", message)
    return match["name"], qualifier or in_name, match["region"]


def _payload(body: bytes, kind: str) -> bytes:
    limit = MAX_EVENT_REQUEST_BYTES if kind == "Event" else MAX_SYNC_REQUEST_BYTES
    if len(body) > limit:
        message = f"{len(body)} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
        raise Refused(413, "RequestEntityTooLargeException", message)
    if not body:
        return b"{}"
    try:
        json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(
            400, "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from error
    return body


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _client_context(header: str | None) -> str | None:
    """The decoded context on one line of ASCII, since it becomes a header of the Runtime API."""
    if header is None:
        return None
    if len(header) > MAX_CLIENT_CONTEXT_BYTES:
        message = f"Client context must be at most {MAX_CLIENT_CONTEXT_BYTES} bytes in Base64, {len(header)} given"
        raise Refused(400, "InvalidRequestContentException", message)
    try:
        decoded: Any = json.loads(base64.b64decode(header, validate=True))
    except (binascii.Error, ValueError) as error:
        message = "Client context must be a valid Base64-encoded JSON object."
        raise Refused(400, "InvalidRequestContentException", message) from error
    if not isinstance(decoded, dict):
        raise Refused(400, "InvalidRequestContentException", "Client context must be a JSON object.")
    return json.dumps(decoded, separators=(",", ":"))
