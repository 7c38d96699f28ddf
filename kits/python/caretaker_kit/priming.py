"""Further paths for a new environment: the ping's own event, with another path in it. Pure: builds events only."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import parse_qs

_SAFE_METHODS = ("GET", "HEAD")


def event_for(event: Any, target: str) -> dict[str, Any] | None:
    """`event` as if `target` ("/products/?page=2") had been asked for; the given event stays as it was.

    None when the event is not HTTP-shaped or its method may change something: such an event is not replayed.
    Supported shapes: API Gateway REST (1.0) and HTTP (2.0), Function URL, ALB, and Caretaker's universal event.
    """
    if not isinstance(event, dict) or not _only_reads(event):
        return None
    before = event.get("rawPath") or event.get("path")
    if not isinstance(before, str):
        return None
    path, _, query = target.partition("?")
    primed = copy.deepcopy(event)
    _replace(primed, ("path", "rawPath"), path)
    _set_query(primed, query)
    request_context = primed.get("requestContext")
    if isinstance(request_context, dict):
        _replace(request_context, ("path",), path)
        _replace(request_context.get("http"), ("path",), path)
        # Chalice routes on it, without a trailing slash; in a real event it is a template such as /{proxy+}.
        if request_context.get("resourcePath") in (before, before.rstrip("/")):
            request_context["resourcePath"] = path.rstrip("/") or "/"
    if isinstance(primed.get("pathParameters"), dict):
        _replace(primed["pathParameters"], ("proxy",), path.lstrip("/"))
    return primed


def _only_reads(event: dict[str, Any]) -> bool:
    """Every place from which some adapter takes the method names a safe one, and there is at least one such place."""
    request_context = event.get("requestContext")
    http = _member(request_context, "http")
    places = (_member(event, "httpMethod"), _member(request_context, "httpMethod"), _member(http, "method"))
    named = [method for method in places if method is not None]
    return bool(named) and all(method in _SAFE_METHODS for method in named)


def _member(fields: Any, name: str) -> Any:
    return fields.get(name) if isinstance(fields, dict) else None


def _replace(fields: Any, names: tuple[str, ...], value: str) -> None:
    for name in names:
        if isinstance(fields, dict) and isinstance(fields.get(name), str):
            fields[name] = value


def _set_query(event: dict[str, Any], query: str) -> None:
    values = parse_qs(query, keep_blank_values=True)
    if "rawQueryString" in event:
        event["rawQueryString"] = query
    if "queryStringParameters" in event:
        event["queryStringParameters"] = {name: given[-1] for name, given in values.items()}
    if "multiValueQueryStringParameters" in event:
        event["multiValueQueryStringParameters"] = values
