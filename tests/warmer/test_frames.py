"""Frames told apart, however the bytes are cut."""

import struct

import pytest

from warmer.frames import GoAway, Splitter


def frame(kind: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, 0]) + bytes(4) + payload


PING = frame(6, b"12345678")
GOAWAY = frame(7, struct.pack(">II", 5, 11) + b"calm down")


@pytest.mark.parametrize("size", [1, 7, 9, 1000])
def test_a_goaway_is_taken_out_and_every_other_byte_is_handed_on(size: int) -> None:
    splitter, others, goaways = Splitter(), b"", []
    data = PING + GOAWAY + PING
    for start in range(0, len(data), size):
        frames, found = splitter.split(data[start : start + size])
        others += frames
        goaways += found

    assert (others, goaways) == (PING + PING, [GoAway(last=5, error=11)])


def test_what_is_no_frame_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="over the limit of 16384"):
        Splitter().split(b"HTTP/1.1 400 Bad Request\r\n")
