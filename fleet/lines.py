"""Where the functions' log lines go. What is in them is for each function's telemetry."""

import logging
import sys
from typing import TextIO


class StandardOutput(logging.StreamHandler[TextIO]):
    """Writes to standard output as it is at that moment: one process may run a handler under several."""

    @property
    def stream(self) -> TextIO:
        """Where the next line goes."""
        return sys.stdout

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """The base class sets its own; there is nothing to keep."""
