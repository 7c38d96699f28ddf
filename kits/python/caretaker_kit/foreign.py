"""Other warmers' pings: recognised by their exact shape, and what each of them expects. Pure.

For a team that moves from another warmer one side at a time. Such a ping names no route, so it stops here: what it
warms is what init has loaded. An event with a key beyond its contract's, or with a value of another kind, is the
application's own.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_NUMBER = (int, float)
# lambda-warmer and lambda-warmer-py, whose inner pings spell one key differently.
_LAMBDA_WARMER: dict[str, Any] = {
    "warmer": bool,
    "concurrency": (*_NUMBER, str),
    "target": str,
    "test": bool,
    "__WARMER_INVOCATION__": _NUMBER,
    "__WARMER_CONCURRENCY__": _NUMBER,
    "__WARMER_CORRELATIONID__": str,
    "__WARMER_CORRELATION_ID__": str,
}
_LAMBDA_WARMER_HOLD_MS = 75
_OPENNEXT: dict[str, Any] = {
    "type": str,
    "warmerId": str,
    "index": _NUMBER,
    "concurrency": _NUMBER,
    "delay": _NUMBER,
}
_THUNDRA = re.compile(r"#warmup(?:\s+wait=(\d{1,6}))?\s*")
_THUNDRA_HOLD_MS = 100


class ForeignPing(NamedTuple):
    """What another warmer's ping asks for.

    `reply` is what its contract answers; None with `wants_id` means an object that names the environment. `fan_out` is
    how many environments it wants this one to invoke, which the kit does not do; 1 is none.
    """

    reply: Any = None
    hold_ms: int = 0
    wants_id: bool = False
    fan_out: int = 1


def foreign_ping(event: Any) -> ForeignPing | None:
    """What `event` asks for as a ping of another warmer; None when it is none."""
    if isinstance(event, str):
        found = _THUNDRA.fullmatch(event)
        return None if found is None else ForeignPing(hold_ms=_THUNDRA_HOLD_MS + int(found[1] or 0))
    if not isinstance(event, dict):
        return None
    if event == {"source": "serverless-plugin-warmup"}:
        return ForeignPing(reply="Lambda is warm!")
    if event.get("warmer") is True and _is_made_of(_LAMBDA_WARMER, event):
        inner = _number(event.get("__WARMER_INVOCATION__")) > 1
        fan_out = 1 if event.get("test") else _number(event.get("concurrency"))
        return ForeignPing(reply="warmed", hold_ms=_LAMBDA_WARMER_HOLD_MS if inner else 0, fan_out=fan_out)
    if event.get("type") == "warmer" and "warmerId" in event and _is_made_of(_OPENNEXT, event):
        return ForeignPing(wants_id=True, hold_ms=_number(event.get("delay"), least=0))
    return None


def _is_made_of(kinds: dict[str, Any], event: dict[Any, Any]) -> bool:
    """Whether the event has these keys only, each with a value of its kind."""
    return all(isinstance(value, kinds.get(name, ())) for name, value in event.items())


def _number(value: Any, *, least: int = 1) -> int:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value < 1_000_000
    return int(value) if usable else least
