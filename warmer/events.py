"""The payload of a ping, from templates only: HTTP-shaped events, and other warmers' own contracts.

Pure. A payload is what the application already understands and nothing more; the caretaker block travels beside
it. Golden files in `tests/golden/events` show each shape whole.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, assert_never
from urllib.parse import parse_qs, urlsplit

from fleet.model import FunctionRef
from profiles.model import PingSpec, Shape

USER_AGENT = "caretaker"
_SOURCE_IP = "127.0.0.1"
# What lambda-warmer and its descendants hold, in milliseconds, when the event does not say otherwise.
_CUSTOMARY_DELAY_MS = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class _Http:
    """The parts that every HTTP-shaped event repeats."""

    path: str
    query: str
    host: str
    headers: dict[str, str]
    request_id: str
    at: datetime

    @property
    def query_parameters(self) -> dict[str, list[str]]:
        return parse_qs(self.query, keep_blank_values=True)


def payload(spec: PingSpec, *, function: FunctionRef, count: int, burst: str, at: datetime) -> bytes:
    """The JSON body of every ping of one burst. `at` is the tick's instant, for the fields that carry a time."""
    return json.dumps(_event(spec, function=function, count=count, burst=burst, at=at), separators=(",", ":")).encode()


def _event(spec: PingSpec, *, function: FunctionRef, count: int, burst: str, at: datetime) -> Any:
    match spec.shape:
        case Shape.DIRECT:
            return {"source": "caretaker"} if spec.payload is None else spec.payload
        case Shape.UNIVERSAL | Shape.HTTP_V2 | Shape.HTTP_V1 | Shape.ALB:
            build = {Shape.UNIVERSAL: universal, Shape.HTTP_V2: http_v2, Shape.HTTP_V1: http_v1, Shape.ALB: alb}
            return build[spec.shape](_http(spec, burst, at))
        case Shape.ZAPPA_KEEP_WARM:
            return zappa_keep_warm(function, burst, at)
        case _:
            return _foreign(spec.shape, count, burst)


def _foreign(
    shape: Literal[Shape.LAMBDA_WARMER, Shape.SERVERLESS_PLUGIN_WARMUP, Shape.OPENNEXT, Shape.SST, Shape.THUNDRA],
    count: int,
    burst: str,
) -> Any:
    match shape:
        case Shape.LAMBDA_WARMER:
            return lambda_warmer(count, burst)
        case Shape.SERVERLESS_PLUGIN_WARMUP:
            return {"source": "serverless-plugin-warmup"}
        case Shape.OPENNEXT | Shape.SST:
            return server_side_rendering(count, burst)
        case Shape.THUNDRA:
            return f"#warmup wait={_CUSTOMARY_DELAY_MS}"
        case _:
            assert_never(shape)


def _http(spec: PingSpec, burst: str, at: datetime) -> _Http:
    parts = urlsplit(spec.path or "/")
    host = spec.host or ""
    headers = {
        "host": host,
        "x-forwarded-proto": "https",
        "x-forwarded-port": "443",
        "x-forwarded-for": f"{_SOURCE_IP}, 127.0.0.2",
        "user-agent": USER_AGENT,
        "accept": "application/json",
    }
    headers.update({name.lower(): value for name, value in spec.headers})
    return _Http(path=parts.path or "/", query=parts.query, host=host, headers=headers, request_id=burst, at=at)


def _http_context(http: _Http) -> dict[str, str]:
    """`requestContext.http`: five keys and no more, because Spring's reader refuses unknown ones."""
    return {
        "method": "GET",
        "path": http.path,
        "protocol": "HTTP/1.1",
        "sourceIp": _SOURCE_IP,
        "userAgent": http.headers["user-agent"],
    }


def _clf_time(at: datetime) -> str:
    return at.strftime("%d/%b/%Y:%H:%M:%S +0000")


def http_v2(http: _Http) -> dict[str, Any]:
    """An HTTP API or Function URL event, payload format 2.0, without a key that a strict reader would refuse."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": http.path,
        "rawQueryString": http.query,
        "headers": http.headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "caretaker",
            "domainName": http.host,
            "domainPrefix": http.host.split(".")[0],
            "http": _http_context(http),
            "requestId": http.request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": _clf_time(http.at),
            "timeEpoch": int(http.at.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if http.query:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in http.query_parameters.items()}
    return event


def http_v1(http: _Http) -> dict[str, Any]:
    """A REST API proxy event, payload format 1.0. Both header maps: Java's readers know the second one only."""
    headers = _with_capital_host(http)
    single, multi = _query_maps(http)
    return {
        "resource": "/{proxy+}",
        "path": http.path,
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": single,
        "multiValueQueryStringParameters": multi,
        "pathParameters": {"proxy": http.path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "caretaker",
            "domainName": http.host,
            "httpMethod": "GET",
            "identity": {"sourceIp": _SOURCE_IP, "userAgent": http.headers["user-agent"]},
            "path": http.path,
            "protocol": "HTTP/1.1",
            "requestId": http.request_id,
            "requestTime": _clf_time(http.at),
            "requestTimeEpoch": int(http.at.timestamp() * 1000),
            "resourcePath": "/{proxy+}",
            "stage": "$default",
        },
        "body": None,
        "isBase64Encoded": False,
    }


def alb(http: _Http) -> dict[str, Any]:
    """An Application Load Balancer event with single-value headers."""
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:::targetgroup/caretaker/0"}},
        "httpMethod": "GET",
        "path": http.path,
        "queryStringParameters": {name: values[-1] for name, values in http.query_parameters.items()},
        "headers": http.headers,
        "body": "",
        "isBase64Encoded": False,
    }


def universal(http: _Http) -> dict[str, Any]:
    """One event that every Python adapter takes: formats 1.0 and 2.0 at once.

    No `requestContext.elb` (adapters switch to load balancer mode on it) and no stage variables (Zappa copies
    them into its environment). Strict readers refuse it; they take `http-v2`.
    """
    v2, v1 = http_v2(http), http_v1(http)
    resource_path = http.path.rstrip("/") or "/"
    return {
        **v1,
        **v2,
        "cookies": [],
        "headers": http.headers,
        "multiValueHeaders": {name: [value] for name, value in http.headers.items()},
        "queryStringParameters": v2.get("queryStringParameters", {}),
        "multiValueQueryStringParameters": http.query_parameters,
        "pathParameters": {},
        "stageVariables": {},
        "requestContext": {**v1["requestContext"], **v2["requestContext"], "resourcePath": resource_path},
    }


def lambda_warmer(count: int, burst: str) -> dict[str, Any]:
    """lambda-warmer's inner event: number 2 on every ping, since its targets hold only from the second on."""
    return {
        "warmer": True,
        "__WARMER_INVOCATION__": 2,
        "__WARMER_CONCURRENCY__": count,
        "__WARMER_CORRELATIONID__": burst,
        "__WARMER_CORRELATION_ID__": burst,
    }


def server_side_rendering(count: int, burst: str) -> dict[str, Any]:
    """The warmer event of OpenNext and SST servers."""
    return {"type": "warmer", "warmerId": burst, "index": 0, "concurrency": count, "delay": _CUSTOMARY_DELAY_MS}


def zappa_keep_warm(function: FunctionRef, burst: str, at: datetime) -> dict[str, Any]:
    """What Zappa's own keep-warm rule sends. It starts the application object but runs no request."""
    rule = f"arn:aws:events:us-east-1:123456789012:rule/{function.name}-zappa-keep-warm-handler.keep_warm_callback"
    return {
        "version": "0",
        "id": burst,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": [rule],
        "detail": {},
        "kwargs": {},
    }


def _with_capital_host(http: _Http) -> dict[str, str]:
    """Zappa reads `Host` case-sensitively in format 1.0 and invents a script name without it."""
    return {("Host" if name == "host" else name): value for name, value in http.headers.items()}


def _query_maps(http: _Http) -> tuple[dict[str, str] | None, dict[str, list[str]] | None]:
    parameters = http.query_parameters
    if not parameters:
        return None, None
    return {name: values[-1] for name, values in parameters.items()}, parameters
