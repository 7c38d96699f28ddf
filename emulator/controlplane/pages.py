"""Pages as Lambda's listings give them: a greatest size whatever is asked for, and an opaque marker.

Pure. A marker holds the key of the last item shown, so that deletions between two pages neither skip nor repeat items.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from emulator.controlplane.ask import Refused, invalid

Item = TypeVar("Item")
Key = tuple[str, int]

# Source: Lambda API reference, ListFunctions and others: MaxItems "returns a maximum of 50 items in each response, even
# if you set the number higher"; ListEventSourceMappings the same with 100.
PAGE = 50
MAPPINGS_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a listing goes on, and how many items it may show."""

    size: int
    after: Key | None

    @classmethod
    def asked_for(cls, query: Mapping[str, str]) -> "Page":
        """The page that a request's MaxItems and Marker ask for.

        Raises: Refused when one of them is nonsense.
        """
        text = query.get("MaxItems", str(PAGE))
        if not text.isdigit() or not 1 <= int(text) <= 10_000:
            raise Refused(400, "ValidationException", f"1 validation error detected: Value '{text}' at 'maxItems'")
        marker = query.get("Marker")
        return cls(size=min(int(text), PAGE), after=_key(marker) if marker else None)

    def cut(self, items: Sequence[Item], key: Callable[[Item], Key]) -> tuple[list[Item], str | None]:
        """The items of this page in the order of their keys, and the next marker, if more follow."""
        rest = sorted((item for item in items if self.after is None or key(item) > self.after), key=key)
        shown = rest[: self.size]
        return shown, _marker(key(shown[-1])) if len(rest) > self.size else None


def _marker(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _key(marker: str) -> Key:
    try:
        name, number = json.loads(base64.urlsafe_b64decode(marker))
        return str(name), int(number)
    except (ValueError, binascii.Error, TypeError) as error:
        raise invalid(f"Invalid marker: {marker}") from error
