"""Keeps a dead server from taking a ping's whole time: is it there, and how long may it take to be connected to?

A driver that waits for a server that is gone can't be interrupted from Python, so what may hang is asked first
by a plain connection with a time limit.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_PORTS = {"postgresql": 5432, "postgis": 5432, "mysql": 3306, "oracle": 1521}
_REDIS_PORT, _MEMCACHED_PORT = 6379, 11211
# Drivers that take this parameter, in whole seconds; psycopg, psycopg2 and mysqlclient do.
_TAKE_CONNECT_TIMEOUT = ("postgresql", "postgis", "mysql")


class Server(NamedTuple):
    """Where a database or cache listens."""

    host: str
    port: int


class Unreachable(Exception):  # noqa: N818 - says what was found
    """Nothing listens there, or nothing answered in time."""


def database_server(settings: Mapping[str, Any]) -> Server | None:
    """The server of an entry of DATABASES; None where it is a file, a socket in the file system, or unknown."""
    host, port = str(settings.get("HOST") or ""), settings.get("PORT") or _PORTS.get(_vendor(settings))
    if not host or host.startswith("/") or "," in host or not str(port).isdigit():
        return None
    return Server(host, int(str(port)))


def cache_servers(settings: Mapping[str, Any]) -> list[Server]:
    """The servers of an entry of CACHES: Redis by URL, Memcached by host:port; empty for every other backend."""
    backend, given = str(settings.get("BACKEND")), settings.get("LOCATION") or ()
    places = [str(each) for each in (given.split(",") if isinstance(given, str) else given)]
    if "redis" in backend.lower():
        urls = [urlsplit(place) for place in places]
        return [Server(url.hostname, url.port or _REDIS_PORT) for url in urls if url.hostname]
    if "memcached" in backend.lower():
        parts = [place.rpartition(":") for place in places if not place.startswith(("unix:", "/"))]
        return [Server(host or port, int(port) if host else _MEMCACHED_PORT) for host, _, port in parts]
    return []


def assert_reachable(server: Server | None, *, timeout_s: float) -> None:
    """Raises: Unreachable when a connection to `server` can't be opened within the time."""
    if server is None:
        return
    try:
        socket.create_connection(server, timeout=timeout_s).close()
    except OSError as error:
        raise Unreachable(f"{server.host}:{server.port}: {error or type(error).__name__}") from error


@contextmanager
def connect_timeout(connection: Any, *, timeout_s: float) -> Iterator[None]:
    """While it lasts, a connect of this Django connection gives up after the time, where its driver can.

    A limit of the project's own in OPTIONS wins.
    """
    usual = connection.get_connection_params
    if _vendor(connection.settings_dict) not in _TAKE_CONNECT_TIMEOUT:
        yield
        return
    connection.get_connection_params = lambda: {"connect_timeout": max(1, round(timeout_s)), **usual()}
    try:
        yield
    finally:
        del connection.get_connection_params


@contextmanager
def cut_off_after(connection: Any, *, timeout_s: float) -> Iterator[None]:
    """While it lasts, a wait of this Django connection for its server ends after the time, where it would hang.

    A connection that was open before a failover can be waited on for minutes. Its socket is shut, so that the driver
    sees the end of it; drivers that show no socket are left alone.
    """
    try:
        # A descriptor of our own: by the time that the timer rings, the driver's number may be another file's.
        copy = socket.socket(fileno=os.dup(connection.connection.fileno()))
    except Exception:  # no such method, or a connection that is closed already
        yield
        return
    timer = threading.Timer(timeout_s, _shut, (copy,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        copy.close()


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):  # the other side was quicker
        connected.shutdown(socket.SHUT_RDWR)


def _vendor(settings: Mapping[str, Any]) -> str:
    return str(settings.get("ENGINE")).rpartition(".")[2]
