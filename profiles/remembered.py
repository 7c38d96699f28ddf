"""Answers remembered for an object itself, not for its equals: hashing a whole profile costs more than it saves."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")


class RememberedBy(Generic[Answer]):
    """Answers by an object's identity and a key; when there are too many, all are forgotten.

    The objects must not change. Each stays alive as long as its answers, so that no other can take its identity.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[tuple[int, object], tuple[Any, Answer]] = {}

    def get(self, one: object, key: object, answer: Callable[[], Answer]) -> Answer:
        """The answer for `one` under `key`: the one that is known, or what `answer` gives."""
        place = (id(one), key)
        known = self._found.get(place)
        if known is None:
            if len(self._found) >= self._most:
                self._found.clear()
            known = self._found[place] = (one, answer())
        return known[1]

    def cache_clear(self) -> None:
        """Forget everything."""
        self._found.clear()
