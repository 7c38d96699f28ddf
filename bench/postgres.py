"""A PostgreSQL server of the bench's own, where Debian's or another's server programs are at hand."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

_USER = "postgres"


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, the newest of Debian's or the one in PATH; None without."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    in_path = shutil.which("initdb")
    return found[-1].parent if found else Path(in_path).parent if in_path else None


@contextlib.contextmanager
def postgres() -> Iterator[str | None]:
    """The URL of a new, empty database on loopback, gone afterwards; None where there is no server program."""
    folder = programs()
    if folder is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="caretaker-bench-pg-") as scratch:
        data, port = Path(scratch) / "data", _free_port()
        if os.geteuid() == 0:
            shutil.chown(scratch, _USER)
        options = ["--auth=trust", f"--username={_USER}", "--encoding=UTF8", "--locale=C"]
        _run([folder / "initdb", "--pgdata", data, *options])
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={scratch} -c fsync=off"
        _run([folder / "pg_ctl", "--pgdata", data, "--wait", "--log", Path(scratch) / "log", "-o", settings, "start"])
        try:
            _run([folder / "createdb", "-h", "127.0.0.1", "-p", port, "-U", _USER, "shop"])
            yield f"postgresql://{_USER}@127.0.0.1:{port}/shop"
        finally:
            _run([folder / "pg_ctl", "--pgdata", data, "--mode", "immediate", "stop"])


def _run(command: list[object]) -> None:
    # The server refuses to run as root.
    user = _USER if os.geteuid() == 0 else None
    words = [str(word) for word in command]
    path = {"PATH": "/usr/bin:/bin"}
    subprocess.run(words, user=user, cwd="/", env=path, stdout=subprocess.DEVNULL, check=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
