"""One runtime process: started, frozen, thawed, ended, and what it prints. Knows no Lambda.

The process leads a session and process group of its own, so that whatever it starts is frozen and ended with it.
"""

import asyncio
import contextlib
import os
import re
import resource
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from emulator.dataplane.guard import Guard

_KEPT_BYTES = 64 * 1024
# Source: AWS Lambda developer guide, "Lambda quotas": file descriptors.
_MAX_FILES = 1024
_MANY_FILES = 65536
_PEAK_MEMORY = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


class Output:
    """What a process printed on stdout and stderr, in the order in which it did."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._pending = bytearray()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._reader, self._drain)

    def take(self) -> bytes:
        """Everything since the last call, at most its last 64 KB: what is in the pipe by now included."""
        self._drain()
        taken = bytes(self._pending)
        self._pending.clear()
        return taken

    def close(self) -> None:
        """Stop listening. Call `take` before."""
        if self._reader >= 0:
            self._loop.remove_reader(self._reader)
            os.close(self._reader)
            self._reader = -1

    def _drain(self) -> None:
        while self._reader >= 0:
            try:
                chunk = os.read(self._reader, 65536)
            except BlockingIOError:
                return
            if not chunk:
                self._loop.remove_reader(self._reader)
                return
            self._pending += chunk
            del self._pending[:-_KEPT_BYTES]


class RuntimeProcess:
    """A running process; make it with `start`."""

    def __init__(self, process: asyncio.subprocess.Process, output: Output, guard: Guard) -> None:
        self.pid = process.pid
        self.output = output
        self._process = process
        self._guard = guard
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        guard: Guard,
        on_exit: Callable[[int], None],
    ) -> Self:
        """Start `command` with exactly this environment; `on_exit` gets its exit code. Raises: OSError."""
        output = Output()
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output.writer,
                stderr=output.writer,
                cwd=directory,
                env=dict(environment),
                start_new_session=True,
            )
        except BaseException:
            output.close()
            raise
        finally:
            os.close(output.writer)
        guard.watch(process.pid)
        _bound_files(process.pid)
        running = cls(process, output, guard)
        running._watching = asyncio.create_task(running._watch(on_exit))
        return running

    @property
    def exited(self) -> bool:
        """Whether the process has ended."""
        return self._process.returncode is not None

    def freeze(self) -> None:
        """Stop the whole process group in its tracks."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process group go on."""
        self._signal(signal.SIGCONT)

    async def kill(self) -> None:
        """End the process group at once, and wait for it."""
        self._signal(signal.SIGKILL)
        if self._watching is not None:
            await self._watching

    async def end(self, grace_s: float) -> None:
        """Ask the process group to end, wait `grace_s` at most, then end it."""
        if self._watching is not None and not self.exited:
            self.thaw()
            self._signal(signal.SIGTERM)
            await asyncio.wait({self._watching}, timeout=grace_s)
        await self.kill()

    def peak_memory_mb(self) -> int:
        """The most memory that the process ever had resident, in MB; 0 where the system does not tell."""
        try:
            found = _PEAK_MEMORY.search(Path(f"/proc/{self.pid}/status").read_text())
        except OSError:
            return 0
        return -(-int(found[1]) // 1024) if found else 0

    def _signal(self, number: signal.Signals) -> None:
        if not self.exited:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    async def _watch(self, on_exit: Callable[[int], None]) -> None:
        code = await self._process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # what the process left behind in its group
        self._guard.forget(self.pid)
        on_exit(code)


def allow_many_files() -> None:
    """Raise this process's limit of open files as far as the system lets it: an environment takes four."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, _MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _bound_files(pid: int) -> None:
    """Give a runtime process Lambda's own limit of open files, where the system can do that from outside."""
    if hasattr(resource, "prlimit"):
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (_MAX_FILES, _MAX_FILES))
