"""One execution environment under the bench's own hand: started, asked when the bench says, timed, ended.

The smallest Runtime API that a runtime client accepts. Unlike the emulator it can stop after init, which is what
"init only" needs.
"""

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

_PATIENCE_S = 180.0
# Users come later than the ping: what it used up of a quota must not be counted against them.
AFTER_A_PING_S = 0.2
_TIMEOUT_MS = 120_000


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    environment: "Environment"

    def do_GET(self) -> None:
        if self.path.endswith("/restore/next"):
            # Between a SnapStart snapshot and its restore; here the one follows the other at once.
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        event, context = self.environment.give()
        self.send_response(200)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": "0f8c",
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + _TIMEOUT_MS),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:000000000000:function:bench",
            **({} if context is None else {"Lambda-Runtime-Client-Context": context}),
            "Content-Type": "application/json",
            "Content-Length": str(len(event)),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        body = self._body()
        self.environment.take(body, failed=not self.path.endswith("/response"))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, *_: Any) -> None:
        """Nothing: the bench prints its own."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Nothing: a process that is ended breaks its connection."""


class Failed(Exception):  # noqa: N818 - says what was found
    """The environment did not come up, or its answer was a failure."""


class Environment:
    """A runtime process and its Runtime API; a context manager that ends both."""

    def __init__(self, command: Sequence[str], *, variables: Mapping[str, str], directory: Path) -> None:
        self._command, self._variables, self._directory = command, variables, directory
        self._events: queue.Queue[tuple[bytes, str | None]] = queue.Queue()
        self._replies: queue.Queue[tuple[float, bytes, bool]] = queue.Queue()
        self._ready = threading.Event()
        self._given_at = 0.0

    def __enter__(self) -> Self:
        handler = type("Api", (_Api,), {"environment": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True, name="runtime api").start()
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            cwd=self._directory,
            env={**self._variables, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_address[1]}"},
            stdout=None if "BENCH_SHOW" in os.environ else subprocess.DEVNULL,
            stderr=None if "BENCH_SHOW" in os.environ else subprocess.DEVNULL,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()

    @property
    def pid(self) -> int:
        """The runtime process."""
        return self._process.pid

    def initialised(self) -> float:
        """Wait for init to end; the seconds that it took. Raises: Failed."""
        if not self._ready.wait(_PATIENCE_S):
            raise Failed("init did not end")
        return self._ready_at - self._started

    def invoke(self, event: Any, *, block: Mapping[str, Any] | None = None) -> tuple[Any, float]:
        """The reply and the milliseconds from the runtime's getting the event to its answer. Raises: Failed."""
        context = None
        if block is not None:
            context = json.dumps({"custom": {"caretaker": json.dumps(block)}})
        self._events.put((json.dumps(event).encode(), context))
        try:
            at, body, failed = self._replies.get(timeout=_PATIENCE_S)
        except queue.Empty:
            raise Failed("no answer") from None
        if failed:
            raise Failed(body.decode("utf-8", "replace")[:300])
        return json.loads(body) if body else None, (at - self._given_at) * 1000

    def give(self) -> tuple[bytes, str | None]:
        """The next event, once there is one; the first call says that init is over."""
        if not self._ready.is_set():
            self._ready_at = time.monotonic()
            self._ready.set()
        event = self._events.get()
        self._given_at = time.monotonic()
        return event

    def take(self, body: bytes, *, failed: bool) -> None:
        """The runtime's answer, or what it says of its failure."""
        self._replies.put((time.monotonic(), body, failed))
