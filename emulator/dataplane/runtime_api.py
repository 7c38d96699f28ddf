"""The Lambda Runtime API: four routes between a runtime process and its channel, and their listener.

Every execution environment has a loopback port of its own, because runtimes take a bare host:port; the port tells
which environment is speaking. Nothing here decides what an invocation means.
Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
"""

import json
from typing import Any

from aiohttp import web

from emulator.dataplane.channel import Channel, Delivery, InitFailed, Responded
from emulator.dataplane.exchange import Answer, Request, json_answer
from emulator.dataplane.limits import MAX_RESPONSE_BYTES
from emulator.dataplane.web import read, written

_PREFIX = "/2018-06-01/runtime/"
# A failed invocation's stack trace travels in the header Lambda-Runtime-Function-XRay-Error-Cause.
# Source: awslambdaric, lambda_runtime_client.py: up to 1 MB.
_MAX_HEADER_BYTES = 2 * 1024 * 1024
_ACCEPTED = json_answer(202, {"status": "OK"})


async def answer(channel: Channel, request: Request) -> Answer:
    """The answer to one request of a runtime; one for the next invocation is held until there is one."""
    match (request.method, request.path.removeprefix(_PREFIX).split("/")):
        case ("GET", ["invocation", "next"]):
            return _next_answer(await channel.next())
        case ("POST", ["invocation", request_id, "response"]):
            return _response_answer(channel, request_id, request.body)
        case ("POST", ["invocation", request_id, "error"]):
            signal = Responded(request.body, _error_type(request))
            return _ACCEPTED if channel.report(request_id, signal) else _refused(request_id)
        case ("POST", ["init", "error"]):
            channel.send(InitFailed(request.body, _error_type(request)))
            return _ACCEPTED
    return json_answer(404, {"errorType": "NotFound", "errorMessage": f"no route {request.method} {request.path}"})


def _next_answer(delivery: Delivery | None) -> Answer:
    if delivery is None:
        return json_answer(410, {"errorType": "Gone", "errorMessage": "this execution environment has ended"})
    invocation = delivery.invocation
    headers = [
        ("Content-Type", "application/json"),
        ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
        ("Lambda-Runtime-Deadline-Ms", str(delivery.deadline_ms)),
        ("Lambda-Runtime-Invoked-Function-Arn", invocation.invoked_arn),
        ("Lambda-Runtime-Trace-Id", invocation.trace_id),
    ]
    if invocation.client_context is not None:
        headers.append(("Lambda-Runtime-Client-Context", invocation.client_context))
    return Answer(status=200, headers=tuple(headers), body=invocation.payload)


def _response_answer(channel: Channel, request_id: str, body: bytes) -> Answer:
    if len(body) <= MAX_RESPONSE_BYTES:
        return _ACCEPTED if channel.report(request_id, Responded(body)) else _refused(request_id)
    message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
    error = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
    channel.report(request_id, Responded(json.dumps(error).encode(), error["errorType"]))
    return json_answer(413, {"errorType": "RequestEntityTooLarge", "errorMessage": message})


def _refused(request_id: str) -> Answer:
    message = f"invocation {request_id} is not in progress in this execution environment"
    return json_answer(400, {"errorType": "InvalidRequestID", "errorMessage": message})


def _error_type(request: Request) -> str:
    """The header that runtimes send, the body's `errorType` without it."""
    named = request.headers.get("lambda-runtime-function-error-type")
    if named:
        return named
    try:
        body: Any = json.loads(request.body)
    except ValueError:
        return "Runtime.Unknown"
    found = body.get("errorType") if isinstance(body, dict) else None
    return found if isinstance(found, str) and found else "Runtime.Unknown"


class RuntimeListener:
    """Serves the Runtime API to all execution environments, one loopback port each."""

    def __init__(self) -> None:
        server = web.Server(self._handle, access_log=None, max_field_size=_MAX_HEADER_BYTES)
        self._runner = web.ServerRunner(server, shutdown_timeout=1.0)
        self._sites: dict[int, web.TCPSite] = {}
        self._channels: dict[int, Channel] = {}

    async def start(self) -> None:
        """Make ready; no port is open yet."""
        await self._runner.setup()

    async def stop(self) -> None:
        """Close every port."""
        for channel in self._channels.values():
            channel.close()
        await self._runner.cleanup()

    async def open(self) -> int:
        """A new loopback port for one environment."""
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._sites[site.port] = site
        return site.port

    def attach(self, port: int, channel: Channel) -> None:
        """Connect a port to the channel of the process that is about to use it."""
        self._channels[port] = channel

    async def close(self, port: int) -> None:
        """Give an environment's port back."""
        self._channels.pop(port, None)
        site = self._sites.pop(port, None)
        if site is not None:
            await site.stop()

    async def _handle(self, received: web.BaseRequest) -> web.StreamResponse:
        port = received.transport.get_extra_info("sockname")[1] if received.transport else 0
        channel = self._channels.get(port)
        if channel is None:
            return written(_next_answer(None))
        return written(await answer(channel, await read(received)))
