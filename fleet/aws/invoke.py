"""Invoke requests built and signed by the SDK, and taken from it before it would send them.

Endpoint rules, credentials, FIPS and VPC endpoints are the SDK's; sending many at one instant is not, so the
signed request is captured in botocore's `before-send` event, which lets a handler answer in place of the network.
"""

import io
import threading
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from fleet.aws.errors import translated
from fleet.model import FunctionRef, Ping
from fleet.ports import Endpoint, SignedRequest
from fleet.wire import client_context

_ONE_TRY = Config(retries={"total_max_attempts": 1}, user_agent_extra="caretaker")
_PORTS = {"http": 80, "https": 443}


class _Nothing(io.BytesIO):
    """The empty body of the stand-in reply, in the shape that botocore reads."""

    def stream(self, **_: Any) -> Any:
        return iter(())


class SigningInvoker:
    """The `Invoker` port over botocore. Make one a tick: it keeps one client a region."""

    def __init__(self) -> None:
        self._session: Any = botocore.session.get_session()
        self._clients: dict[str | None, Any] = {}
        self._captured: AWSPreparedRequest | None = None
        self._lock = threading.RLock()

    def endpoint(self, function: FunctionRef) -> Endpoint:
        """Where Invoke requests for `function` go. Raises: FleetError."""
        with self._lock:
            parts = urlsplit(self._client(function).meta.endpoint_url)
        return Endpoint(
            scheme=parts.scheme,
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            ca_bundle=self._session.get_config_variable("ca_bundle"),
        )

    def signed(self, ping: Ping, *, release_at_ms: int) -> SignedRequest:
        """The signed request for every ping of the burst. Raises: FleetError, BlockTooLarge."""
        context = client_context(ping, release_at_ms=release_at_ms)
        with self._lock:
            try:
                self._client(ping.function).invoke(
                    FunctionName=ping.function.text,
                    Qualifier=ping.qualifier,
                    InvocationType="RequestResponse",
                    LogType="Tail",
                    ClientContext=context,
                    Payload=ping.payload,
                )
            except (BotoCoreError, ClientError) as error:
                raise translated(error, service="lambda", operation="InvokeFunction") from error
            captured, self._captured = self._captured, None
        assert captured is not None  # noqa: S101 - the hook below always runs before an answer can exist
        return _as_value(captured, ping.payload)

    def _client(self, function: FunctionRef) -> Any:
        region = function.region
        if region not in self._clients:
            try:
                client = self._session.create_client("lambda", region_name=region, config=_ONE_TRY)
            except (BotoCoreError, ValueError) as error:
                raise translated(error, service="lambda", operation="InvokeFunction") from error
            client.meta.events.register("before-send.lambda.Invoke", self._capture)
            self._clients[region] = client
        return self._clients[region]

    def _capture(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        self._captured = request
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
