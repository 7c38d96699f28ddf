"""What an application's health answer says of settings that defeat warmth: the `hints` of a kit. Decides nothing."""

import json
from collections.abc import Iterator

from fleet import wire
from fleet.model import Answer, BurstResult
from fleet.words import said

_MOST_HINTS = 10
_MOST_LETTERS = 300


def hints_in(result: BurstResult) -> list[str]:
    """The hints in the answers of a burst: each once, in the order they came, as printable text."""
    found = (hint for outcome in result.outcomes if isinstance(outcome, Answer) for hint in _hints(outcome.payload))
    return list(dict.fromkeys(found))[:_MOST_HINTS]


def _hints(payload: bytes) -> Iterator[str]:
    given = _member(_decoded(_member(wire.application_reply(_decoded(payload)), "body")), "hints")
    for hint in given if isinstance(given, list) else ():
        if isinstance(hint, str):
            yield said(hint, most=_MOST_LETTERS)


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _decoded(text: object) -> object:
    """The JSON value; None for whatever is none."""
    if not isinstance(text, (str, bytes)):
        return None
    try:
        decoded: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return decoded
