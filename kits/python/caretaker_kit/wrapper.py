"""The one line: `warmable(handler)`. Routes a ping through the application, holds, and adds the evidence."""

from __future__ import annotations

import copy
import functools
import logging
import math
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Callable, NamedTuple, overload

from caretaker_kit.block import RESERVE_MS, Block, block_of
from caretaker_kit.environment import ENVIRONMENT, Arrival
from caretaker_kit.foreign import ForeignPing, foreign_ping
from caretaker_kit.priming import event_for
from caretaker_kit.reply import with_evidence

Handler = Callable[[Any, Any], Any]
DEFAULT_MAX_HOLD_MS = 2000
_MARK = "__caretaker_warmable__"
_OTHER_WARMERS = "CARETAKER_OTHER_WARMERS"
_LOG = logging.getLogger("caretaker_kit")


class _Invocation:
    """What is being served; `also` are the paths that the application asked a ping to prime.

    Whatever the application starts in an invocation, such as a task, keeps this in its context for good: it counts
    as running only while it is `open`.
    """

    __slots__ = ("also", "arrival", "is_ping", "open")

    def __init__(self, arrival: Arrival, *, is_ping: bool) -> None:
        self.arrival, self.is_ping, self.open = arrival, is_ping, True
        self.also: list[str] = []


_current: ContextVar[_Invocation | None] = ContextVar("caretaker_invocation", default=None)


class _Way(NamedTuple):
    """How one wrapped handler serves: what `warmable` was told."""

    handler: Handler
    for_pings: Handler
    limit_ms: float
    knows_others: bool


def _running() -> _Invocation | None:
    invocation = _current.get()
    return invocation if invocation is not None and invocation.open else None


def current_ping() -> dict[str, Any] | None:
    """The evidence so far when a ping is being served right now, None during any other request.

    For views and routes that show more to the warmer than to the public.
    """
    running = _running()
    return ENVIRONMENT.evidence(running.arrival, held_ms=0) if running is not None and running.is_ping else None


def prime_also(paths: str | Iterable[str]) -> None:
    """Have these paths replayed behind the ping that is being served, if its environment is new.

    They come after the block's own, through the same handler with the same headers, by GET or HEAD only. During any
    other request, and for what does not begin with "/", nothing happens.
    """
    running = _running()
    if running is not None and running.is_ping:
        given = [paths] if isinstance(paths, str) else paths if isinstance(paths, Iterable) else ()
        running.also.extend(path for path in given if isinstance(path, str) and path.startswith("/"))


@overload
def warmable(
    handler: Handler, *, max_hold_ms: int | None = None, short_circuit: bool = False, other_warmers: bool | None = None
) -> Handler: ...
@overload
def warmable(
    handler: None = None,
    *,
    max_hold_ms: int | None = None,
    short_circuit: bool = False,
    other_warmers: bool | None = None,
) -> Callable[[Handler], Handler]: ...
def warmable(
    handler: Any = None,
    *,
    max_hold_ms: int | None = None,
    short_circuit: bool = False,
    other_warmers: bool | None = None,
) -> Any:
    """The handler, able to answer Caretaker's pings; also a decorator, with or without arguments.

    A request that is no ping gets the handler's own object or exception, untouched. A ping runs through the handler
    first; then the environment stays busy until the instant that all pings of the burst share, at most `max_hold_ms`
    milliseconds (default: the variable CARETAKER_MAX_HOLD_MS, or 2000), and the reply carries the evidence. An
    exception in a ping is raised again, after the hold: an environment that fails early would take a second ping.

    `short_circuit=True` answers pings without running the handler, for functions without routes. Pings of other warmers
    (`caretaker_kit.foreign`) are answered as each of them expects; `other_warmers=False`, or "off" in the variable
    CARETAKER_OTHER_WARMERS, leaves them to the handler.
    """
    if handler is None:
        return functools.partial(
            warmable, max_hold_ms=max_hold_ms, short_circuit=short_circuit, other_warmers=other_warmers
        )
    if _is_warmable(handler):
        return handler
    way = _Way(
        handler,
        for_pings=_answer_nothing if short_circuit else handler,
        limit_ms=_own_limit() if max_hold_ms is None else max_hold_ms,
        knows_others=_knows_others() if other_warmers is None else other_warmers,
    )

    def wrapped(event: Any, context: Any) -> Any:
        return _serve(way, event, context)

    with suppress(Exception):  # a lazy object may raise whatever it likes when it is looked at
        # An adapter object such as Mangum's must not have its attributes copied onto the function.
        functools.update_wrapper(wrapped, handler, updated=())
    setattr(wrapped, _MARK, True)
    ENVIRONMENT.initialised()
    return wrapped


def _is_warmable(handler: Any) -> bool:
    try:
        return getattr(handler, _MARK, None) is True
    except Exception:  # as above
        return False


def _serve(way: _Way, event: Any, context: Any) -> Any:
    running = _running()
    if running is not None:  # a handler inside a handler: the outer one counts, holds and adds the evidence
        return (way.for_pings if running.is_ping else way.handler)(event, context)
    try:
        arrival, block = ENVIRONMENT.arrive(), block_of(context)
        if block is None and way.knows_others and (foreign := foreign_ping(event)) is not None:
            return _serve_foreign(foreign, context, way.limit_ms)
        invocation = _Invocation(arrival, is_ping=block is not None)
        _current.set(invocation)
    except Exception:  # whatever is wrong with the kit, a real request must not notice
        return way.handler(event, context)
    if block is not None:
        return _serve_ping(way, event, context, block, invocation)
    try:
        return way.handler(event, context)
    finally:
        invocation.open = False
        _note_request()


def _serve_ping(way: _Way, event: Any, context: Any, block: Block, ping: _Invocation) -> Any:
    arrival, handler = ping.arrival, way.for_pings
    as_it_came = _copied(event) if arrival.cold else None
    started = time.monotonic()
    try:
        reply = handler(event, context)
        if arrival.cold:
            paths = tuple(dict.fromkeys((*block.prime, *ping.also)))
            _prime(handler, as_it_came, context, paths, slowest_s=time.monotonic() - started)
    except Exception:
        _hold(block, context, way.limit_ms)
        raise
    finally:
        ping.open = False
    held_ms = _hold(block, context, way.limit_ms)
    try:
        return with_evidence(reply, ENVIRONMENT.evidence(arrival, held_ms=held_ms))
    except Exception as error:  # an answer without evidence warms all the same
        _LOG.warning("caretaker_kit: no evidence: %s: %s", type(error).__name__, error)
        return reply


def _serve_foreign(ping: ForeignPing, context: Any, limit_ms: float) -> Any:
    if ping.fan_out > 1:
        _LOG.warning(
            "caretaker_kit: a warmer asks this environment to invoke %d others, which the kit does not do; let it "
            "send its pings itself",
            ping.fan_out - 1,
        )
    _hold(Block(release_at_ms=time.time() * 1000 + ping.hold_ms, max_hold_ms=ping.hold_ms), context, limit_ms)
    return {"serverId": ENVIRONMENT.id, "type": "warmer"} if ping.wants_id else ping.reply


def _note_request() -> None:
    try:
        ENVIRONMENT.served_a_request()
    except Exception as error:  # the application's own answer, or exception, is on its way out
        _LOG.warning("caretaker_kit: %s: %s", type(error).__name__, error)


def _prime(handler: Handler, event: Any, context: Any, paths: tuple[str, ...], *, slowest_s: float) -> None:
    """Replay the paths, while the time left would cover the slowest run so far once more."""
    for path in paths:
        started = time.monotonic()
        try:
            if _remaining_ms(context) - RESERVE_MS <= slowest_s * 1000:
                _LOG.warning("caretaker_kit: %s and what follows it not primed: the function's timeout is near", path)
                return
            primed = event_for(event, path)
            if primed is None:
                _LOG.warning("caretaker_kit: %s not primed: the ping's event is no GET or HEAD over HTTP", path)
                return
            reply = handler(primed, context)
            status = reply.get("statusCode") if isinstance(reply, dict) else None
            if isinstance(status, int) and status >= 300:
                _LOG.warning("caretaker_kit: priming %s was answered %d", path, status)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # priming is a favour; not even sys.exit() in a view may end what is now warm
            _LOG.warning("caretaker_kit: priming %s raised %s: %s", path, type(error).__name__, error)
        slowest_s = max(slowest_s, time.monotonic() - started)


def _hold(block: Block, context: Any, limit_ms: float) -> int:
    """Stay busy until the release instant, within every limit; the milliseconds that it took."""
    try:
        hold_ms = block.hold_ms(now_ms=time.time() * 1000, remaining_ms=_remaining_ms(context), limit_ms=limit_ms)
        if hold_ms <= 0:
            return 0
        started = time.monotonic()
        time.sleep(hold_ms / 1000)
        return int((time.monotonic() - started) * 1000)
    except Exception as error:  # a ping that cannot hold is answered at once
        _LOG.warning("caretaker_kit: no hold: %s: %s", type(error).__name__, error)
        return 0


def _remaining_ms(context: Any) -> float:
    """The invocation's time left. A context that cannot tell gives 0: no hold, rather than a timeout."""
    try:
        remaining_ms = float(context.get_remaining_time_in_millis())
        return 0.0 if math.isnan(remaining_ms) else remaining_ms
    except Exception:  # a ping never fails because of the kit
        return 0.0


def _copied(event: Any) -> Any:
    """The event before the application changes it; None, which is never primed, when it can't be copied."""
    try:
        return copy.deepcopy(event)
    except Exception:  # priming is a favour
        return None


def _own_limit() -> int:
    given = os.environ.get("CARETAKER_MAX_HOLD_MS", "")
    return int(given) if given.isascii() and given.isdigit() else DEFAULT_MAX_HOLD_MS


def _knows_others() -> bool:
    return os.environ.get(_OTHER_WARMERS, "").strip().lower() != "off"


def _answer_nothing(_event: Any, _context: Any) -> None:
    return None
