"""One ping on its way, and what carries pings: the shape that HTTP/1.1 and HTTP/2 share."""

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


@dataclass(slots=True)
class Flight:
    """A ping's outcome once it is known; the first one stands."""

    outcome: Answer | Lost | None = None

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
