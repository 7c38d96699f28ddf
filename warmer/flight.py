"""One ping on its way, and what carries pings: the shape that HTTP/1.1 and HTTP/2 share."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fleet import reply
from fleet.model import Answer, Lost
from fleet.ports import SignedRequest

# Why a ping has no answer, in the words that reports use.
LATE = "no complete answer in time"
BROKE_OFF = "the answer broke off"


# What every answer may have, however many there are; a health route says a hundredth of it.
_ALWAYS = 64 * 1024
_TOO_LARGE = "the answer is larger than the warmer has memory for beside the others: ping a route that says little"


class AnswerBytes:
    """Bytes that the answers of all bursts at work may have beyond what each has anyway.

    One application that answers every ping with a whole page would otherwise end the warmer for all others.
    """

    def __init__(self, most_bytes: int = 256 * 1024 * 1024) -> None:
        self._left = most_bytes
        self._changing = threading.Lock()

    def take(self, size: int) -> bool:
        """Whether there are so many bytes; they are the caller's then."""
        with self._changing:
            if size > self._left:
                return False
            self._left -= size
            return True

    def give_back(self, size: int) -> None:
        """The caller has no more use for so many bytes."""
        with self._changing:
            self._left += size


@dataclass(slots=True)
class Flight:
    """A ping's outcome once it is known; the first one stands. Its answer's bytes come out of `room`."""

    outcome: Answer | Lost | None = None
    room: AnswerBytes | None = None
    _taken: int = 0

    def admits(self, size: int) -> bool:
        """Whether an answer of so many bytes in all may be read; if not, the ping is lost for that reason."""
        more = size - _ALWAYS - self._taken
        if self.room is None or more <= 0:
            return True
        if not self.room.take(more):
            self.lose(_TOO_LARGE, sent=True)
            self.forget()
            return False
        self._taken += more
        return True

    def forget(self) -> None:
        """The answer has been looked at, and its bytes are free for others."""
        if self.room is not None and self._taken:
            self.room.give_back(self._taken)
            self._taken = 0

    def lose(self, reason: str, *, sent: bool) -> None:
        """There will be no answer."""
        if self.outcome is None:
            self.outcome = Lost(reason=reason, sent=sent)

    def land(self, *, status: int, headers: Mapping[str, str], body: bytes, sent_ms: float) -> None:
        """The whole answer is there, now."""
        if self.outcome is None:
            self.outcome = reply.answer(
                status=status, headers=headers, body=body, sent_ms=sent_ms, received_ms=time.time() * 1000
            )


Cargo = Sequence[tuple[Flight, SignedRequest]]


class Carrier(Protocol):
    """An open connection that can hold back the ends of requests and let them all go at once.

    `stage`, `arm` and `release` are called once each, in this order, and raise nothing: what goes wrong becomes the
    outcome of the flights that it concerns. What is staged and never released never ran.
    """

    def capacity(self, body_bytes: int) -> int:
        """How many pings with bodies of this size it takes at once."""
        ...

    def stage(self, cargo: Cargo, until: float) -> None:
        """Send everything but each request's last byte, by the monotonic second `until`."""
        ...

    def arm(self, until: float) -> None:
        """Make ready what `release` sends."""
        ...

    def release(self) -> None:
        """Send the last bytes, at once."""
        ...

    def close(self) -> None:
        """End the connection, from whichever thread, whatever is still under way."""
        ...


def words(error: BaseException) -> str:
    """What went wrong, on one line: what a server sent may be in it."""
    if isinstance(error, TimeoutError):
        return "timed out"
    return getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
