"""A server that is gone must not take a ping's whole time: what is asked first, and where."""

import contextlib
import os
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from caretaker_kit.django.reach import (
    Server,
    Unreachable,
    assert_reachable,
    cache_servers,
    connect_timeout,
    cut_off_after,
    database_server,
)

POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "HOST": "db.internal", "PORT": ""}


@pytest.mark.parametrize(
    ("settings", "server"),
    [
        (POSTGRESQL, Server("db.internal", 5432)),
        ({**POSTGRESQL, "PORT": "6000"}, Server("db.internal", 6000)),
        ({"ENGINE": "django.db.backends.mysql", "HOST": "db"}, Server("db", 3306)),
        ({**POSTGRESQL, "HOST": "/var/run/postgresql"}, None),
        ({**POSTGRESQL, "HOST": "one,two"}, None),
        ({"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}, None),
        ({"ENGINE": "somebody.s.backend", "HOST": "db"}, None),
    ],
)
def test_where_a_database_listens(settings: dict[str, Any], server: Server | None) -> None:
    assert database_server(settings) == server


@pytest.mark.parametrize(
    ("settings", "servers"),
    [
        (("redis.RedisCache", "redis://cache.internal/0"), [Server("cache.internal", 6379)]),
        (("redis.RedisCache", ["redis://:secret@a:7000", "rediss://b"]), [Server("a", 7000), Server("b", 6379)]),
        (("memcached.PyMemcacheCache", "10.0.0.5:11212,unix:/tmp/m.sock"), [Server("10.0.0.5", 11212)]),
        (("locmem.LocMemCache", "shop"), []),
        (("db.DatabaseCache", "cache_table"), []),
    ],
)
def test_where_a_cache_listens(settings: tuple[str, Any], servers: list[Server]) -> None:
    backend, location = settings
    assert cache_servers({"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": location}) == servers


@pytest.fixture
def full() -> Iterator[Server]:
    """A server whose queue is full: the kernel answers no further connection."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        waiting = []
        for _ in range(4):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(silent.getsockname())
        yield Server(*silent.getsockname())
        for each in waiting:
            each.close()


def test_a_server_that_takes_no_connection_is_given_up_after_the_time_limit(full: Server) -> None:
    with pytest.raises(Unreachable, match="timed out"):
        assert_reachable(full, timeout_s=0.2)


def test_a_port_on_which_nothing_listens_is_said() -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1: .*refused"):
        assert_reachable(Server("127.0.0.1", 1), timeout_s=1)


def test_where_there_is_no_server_nothing_is_asked() -> None:
    assert_reachable(None, timeout_s=0)


class Connection:
    """As much of a Django connection as is needed: its parameters, with the project's own options in them."""

    def __init__(self, engine: str, **options: Any) -> None:
        self.settings_dict = {"ENGINE": f"django.db.backends.{engine}"}
        self.options = options

    def get_connection_params(self) -> dict[str, Any]:
        return {"dbname": "shop", **self.options}


@pytest.mark.parametrize(
    ("connection", "during"),
    [
        (Connection("postgresql"), {"dbname": "shop", "connect_timeout": 3}),
        (Connection("mysql"), {"dbname": "shop", "connect_timeout": 3}),
        (Connection("postgresql", connect_timeout=9), {"dbname": "shop", "connect_timeout": 9}),
        (Connection("sqlite3"), {"dbname": "shop"}),
    ],
)
def test_a_driver_that_can_give_up_is_told_to_and_only_for_the_check(
    connection: Connection, during: dict[str, Any]
) -> None:
    usual = connection.get_connection_params()
    with connect_timeout(connection, timeout_s=3):
        assert connection.get_connection_params() == during
    assert connection.get_connection_params() == usual


def test_the_driver_s_usual_limits_come_back_after_a_failure_too() -> None:
    connection = Connection("postgresql")
    with pytest.raises(RuntimeError), connect_timeout(connection, timeout_s=3):
        raise RuntimeError
    assert connection.get_connection_params() == {"dbname": "shop"}


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(30)
        yield ours, theirs


def test_a_wait_for_a_silent_server_ends_after_the_time_limit(pair: tuple[socket.socket, socket.socket]) -> None:
    with cut_off_after(SimpleNamespace(connection=pair[0]), timeout_s=0.1):
        assert pair[0].recv(1) == b""


def open_files_of(ours: socket.socket) -> int:
    """How many of this process's files are this very connection, whatever else the process opens and closes."""
    this = os.fstat(ours.fileno())
    found = 0
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # another thread's, and closed by now
            found += os.path.samestat(os.fstat(int(number)), this)
    return found


def test_a_connection_that_answered_in_time_stays_open(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with cut_off_after(SimpleNamespace(connection=ours), timeout_s=30):
        theirs.send(b"1")
        assert ours.recv(1) == b"1"
    theirs.send(b"2")
    assert ours.recv(1) == b"2"
    assert open_files_of(ours) == 1


@pytest.mark.parametrize("driver_s", [None, object(), SimpleNamespace(fileno=lambda: -1)])
def test_a_driver_that_shows_no_socket_is_left_alone(driver_s: Any) -> None:
    with cut_off_after(SimpleNamespace(connection=driver_s), timeout_s=0):
        pass
