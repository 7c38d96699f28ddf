"""What the health view opens and checks. Each check says its own name; none of them raises, none of them writes.

How long a database may take to answer is the project's own setting (`OPTIONS: {"connect_timeout": 3}`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

from django.db import connections
from django.template import engines

_LOG = logging.getLogger("caretaker_kit.django")


@dataclass(frozen=True)
class Check:
    """One check's outcome: `error` is the name of what went wrong, None when all is well."""

    name: str
    error: str | None = None


class Unusable(Exception):  # noqa: N818 - says what was found
    """The connection is open and the database does not answer on it."""


def run_checks() -> list[Check]:
    """Every database of the project, then its template engines."""
    return [_outcome(name, act) for name, act in _acts()]


def hints() -> list[str]:
    """Settings that undo what a ping has warmed."""
    return [
        f"database {alias}: CONN_MAX_AGE is 0, so each request opens a connection of its own"
        for alias, settings in connections.settings.items()
        if settings.get("CONN_MAX_AGE", 0) == 0
    ]


def _acts() -> Iterator[tuple[str, Callable[[], None]]]:
    for alias in connections:
        yield f"database:{alias}", _Database(alias).open
    yield "templates", _load_templates


@dataclass(frozen=True)
class _Database:
    alias: str

    def open(self) -> None:
        connection = connections[self.alias]
        connection.ensure_connection()
        if not connection.is_usable():
            connection.close()
            raise Unusable(self.alias)


def _load_templates() -> None:
    engines.all()


def _outcome(name: str, act: Callable[[], None]) -> Check:
    try:
        act()
    except Exception as error:
        _LOG.warning("the health check %s failed: %s: %s", name, type(error).__name__, error)
        return Check(name=name, error=type(error).__name__)
    return Check(name=name)
