"""A small process that outlives the emulator just long enough to kill what it started.

Runtime processes sit in sessions of their own and most of them are stopped (frozen), so nothing else would end them
when the emulator is killed. It reads "+<pgid>" and "-<pgid>" lines; when its input ends, it kills what is left.
This file runs as a script, with nothing but the standard library.
"""

import contextlib
import os
import signal
import subprocess
import sys


class Guard:
    """The emulator's end of the line to the guard process."""

    def __init__(self) -> None:
        command = (sys.executable, "-I", "-S", __file__)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, text=True, bufsize=1)

    def watch(self, group: int) -> None:
        """This process group has to end with the emulator."""
        self._say(f"+{group}\n")

    def forget(self, group: int) -> None:
        """This process group has ended."""
        self._say(f"-{group}\n")

    def stop(self) -> None:
        """End the guard, and with it every group that is still watched."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _say(self, line: str) -> None:
        if self._process.stdin is not None and not self._process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(line)


def main() -> None:
    """Watch until the emulator's end of the pipe is closed, by whatever cause."""
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (groups.add if line[0] == "+" else groups.discard)(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
