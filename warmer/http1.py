"""A ping on an HTTP/1.1 connection of its own, with documented `http.client` calls only."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Sequence

from fleet.ports import Endpoint, SignedRequest
from warmer.flight import BROKE_OFF, LATE, Cargo, Flight, words

# What all readers together get to end once their connections are cut.
_ENDING_S = 0.5
# Of an answer that does not say how long it is, so much is read at a time.
_PIECE = 64 * 1024


class Http1:
    """A carrier for one ping."""

    def __init__(self, endpoint: Endpoint, opened: socket.socket) -> None:
        self._http = http.client.HTTPConnection(endpoint.host, endpoint.port)
        self._http.auto_open = 0  # a connection that is gone is never opened again: that would be a second ping
        self._http.sock = self._socket = opened
        self._flight: Flight | None = None
        self._last, self._sent_ms = b"", 0.0

    def capacity(self, body_bytes: int) -> int:  # noqa: ARG002 - a body of any size has the connection to itself
        """One."""
        return 1

    def stage(self, cargo: Cargo, until: float) -> None:
        """Send the head and all of the body but its last byte."""
        for flight, request in cargo[:1]:
            self._last = request.body[-1:]
            try:
                self._socket.settimeout(max(0.01, until - time.monotonic()))
                self._send_ahead(request)
                self._flight = flight
            except (OSError, http.client.HTTPException) as error:
                flight.lose(f"the connection ended before the release: {words(error)}", sent=False)

    def _send_ahead(self, request: SignedRequest) -> None:
        self._http.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            self._http.putheader(name, value)
        self._http.endheaders(request.body[:-1] or None)

    def arm(self, until: float) -> None:
        """Nothing is left to make ready."""

    def release(self) -> None:
        """Send the last byte."""
        if self._flight is None:
            return
        self._sent_ms = time.time() * 1000
        try:
            self._socket.send(self._last)  # one byte goes whole or not at all
        except OSError as error:
            self._flight.lose(f"the connection ended at the release: {words(error)}", sent=False)

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._flight is not None and self._flight.outcome is None

    def read(self, until: float) -> None:
        """Wait for the whole answer, each read of it no longer than until the monotonic second `until`."""
        flight = self._flight
        if flight is None:
            return
        try:
            self._socket.settimeout(max(0.05, until - time.monotonic()))
            response = self._http.getresponse()
            body = self._body(response, flight)
            if body is None:
                return
            headers = {name.lower(): value for name, value in response.getheaders()}
            flight.land(status=response.status, headers=headers, body=body, sent_ms=self._sent_ms)
        except TimeoutError:
            flight.lose(LATE, sent=True)
        except (OSError, http.client.HTTPException, ValueError) as error:
            flight.lose(f"{BROKE_OFF}: {words(error)}", sent=True)
        finally:
            self._http.close()

    def _body(self, response: http.client.HTTPResponse, flight: Flight) -> bytes | None:
        """All of it; None when it is too large, which the flight knows then."""
        if response.length is not None:
            return response.read() if flight.admits(response.length) else None
        body = bytearray()
        while piece := response.read(_PIECE):
            body += piece
            if not flight.admits(len(body)):
                return None
        return bytes(body)

    def give_up(self) -> None:
        """The time is up: a reader that still waits on the connection ends."""
        if self._flight is not None:
            self._flight.lose(LATE, sent=True)
        with contextlib.suppress(OSError):  # it may be gone already
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection."""
        self._http.close()
        self._socket.close()


class Readers:
    """A thread for each answer: reading whole answers is all that `http.client` documents.

    Where the system gives no more threads (Lambda allows 1,024), whoever waits reads the rest, one after the other.
    """

    def __init__(self, carriers: Sequence[Http1], until: float) -> None:
        self._until = until
        started = [(each, self._started(each)) for each in carriers if each.waiting]
        self._reading = [(carrier, thread) for carrier, thread in started if thread is not None]
        self._unread = [carrier for carrier, thread in started if thread is None]

    def _started(self, carrier: Http1) -> threading.Thread | None:
        thread = threading.Thread(target=carrier.read, args=(self._until,), daemon=True, name="reader")
        try:
            thread.start()
        except RuntimeError:
            return None
        return thread

    def join(self) -> None:
        """Wait until all are read or the time is up, and then no longer."""
        for carrier in self._unread:
            carrier.read(self._until)
        for _, thread in self._reading:
            thread.join(max(0.0, self._until - time.monotonic()))
        # A reply that trickles keeps each read short of its timeout; the deadline is for the whole reply.
        late = [(carrier, thread) for carrier, thread in self._reading if thread.is_alive()]
        for carrier, _ in late:
            carrier.give_up()
        ended = time.monotonic() + _ENDING_S
        for _, thread in late:
            thread.join(max(0.0, ended - time.monotonic()))
