"""Settings and packages that undo what a ping has warmed, in a sentence each. Nothing here decides about health."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest

from caretaker_kit.django.load import database_aliases

_ASGI = (
    "the project runs as ASGI (as behind Mangum): each invocation opens database connections of its own, whatever "
    "CONN_MAX_AGE says; an adapter for WSGI keeps them"
)


def hints(request: HttpRequest) -> list[str]:
    """What a developer should know of this project; empty when nothing defeats warmth. Never raises."""
    found: list[str] = []
    with suppress(Exception):  # a hint that cannot be made is no reason to fail a ping
        found.extend(_connections_that_close(request))
    with suppress(Exception):
        found.extend(_modules_without_bytecode())
    return found


def _connections_that_close(request: HttpRequest) -> list[str]:
    closing = [alias for alias in database_aliases() if not _pooled(connections.settings[alias])]
    if isinstance(request, ASGIRequest):
        return [_ASGI] if closing else []
    return [
        f"database {alias}: CONN_MAX_AGE is 0, so each request opens a connection of its own"
        for alias in closing
        if connections.settings[alias].get("CONN_MAX_AGE", 0) == 0
    ]


def _pooled(settings: Mapping[str, Any]) -> bool:
    """Django 5.1 and later with psycopg 3: the pool keeps connections between requests, and CONN_MAX_AGE must be 0."""
    return bool((settings.get("OPTIONS") or {}).get("pool"))


def _modules_without_bytecode() -> list[str]:
    """Python compiles a module without a .pyc anew in every environment, and cannot write one into the package."""
    modules = [found for module in list(sys.modules.values()) if (found := _source_and_bytecode(module)) is not None]
    without = [cached for _, cached in modules if not os.path.exists(cached)]
    if len(without) * 2 < len(modules):
        return []
    how_many = f"{len(without)} of {len(modules)} imported modules have no .pyc in the package"
    return [f"{how_many}: build it with `python -m compileall` and the Python version of the function"]


def _source_and_bytecode(module: Any) -> tuple[str, str] | None:
    """Where a module's source and bytecode lie; None for compiled code and for objects that only pose as modules."""
    try:
        source, cached = str(module.__file__), getattr(module, "__cached__", None)
    except Exception:  # whatever a lazy module raises when it is looked at
        return None
    return (source, str(cached or "")) if source.endswith(".py") else None
