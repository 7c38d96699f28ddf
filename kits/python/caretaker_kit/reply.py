"""Puts the evidence into the application's reply. Never changes the application's own object."""

from __future__ import annotations

import base64
import json
from typing import Any

from caretaker_kit.block import KEY


def with_evidence(reply: Any, evidence: dict[str, Any]) -> dict[str, Any]:
    """The reply with one more top-level key; a reply that is no JSON object goes under `reply` beside it."""
    if isinstance(reply, (bytes, bytearray)):
        reply = _as_json_value(bytes(reply))
    if isinstance(reply, dict):
        return {**reply, KEY: evidence}
    return {KEY: evidence, "reply": reply}


def _as_json_value(raw: bytes) -> Any:
    """Lambda sends bytes as they are: a JSON object in them is an object to the caller; the rest becomes text."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode("ascii")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text
