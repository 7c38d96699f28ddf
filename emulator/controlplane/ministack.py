"""Starting and ending ministack, the library that plays AWS's control plane, as a child process on loopback.

What lives here: the process, its clean environment, its readiness and its end. What must not: what it is asked for.
"""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
_TOOLS = Path(__file__).resolve().parents[2] / ".tools"
_BRIDGE = Path(__file__).resolve().parent / "ministack_bridge.py"
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class EmulatorError(Exception):
    """The emulator cannot run; the message says why and what to do."""


class PortInUseError(EmulatorError):
    """The port that was asked for is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The one account and region that an emulator plays, and the account's limit of concurrent executions."""

    number: str = "123456789012"
    region: str = "eu-west-1"
    concurrency: int = 1000


def open_socket(port: int = 0) -> socket.socket:
    """A listening socket on loopback; port 0 picks a free one.

    Raises: PortInUseError when the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortInUseError(f"port {port} on {HOST} is in use; choose another, or 0 for a free one") from error
    listener.listen(1024)
    return listener


def url_of(listener: socket.socket) -> str:
    """The `http://` URL that reaches the socket."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


@contextmanager
def running_ministack(
    listener: socket.socket, *, folder: Path, front_url: str, account: Account, patience_s: float = 90.0
) -> Iterator[str]:
    """Ministack serving on `listener`, which is closed here; its URL.

    Everything it started is ended on leaving, and when this process dies; then `folder`, which holds its files, is
    removed too. The executions of functions that its services cause are sent to `front_url` as Invoke calls.

    Raises: EmulatorError when ministack is not installed, or is not ready within `patience_s` seconds.
    """
    python = _TOOLS / "ministack" / "bin" / "python"
    if not python.exists():
        raise EmulatorError(f"ministack is not installed: there is no {python}; run make setup")
    url = url_of(listener)
    log = folder / "ministack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, "-I", _BRIDGE, str(listener.fileno())],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
            env=_environment(listener, folder, front_url, account),
            cwd=folder,
            start_new_session=True,
        )
    # Ministack alone answers there from now on: were it to end, callers would be refused and not left waiting.
    listener.close()
    try:
        _wait_until_ready(process, url, log, patience_s)
        yield url
    finally:
        _end(process)


def _environment(listener: socket.socket, folder: Path, front_url: str, account: Account) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(listener.getsockname()[1]),
        "MINISTACK_ACCOUNT_ID": account.number,
        "MINISTACK_REGION": account.region,
        "AWS_DEFAULT_REGION": account.region,
        "LAMBDA_ACCOUNT_CONCURRENCY": str(account.concurrency),
        "LOG_LEVEL": "WARNING",
        "EMULATOR_FRONT_URL": front_url,
        "EMULATOR_FOLDER": str(folder),
    }


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EmulatorError(f"ministack ended at its start with status {process.returncode}: {_last_words(log)}")
        try:
            with _opener.open(f"{url}/_ministack/ready", timeout=2.0):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.05)
    raise EmulatorError(f"ministack did not answer at {url} within {patience_s:.0f} s: {_last_words(log)}")


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return "\n".join(lines[-12:]) or "it printed nothing"


def _end(process: subprocess.Popen[bytes]) -> None:
    # Its group is signalled as a whole: nothing that it started outlives it.
    for sign, patience_s in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 10.0)):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=patience_s)
        except subprocess.TimeoutExpired:
            continue
    if process.stdin is not None:
        process.stdin.close()
    process.wait(timeout=10.0)
