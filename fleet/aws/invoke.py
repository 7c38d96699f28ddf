"""Invoke requests built and signed by the SDK, and taken from it before it would send them.

Endpoint rules, credentials, FIPS and VPC endpoints are the SDK's; sending many at one instant is not, so the
signed request is captured in botocore's `before-send` event, which lets a handler answer in place of the network.
"""

import io
import threading
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import get_environ_proxies

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.model import FunctionRef, Ping
from fleet.ports import Endpoint, SignedRequest, Unreachable
from fleet.wire import client_context

_PORTS = {"http": 80, "https": 443}
# The request that the hook below took last, in the thread that asked for it.
_captured = threading.local()


class _Nothing(io.BytesIO):
    """The empty body of the stand-in reply, in the shape that botocore reads."""

    def stream(self, **_: Any) -> Any:
        return iter(())


class SigningInvoker:
    """The `Invoker` port over the SDK. May be used from many threads."""

    @cached_property
    def _ca_bundle(self) -> str | None:
        try:
            found: str | None = botocore.session.get_session().get_config_variable("ca_bundle")
        except BotoCoreError as error:
            raise translated(error, service="lambda", operation="InvokeFunction") from error
        return found

    def endpoint(self, function: FunctionRef) -> Endpoint:
        """Where Invoke requests for `function` go. Raises: FleetError."""
        url = _client(function).meta.endpoint_url
        parts = urlsplit(url)
        try:
            port = parts.port or _PORTS[parts.scheme]
        except (KeyError, ValueError):
            raise Unreachable(
                f"lambda:InvokeFunction: {url} is no http or https address; check AWS_ENDPOINT_URL_LAMBDA"
            ) from None
        return Endpoint(
            scheme=parts.scheme,
            host=parts.hostname or "",
            port=port,
            ca_bundle=self._ca_bundle,
            proxy=_proxy(url, parts.scheme),
        )

    def signed(self, ping: Ping, *, release_at_ms: int) -> SignedRequest:
        """The signed request for every ping of the burst. Raises: FleetError, BlockTooLarge."""
        context = client_context(ping, release_at_ms=release_at_ms)
        try:
            _client(ping.function).invoke(
                FunctionName=ping.function.text,
                Qualifier=ping.qualifier,
                InvocationType="RequestResponse",
                LogType="Tail",
                ClientContext=context,
                Payload=ping.payload,
            )
        except (BotoCoreError, ClientError) as error:
            raise translated(error, service="lambda", operation="InvokeFunction") from error
        captured: AWSPreparedRequest = _captured.request
        return _as_value(captured, ping.payload)


def _proxy(url: str, scheme: str) -> str | None:
    """Host and port of the proxy that the environment names for `url`: never its user and password."""
    named = get_environ_proxies(url).get(scheme)
    return urlsplit(named if "//" in named else f"//{named}").netloc.rpartition("@")[2] if named else None


def _client(function: FunctionRef) -> Any:
    """The region's client whose Invoke is captured, never sent."""
    try:
        found = client("lambda", region=function.region, purpose="sign")
    except (BotoCoreError, ValueError) as error:
        raise translated(error, service="lambda", operation="InvokeFunction") from error
    found.meta.events.register("before-send.lambda.Invoke", _capture, unique_id="caretaker-capture")
    return found


def _capture(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    _captured.request = request
    return AWSResponse(request.url, 200, HTTPHeaders.from_pairs([("content-length", "0")]), _Nothing())


def _as_value(request: AWSPreparedRequest, body: bytes) -> SignedRequest:
    parts = urlsplit(request.url)
    headers = {str(name): _text(value) for name, value in request.headers.items()}
    present = {name.lower() for name in headers}
    if "host" not in present:
        headers["Host"] = parts.netloc
    if "content-length" not in present:
        headers["Content-Length"] = str(len(body))
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return SignedRequest(method=request.method, target=target, headers=tuple(headers.items()), body=body)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
