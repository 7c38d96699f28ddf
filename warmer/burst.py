"""N pings in flight at one instant: the dispatch. Knows HTTP and clocks, nothing of schedules or evidence.

All connections are opened first; then the request is signed once, with the release instant in it; then everything
but each body's last byte is sent; then the last bytes go out in one tight loop. A server cannot start on a request
that lacks its last byte, so the pings begin together, however long the opening took. An unfinished request that is
closed costs nothing: it never ran.
"""

import contextlib
import gc
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from fleet import reply
from fleet.model import Answer, BurstResult, Lost, Ping
from fleet.ports import Endpoint, Invoker, SignedRequest, Unreachable
from warmer.pace import Window

# More openers do not help: handshakes are CPU time, and CPython has one core for them.
_OPENERS = 16
_CONNECT_TIMEOUT_S = 3.0
# Sending the heads ahead, on one slow core and with room to spare: waiting for the instant costs nothing.
_STAGING_MS = 10.0
_STAGING_MS_PER_PING = 0.8
# What all readers together get to end once their connections are cut.
_ENDING_S = 0.5
_LATE = "no complete answer in time"


class _Connection(http.client.HTTPConnection):
    """An HTTP connection to one chosen address of the endpoint, with TLS where the endpoint has it."""

    def __init__(self, endpoint: Endpoint, address: str, tls: ssl.SSLContext | None, timeout_s: float) -> None:
        super().__init__(endpoint.host, endpoint.port, timeout=timeout_s)
        self._address, self._tls, self._name = address, tls, endpoint.host
        self._opened: socket.socket | None = None

    def connect(self) -> None:
        """Open the connection within the connect timeout."""
        plain = socket.create_connection((self._address, self.port), timeout=self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self._name) if self._tls else plain
        self._opened = self.sock

    def cut(self) -> None:
        """End the connection under a reader that still waits on it."""
        # Not `self.sock`: http.client lets go of that when the answer says "Connection: close", and reads on.
        if self._opened is not None:
            with contextlib.suppress(OSError):  # it may be gone already
                self._opened.shutdown(socket.SHUT_RDWR)


@dataclass(slots=True)
class _Slot:
    """One ping on its way: its connection while it lasts, and its outcome once known."""

    connection: _Connection | None = None
    outcome: Answer | Lost | None = None
    sent_ms: float = 0.0
    reader: threading.Thread | None = field(default=None, repr=False)

    def lose(self, reason: str, *, sent: bool) -> None:
        if self.outcome is None:
            self.outcome = Lost(reason=reason, sent=sent)
        if self.connection is not None:
            self.connection.close()


@dataclass(frozen=True, slots=True)
class _Released:
    release_at_ms: int
    first_ms: float
    last_ms: float


def send_burst(
    invoker: Invoker, ping: Ping, window: Window, *, deadline: float, dispatch: threading.Lock
) -> BurstResult:
    """Every ping of the burst in flight at one instant, and what became of each.

    The release instant that the pings carry is the window's lag and hold after the dispatch; `deadline` is on the
    monotonic clock. Opening and releasing happen under `dispatch`, so that bursts of one process do not disturb
    each other's instant; waiting for answers does not. Nothing is retried.

    Raises: FleetError when no ping could be sent for a reason that holds for all (credentials, region, endpoint);
    BlockTooLarge.
    """
    with dispatch:
        endpoint = invoker.endpoint(ping.function)
        slots = _open(endpoint, ping.count, deadline)
        try:
            if time.monotonic() >= deadline:
                raise Unreachable("lambda:InvokeFunction: the tick's time was up before all connections were open")
            released = _release(invoker, ping, slots, window)
        except BaseException:
            for slot in slots:
                slot.lose("not sent", sent=False)
            raise
        patience = min(deadline, time.monotonic() + ping.timeout_s)
        _start_readers(slots, patience)
    _await_answers(slots, patience)
    return BurstResult(
        outcomes=tuple(slot.outcome or Lost(reason=_LATE) for slot in slots),
        release_at_ms=released.release_at_ms,
        released_ms=released.last_ms,
        spread_ms=released.last_ms - released.first_ms,
        lag_ms=window.lag_ms,
    )


def _open(endpoint: Endpoint, count: int, deadline: float) -> list[_Slot]:
    tls = _tls(endpoint)
    addresses = _addresses(endpoint)

    def opened(index: int) -> _Slot:
        # Many connections that time out one after another must not outlast the tick.
        timeout_s = max(0.01, min(_CONNECT_TIMEOUT_S, deadline - time.monotonic()))
        slot = _Slot(connection=_Connection(endpoint, addresses[index % len(addresses)], tls, timeout_s))
        try:
            assert slot.connection is not None  # noqa: S101
            slot.connection.connect()
        except OSError as error:
            slot.lose(f"no connection to {endpoint.host}:{endpoint.port}: {_words(error)}", sent=False)
        return slot

    with ThreadPoolExecutor(min(count, _OPENERS), thread_name_prefix="opener") as openers:
        slots = list(openers.map(opened, range(count)))
    if all(slot.outcome for slot in slots):
        first = slots[0].outcome
        words = first.reason if isinstance(first, Lost) else ""
        raise Unreachable(f"lambda:InvokeFunction: {words}; check AWS_ENDPOINT_URL_LAMBDA, the network and the region")
    return slots


def _tls(endpoint: Endpoint) -> ssl.SSLContext | None:
    if endpoint.scheme != "https":
        return None
    try:
        context = ssl.create_default_context(cafile=endpoint.ca_bundle)
    except OSError as error:
        raise Unreachable(f"the CA bundle {endpoint.ca_bundle} cannot be read: {_words(error)}") from error
    context.set_alpn_protocols(["http/1.1"])
    return context


def _addresses(endpoint: Endpoint) -> list[str]:
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unreachable(
            f"the name {endpoint.host} cannot be resolved ({_words(error)}); check the region, AWS_ENDPOINT_URL_LAMBDA "
            "and the network"
        ) from error
    families = [entry for entry in found if entry[0] == found[0][0]]
    return list(dict.fromkeys(str(entry[4][0]) for entry in families))


def _release(invoker: Invoker, ping: Ping, slots: Sequence[_Slot], window: Window) -> _Released:
    dispatch_ms = time.time() * 1000 + _STAGING_MS + _STAGING_MS_PER_PING * ping.count
    release_at_ms = int(dispatch_ms + window.lag_ms + window.hold_ms)
    request = invoker.signed(ping, release_at_ms=release_at_ms)
    staged = [slot for slot in slots if slot.outcome is None and _stage(slot, request)]
    last = request.body[-1:]
    wait_s = dispatch_ms / 1000 - time.time()
    if 0 < wait_s < 1:
        time.sleep(wait_s)
    collecting = gc.isenabled()
    gc.disable()
    try:
        first_ms = time.time() * 1000
        for slot in staged:
            _finish(slot, last)
        last_ms = time.time() * 1000
    finally:
        if collecting:
            gc.enable()
    return _Released(release_at_ms=release_at_ms, first_ms=first_ms, last_ms=last_ms)


def _stage(slot: _Slot, request: SignedRequest) -> bool:
    connection = slot.connection
    assert connection is not None  # noqa: S101
    try:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        connection.endheaders()
        if len(request.body) > 1:
            connection.send(request.body[:-1])
    except OSError as error:
        slot.lose(f"the connection ended before the release: {_words(error)}", sent=False)
        return False
    return True


def _finish(slot: _Slot, last: bytes) -> None:
    connection = slot.connection
    assert connection is not None  # noqa: S101
    slot.sent_ms = time.time() * 1000
    try:
        connection.send(last)
    except OSError as error:
        slot.lose(f"the connection ended at the release: {_words(error)}", sent=False)


def _start_readers(slots: Sequence[_Slot], patience: float) -> None:
    for slot in slots:
        if slot.outcome is None:
            slot.reader = threading.Thread(target=_read, args=(slot, patience), daemon=True, name="reader")
            slot.reader.start()


def _read(slot: _Slot, patience: float) -> None:
    connection = slot.connection
    assert connection is not None  # noqa: S101
    try:
        connection.sock.settimeout(max(0.05, patience - time.monotonic()))
        response = connection.getresponse()
        body = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        slot.outcome = reply.answer(
            status=response.status, headers=headers, body=body, sent_ms=slot.sent_ms, received_ms=time.time() * 1000
        )
        connection.close()
    except TimeoutError:
        slot.lose(_LATE, sent=True)
    except (OSError, http.client.HTTPException, ValueError) as error:
        slot.lose(f"the answer broke off: {_words(error)}", sent=True)


def _await_answers(slots: Sequence[_Slot], patience: float) -> None:
    for slot in slots:
        if slot.reader is not None:
            slot.reader.join(max(0.0, patience - time.monotonic()))
    late = [slot for slot in slots if slot.reader is not None and slot.reader.is_alive()]
    for slot in late:
        # A reply that trickles keeps each read short of its timeout; the deadline is for the whole reply.
        slot.outcome = slot.outcome or Lost(reason=_LATE)
        assert slot.connection is not None  # noqa: S101
        slot.connection.cut()
    ended = time.monotonic() + _ENDING_S
    for slot in late:
        assert slot.reader is not None  # noqa: S101
        slot.reader.join(max(0.0, ended - time.monotonic()))


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    # What a server sent may be in the words: on one line, whatever it was.
    return getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
