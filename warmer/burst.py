"""N pings in flight at one instant: the dispatch. Knows HTTP and clocks, nothing of schedules or evidence.

All connections are opened first; then the request is signed once, with the release instant in it; then everything
but each body's last byte is sent; then the last bytes go out in one tight loop. A server cannot start on a request
that lacks its last byte, so the pings begin together, however long the opening took. An unfinished request that is
closed costs nothing: it never ran.
"""

import gc
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from fleet.model import BurstResult, Lost, Ping
from fleet.ports import Invoker
from warmer.connections import Opened, connected
from warmer.dispatch import Dispatch
from warmer.flight import LATE, Cargo, Carrier, Flight
from warmer.http1 import Http1, Readers
from warmer.http2 import Http2, read_answers
from warmer.pace import Window

# Sending the heads ahead, on one slow core and with room to spare: waiting for the instant costs nothing.
_STAGING_MS = 5.0
_STAGING_MS_PER_PING = 0.6
# A server that takes nothing in must not keep the other targets waiting for longer than this.
_LONGEST_STAGING_S = 2.0
# Between two sends, another thread may have the interpreter for this long and no longer (5 ms as Python comes).
_SWITCH_S = 0.00005


@dataclass(frozen=True, slots=True)
class _Released:
    release_at_ms: int
    first_ms: float
    last_ms: float


def send_burst(invoker: Invoker, ping: Ping, window: Window, *, deadline: float, dispatch: Dispatch) -> BurstResult:
    """Every ping of the burst in flight at one instant, and what became of each.

    The release instant that the pings carry is the window's lag and hold after the dispatch; `deadline` is on the
    monotonic clock. Opening runs beside other bursts of the process, and so does the waiting for answers; staging and
    releasing are one burst's at a time, so that they do not disturb each other's instant. Nothing is retried.

    Raises: FleetError when no ping could be sent for a reason that holds for all (credentials, region, endpoint);
    BlockTooLarge.
    """
    return send_bursts(invoker, [ping], window, deadline=deadline, dispatch=dispatch)[0]


def send_bursts(
    invoker: Invoker, pings: Sequence[Ping], window: Window, *, deadline: float, dispatch: Dispatch
) -> tuple[BurstResult, ...]:
    """Several bursts at one instant, as `send_burst` sends one: of one function, for both versions behind an alias.

    Raises: as `send_burst`.
    """
    flights = [[Flight(room=dispatch.answer_bytes) for _ in range(ping.count)] for ping in pings]
    count, body_bytes = sum(ping.count for ping in pings), max(len(ping.payload) for ping in pings)
    endpoint = invoker.endpoint(pings[0].function)
    try:
        with connected(endpoint, count, body_bytes, dispatch=dispatch, deadline=deadline) as opened:
            with dispatch.release:
                released = _dispatched(invoker, pings, flights, opened, window)
            _await_answers(opened.carriers, min(deadline, time.monotonic() + pings[0].timeout_s))
    finally:
        # What is kept of the answers is measured at once, by whoever called.
        for flight in (each for group in flights for each in group):
            flight.forget()
    return tuple(
        BurstResult(
            outcomes=tuple(flight.outcome or Lost(reason=LATE) for flight in group),
            release_at_ms=released.release_at_ms,
            released_ms=released.last_ms,
            spread_ms=released.last_ms - released.first_ms,
            lag_ms=window.lag_ms,
        )
        for group in flights
    )


def _dispatched(
    invoker: Invoker, pings: Sequence[Ping], flights: Sequence[Sequence[Flight]], opened: Opened, window: Window
) -> _Released:
    count = sum(ping.count for ping in pings)
    dispatch_ms = time.time() * 1000 + _STAGING_MS + _STAGING_MS_PER_PING * count
    release_at_ms = int(dispatch_ms + window.lag_ms + window.hold_ms)
    requests = [invoker.signed(ping, release_at_ms=release_at_ms) for ping in pings]
    cargo = [(flight, request) for group, request in zip(flights, requests, strict=True) for flight in group]
    until = time.monotonic() + _LONGEST_STAGING_S
    loaded = list(_loaded(opened, cargo, len(requests[0].body)))
    for carrier, load in loaded:
        carrier.stage(load, until)
    for carrier, _ in loaded:
        carrier.arm(until)
    wait_s = dispatch_ms / 1000 - time.time()
    if 0 < wait_s < 1:
        time.sleep(wait_s)
    with _undisturbed():
        first_ms = time.time() * 1000
        for carrier, _ in loaded:
            carrier.release()
        last_ms = time.time() * 1000
    return _Released(release_at_ms=release_at_ms, first_ms=first_ms, last_ms=last_ms)


def _loaded(opened: Opened, cargo: Cargo, body_bytes: int) -> Iterator[tuple[Carrier, Cargo]]:
    """The pings shared out evenly, since each connection may end at another of the endpoint's machines."""
    rooms = [carrier.capacity(body_bytes) for carrier in opened.carriers]
    for index, carrier in enumerate(opened.carriers):
        even, others = -(-len(cargo) // (len(rooms) - index)), sum(rooms[index + 1 :])
        taken = min(rooms[index], max(even, len(cargo) - others))
        yield carrier, cargo[:taken]
        cargo = cargo[taken:]
    for flight, _ in cargo:
        flight.lose(opened.problem or "no connection for it", sent=False)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No garbage collection, and no long turns of other threads."""
    collecting, interval_s = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(interval_s)
        if collecting:
            gc.enable()


def _await_answers(carriers: Sequence[Http1 | Http2], until: float) -> None:
    readers = Readers([each for each in carriers if isinstance(each, Http1)], until)
    read_answers([each for each in carriers if isinstance(each, Http2)], until)
    readers.join()
