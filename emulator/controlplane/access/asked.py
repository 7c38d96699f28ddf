"""A request to any service as IAM sees it: actions on resources, each with its conditions' keys. Pure.

What lives here: AWS's protocols, read as far as it takes to name the operation, and who signed. Which resource an
operation of Lambda or S3 is about is in `paths`; of the services that name the operation themselves, in `named`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

from emulator.controlplane.ministack import Account
from emulator.dataplane.exchange import Request

# Source: IAM user guide, "Create a signed AWS API request": the credential scope names key, day, region and service.
_CREDENTIAL = re.compile(r"(?P<key>[^/,=\s]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
# Source: Smithy, "RPC v2 CBOR protocol": the path names service and operation.
_CBOR_PATH = re.compile(r"/service/[^/]+/operation/(?P<operation>\w+)")

Protocol = Literal["rest-json", "rest-xml", "s3", "json", "cbor", "query"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The access key that a request is signed with, and the service that it is signed for."""

    key: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One action on one resource that a request needs; `context` has the keys that conditions may ask for."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request of a service that names its operation: in a header, in its path, or in a form."""

    operation: str
    parameters: Mapping[str, Any]
    protocol: Protocol


def signer_of(request: Request) -> Signer | None:
    """Who signed the request, in its header or in its query; None for an unsigned one."""
    text = request.headers.get("authorization") or request.query.get("X-Amz-Credential", "")
    found = _CREDENTIAL.search(text)
    return Signer(key=found["key"], service=found["service"]) if found else None


def call_of(request: Request) -> Call | None:
    """The operation that the request names; None where method and path alone tell it."""
    if target := request.headers.get("x-amz-target"):
        return Call(operation=target.rpartition(".")[2], parameters=_json(request.body), protocol="json")
    if found := _CBOR_PATH.fullmatch(request.path):
        return Call(operation=found["operation"], parameters={}, protocol="cbor")
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        return Call(operation=form.get("Action", ""), parameters=form, protocol="query")
    return None


def arn(account: Account, service: str, rest: str) -> str:
    """An ARN of this account and region."""
    return f"arn:aws:{service}:{account.region}:{account.number}:{rest}"


def segments_of(request: Request) -> list[str]:
    """The decoded parts of the path."""
    return [unquote(part) for part in request.path.strip("/").split("/")]


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
