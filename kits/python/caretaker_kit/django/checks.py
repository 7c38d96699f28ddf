"""What the health view opens and checks. Each check says its own name; none of them raises, none of them writes.

The project's setting CARETAKER_CHECKS names the kinds: "databases" and "templates" unless it says otherwise, "caches"
and "migrations" beside them on demand. CARETAKER_CHECK_TIMEOUT_S (default 3) is what one server may take to be reached.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Callable

from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.template import engines

from caretaker_kit.django.load import database_aliases
from caretaker_kit.django.reach import (
    assert_reachable,
    cache_servers,
    connect_timeout,
    cut_off_after,
    database_server,
)

_LOG = logging.getLogger("caretaker_kit.django")
_USUAL = ("databases", "templates")
_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class Check:
    """One check's outcome: `error` is the name of what went wrong, None when all is well."""

    name: str
    error: str | None = None


class Unusable(Exception):  # noqa: N818 - says what was found
    """The connection is open and the database does not answer on it."""


class Pending(Exception):  # noqa: N818 - says what was found
    """Migrations are not applied."""


class NoSuchCheck(Exception):  # noqa: N818 - says what was found
    """CARETAKER_CHECKS names a kind that there is none of."""


def run_checks() -> list[Check]:
    """The outcome of each check that the project's settings ask for."""
    return [_outcome(name, act) for kind in _kinds() for name, act in _ACTS.get(kind, _unknown(kind))()]


def _kinds() -> tuple[str, ...]:
    given = getattr(settings, "CARETAKER_CHECKS", None)
    if given is None:  # also where the project takes it from a variable that is not set
        return _USUAL
    return (given,) if isinstance(given, str) else tuple(given)


def _databases() -> Iterator[tuple[str, Callable[[], None]]]:
    for alias in database_aliases():
        yield f"database:{alias}", _OfOne(alias).open_database


def _templates() -> Iterator[tuple[str, Callable[[], None]]]:
    yield "templates", _load_templates


def _caches() -> Iterator[tuple[str, Callable[[], None]]]:
    for alias in settings.CACHES:
        yield f"cache:{alias}", _OfOne(alias).read_cache


def _migrations() -> Iterator[tuple[str, Callable[[], None]]]:
    for alias in database_aliases():
        yield f"migrations:{alias}", _OfOne(alias).look_for_migrations


def _unknown(kind: str) -> Callable[[], Iterator[tuple[str, Callable[[], None]]]]:
    def refuse() -> None:
        raise NoSuchCheck(f"CARETAKER_CHECKS names {kind!r}; there are {', '.join(_ACTS)}")

    return lambda: iter(((str(kind), refuse),))


_ACTS: dict[str, Callable[[], Iterator[tuple[str, Callable[[], None]]]]] = {
    "databases": _databases,
    "templates": _templates,
    "caches": _caches,
    "migrations": _migrations,
}


@dataclass(frozen=True)
class _OfOne:
    """What is checked of one database or cache."""

    alias: str

    def open_database(self) -> None:
        connection = connections[self.alias]
        assert_reachable(database_server(connection.settings_dict), timeout_s=_timeout_s())
        # One that was open already may have died with its server's predecessor; a user must not be the one to find out.
        if not _answers(connection) and not _answers(connection):
            raise Unusable(self.alias)

    def read_cache(self) -> None:
        for server in cache_servers(settings.CACHES[self.alias]):
            assert_reachable(server, timeout_s=_timeout_s())
        caches[self.alias].get("caretaker:warm")

    def look_for_migrations(self) -> None:
        from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415 - dear, and mostly not asked for

        self.open_database()
        with cut_off_after(connections[self.alias], timeout_s=_timeout_s()):
            executor = MigrationExecutor(connections[self.alias])
            plan: list[Any] = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            raise Pending(f"{len(plan)} migrations of database {self.alias} are not applied")


def _answers(connection: Any) -> bool:
    """Whether the connection, opened where it was not, answers in time; one that does not is closed."""
    with connect_timeout(connection, timeout_s=_timeout_s()):
        connection.ensure_connection()
    with cut_off_after(connection, timeout_s=_timeout_s()):
        usable = bool(connection.is_usable())
    if not usable:
        connection.close()
    return usable


def _load_templates() -> None:
    engines.all()


def _timeout_s() -> float:
    return float(getattr(settings, "CARETAKER_CHECK_TIMEOUT_S", _TIMEOUT_S))


def _outcome(name: str, act: Callable[[], None]) -> Check:
    try:
        act()
    except Exception as error:
        _LOG.warning("the health check %s failed: %s: %s", name, type(error).__name__, error)
        return Check(name=name, error=type(error).__name__)
    return Check(name=name)
