"""The caretaker block of a ping: where it is found, what it asks for, how long to hold. Pure: no clock, no waiting."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

KEY = "caretaker"
VERSION = 1
# Kept free at the end of the function's own timeout, so that the reply still gets out.
RESERVE_MS = 500


class Block(NamedTuple):
    """What one ping asks of this environment. A broken block asks for nothing: no hold, no priming."""

    release_at_ms: float = 0
    max_hold_ms: float = 0
    prime: tuple[str, ...] = ()

    def hold_ms(self, *, now_ms: float, remaining_ms: float, limit_ms: float) -> float:
        """Milliseconds to stay busy from `now_ms` (epoch) on; 0 when the release instant is past.

        `remaining_ms` is the invocation's time left, `limit_ms` the kit's own limit.
        """
        return max(0.0, min(self.release_at_ms - now_ms, self.max_hold_ms, limit_ms, remaining_ms - RESERVE_MS))


NOTHING_ASKED = Block()
_ABSENT = object()


def block_of(context: Any) -> Block | None:
    """The block that came with an invocation; None when it is no ping.

    Only a direct Invoke can set the ClientContext, so no HTTP caller can make a request look like a ping.
    """
    try:
        text = _text_in(context)
    except Exception:  # a context of another make is no reason to fail a real request
        return None
    if text is _ABSENT:
        return None
    try:
        return _parsed(text)
    except Exception:  # whatever is wrong with a block, the application answers normally
        return NOTHING_ASKED


def _text_in(context: Any) -> Any:
    client_context = getattr(context, "client_context", None)
    if client_context is None:
        return _ABSENT
    custom = _member(client_context, "custom")
    return custom.get(KEY, _ABSENT) if isinstance(custom, Mapping) else _ABSENT


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _parsed(text: Any) -> Block:
    fields = json.loads(text)
    if not isinstance(fields, dict) or not _sound(fields):
        return NOTHING_ASKED
    return Block(
        release_at_ms=fields["release_at_ms"],
        max_hold_ms=fields["max_hold_ms"],
        prime=tuple(fields.get("prime", ())),
    )


def _sound(fields: dict[str, Any]) -> bool:
    prime = fields.get("prime", [])
    return (
        _is_number(fields.get("v"))
        and fields["v"] == VERSION
        and isinstance(fields.get("burst"), str)
        and all(_is_number(fields.get(name)) for name in ("of", "release_at_ms", "max_hold_ms"))
        and isinstance(prime, list)
        and all(isinstance(path, str) and path.startswith("/") for path in prime)
    )


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    # An integer that no float can hold raises OverflowError here, which `block_of` takes for a broken block.
    return math.isfinite(value)
