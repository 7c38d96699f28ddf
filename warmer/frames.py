"""HTTP/2 frames, as far as they must be told apart before the state machine sees them. Pure.

`h2` takes a GOAWAY for the end of the connection, while a server that is going away may still answer the requests
that it has: its GOAWAY names the last of them.
"""

from dataclasses import dataclass

# Source: RFC 9113, 4.1 (frame format), 4.2 (the size that every endpoint takes), 6.8 (GOAWAY).
_HEADER = 9
_GOAWAY = 7
_LARGEST = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class GoAway:
    """The server takes nothing after stream `last`; `error` is its code, 0 for none."""

    last: int
    error: int


class Splitter:
    """Takes bytes as they come and gives whole frames, the GOAWAYs apart from the others."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def split(self, data: bytes) -> tuple[bytes, list[GoAway]]:
        """What is whole by now: the other frames' bytes, and each GOAWAY. Raises: ValueError for what is no frame."""
        self._buffer += data
        others, goaways, start = bytearray(), [], 0
        while len(self._buffer) - start >= _HEADER:
            length = int.from_bytes(self._buffer[start : start + 3])
            if length > _LARGEST:
                raise ValueError(f"a frame of {length} bytes, over the limit of {_LARGEST}")
            end = start + _HEADER + length
            if end > len(self._buffer):
                break
            frame = bytes(self._buffer[start:end])
            if frame[3] == _GOAWAY and length >= 8:
                goaways.append(_goaway(frame))
            else:
                others += frame
            start = end
        del self._buffer[:start]
        return bytes(others), goaways


def _goaway(frame: bytes) -> GoAway:
    last = int.from_bytes(frame[_HEADER : _HEADER + 4]) & 0x7FFF_FFFF
    return GoAway(last=last, error=int.from_bytes(frame[_HEADER + 4 : _HEADER + 8]))
