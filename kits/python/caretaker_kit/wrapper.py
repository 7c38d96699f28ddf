"""The one line: `warmable(handler)`. Routes a ping through the application, holds, and adds the evidence."""

from __future__ import annotations

import functools
import logging
import os
import time
from collections.abc import Iterable
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
_LOG = logging.getLogger("caretaker_kit")


class _Ping(NamedTuple):
    """The ping that is being served; `also` are the paths that the application asked to have primed."""

    arrival: Arrival
    also: list[str]


_current: ContextVar[_Ping | None] = ContextVar("caretaker_ping", default=None)


def current_ping() -> dict[str, Any] | None:
    """The evidence so far when a ping is being served right now, None during any other request.

    For views and routes that show more to the warmer than to the public.
    """
    ping = _current.get()
    return None if ping is None else ENVIRONMENT.evidence(ping.arrival, held_ms=0)


def prime_also(paths: Iterable[str]) -> None:
    """Have these paths replayed behind the ping that is being served, if its environment is new.

    They come after the block's own, through the same handler with the same headers, by GET or HEAD only. During any
    other request, and for what does not begin with "/", nothing happens.
    """
    ping = _current.get()
    if ping is not None:
        ping.also.extend(path for path in paths if isinstance(path, str) and path.startswith("/"))


@overload
def warmable(
    handler: Handler, *, max_hold_ms: int | None = None, short_circuit: bool = False, other_warmers: bool = True
) -> Handler: ...
@overload
def warmable(
    handler: None = None, *, max_hold_ms: int | None = None, short_circuit: bool = False, other_warmers: bool = True
) -> Callable[[Handler], Handler]: ...
def warmable(
    handler: Any = None, *, max_hold_ms: int | None = None, short_circuit: bool = False, other_warmers: bool = True
) -> Any:
    """The handler, able to answer Caretaker's pings; also a decorator, with or without arguments.

    A request that is no ping gets the handler's own object or exception, untouched. A ping runs through the
    handler first; then the environment stays busy until the instant that all pings of the burst share, at most
    `max_hold_ms` milliseconds (default: the variable CARETAKER_MAX_HOLD_MS, or 2000), and the reply carries the
    evidence. `short_circuit=True` answers pings without running the handler, for functions without routes; what
    the handler loads lazily stays cold then.

    Pings of other warmers (`caretaker_kit.foreign`) are answered as each of them expects, without running the
    handler; `other_warmers=False` leaves them to it.

    An exception of the application in a ping is raised again, after the hold: the ping must be seen to have
    failed, and an environment that fails early would be free again and take a second ping of the same burst.
    """
    if handler is None:
        return functools.partial(
            warmable, max_hold_ms=max_hold_ms, short_circuit=short_circuit, other_warmers=other_warmers
        )
    if getattr(handler, _MARK, False):
        return handler
    limit_ms = _own_limit() if max_hold_ms is None else max_hold_ms

    def wrapped(event: Any, context: Any) -> Any:
        try:
            arrival, block = ENVIRONMENT.arrive(), block_of(context)
            foreign = foreign_ping(event) if other_warmers and block is None else None
        except Exception:  # whatever is wrong with the kit, a real request must not notice
            return handler(event, context)
        if block is not None:
            inner = _answer_nothing if short_circuit else handler
            return _serve_ping(inner, event, context, block, arrival, limit_ms)
        if foreign is not None:
            return _serve_foreign(foreign, context, limit_ms)
        try:
            return handler(event, context)
        finally:
            _note_request()

    # An adapter object such as Mangum's must not have its attributes copied onto the function.
    functools.update_wrapper(wrapped, handler, updated=())
    setattr(wrapped, _MARK, True)
    ENVIRONMENT.initialised()
    return wrapped


def _serve_ping(handler: Handler, event: Any, context: Any, block: Block, arrival: Arrival, limit_ms: float) -> Any:
    ping = _Ping(arrival, [])
    token = _current.set(ping)
    started = time.monotonic()
    try:
        reply = handler(event, context)
        if arrival.cold:
            paths = tuple(dict.fromkeys((*block.prime, *ping.also)))
            _prime(handler, event, context, paths, slowest_s=time.monotonic() - started)
    except Exception:
        _hold(block, context, limit_ms)
        raise
    finally:
        _current.reset(token)
    held_ms = _hold(block, context, limit_ms)
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
            reply = None if primed is None else handler(primed, context)
            status = reply.get("statusCode") if isinstance(reply, dict) else None
            if isinstance(status, int) and status >= 300:
                _LOG.warning("caretaker_kit: priming %s was answered %d", path, status)
        except Exception as error:  # priming is a favour; the ping itself has succeeded
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
        return float(context.get_remaining_time_in_millis())
    except Exception:  # a ping never fails because of the kit
        return 0.0


def _own_limit() -> int:
    given = os.environ.get("CARETAKER_MAX_HOLD_MS", "")
    return int(given) if given.isascii() and given.isdigit() else DEFAULT_MAX_HOLD_MS


def _answer_nothing(_event: Any, _context: Any) -> None:
    return None
