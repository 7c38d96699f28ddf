"""Reading answers where the system gives no more threads."""

import threading
import time

import pytest

from warmer.http1 import Readers


class Carrier:
    """As much of a carrier as a reader sees."""

    waiting = True

    def __init__(self) -> None:
        self.read_by: str | None = None

    def read(self, _until: float) -> None:
        self.read_by = threading.current_thread().name

    def give_up(self) -> None:
        raise AssertionError("nothing here is late")


def test_whoever_waits_reads_what_no_thread_could_be_had_for(monkeypatch: pytest.MonkeyPatch) -> None:
    real, started = threading.Thread.start, []

    def start(thread: threading.Thread) -> None:
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    carriers = [Carrier() for _ in range(5)]
    Readers(carriers, time.monotonic() + 10).join()  # type: ignore[arg-type]
    assert [carrier.read_by for carrier in carriers] == ["reader"] * 2 + [threading.main_thread().name] * 3
