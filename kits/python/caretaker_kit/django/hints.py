"""Settings and packages that undo what a ping has warmed, in a sentence each. Nothing here decides about health."""

from __future__ import annotations

import os
import sys

from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest

_ASGI = (
    "the project runs as ASGI (as behind Mangum): each invocation opens database connections of its own, whatever "
    "CONN_MAX_AGE says; an adapter for WSGI keeps them"
)


def hints(request: HttpRequest) -> list[str]:
    """What a developer should know of this project; empty when nothing defeats warmth."""
    return [*_connections_that_close(request), *_modules_without_bytecode()]


def _connections_that_close(request: HttpRequest) -> list[str]:
    if isinstance(request, ASGIRequest) and connections.settings:
        return [_ASGI]
    return [
        f"database {alias}: CONN_MAX_AGE is 0, so each request opens a connection of its own"
        for alias, settings in connections.settings.items()
        if settings.get("CONN_MAX_AGE", 0) == 0
    ]


def _modules_without_bytecode() -> list[str]:
    """Python compiles a module without a .pyc anew in every environment, and cannot write one into the package."""
    modules = [module for module in list(sys.modules.values()) if str(getattr(module, "__file__", "")).endswith(".py")]
    without = [module for module in modules if not os.path.exists(getattr(module, "__cached__", None) or "")]
    if len(without) * 2 < len(modules):
        return []
    how_many = f"{len(without)} of {len(modules)} imported modules have no .pyc in the package"
    return [f"{how_many}: build it with `python -m compileall` and the Python version of the function"]
