"""The contract with the kits: the caretaker block out, the kit's report back. Knows JSON, no network.

Section 1 and 2 of the contract; `kits/wire/` holds golden payloads that this module and every kit read.
"""

import base64
import json
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from fleet.model import KitReport, Ping

WIRE_VERSION = 1
REPLY_KEY = "caretaker"
REPLY_HEADER = "x-caretaker"
# Source: Lambda API reference, Invoke, X-Amz-Client-Context.
MAX_CLIENT_CONTEXT_BYTES = 3583
# No kit has a greater number to report: it is what a Java kit's long holds.
_GREATEST = 2**63


class BlockTooLarge(ValueError):  # noqa: N818 - says what was found
    """The block does not fit Lambda's ClientContext; only a long `prime` list can cause that."""


# A block whose fields other than `prime` are as long as they can be: 16 digits of burst, the most pings, a full hold.
_LONGEST = {"v": WIRE_VERSION, "burst": "f" * 16, "of": 9999, "release_at_ms": 9_999_999_999_999, "max_hold_ms": 9999}


def client_context(ping: Ping, *, release_at_ms: int) -> str:
    """The X-Amz-Client-Context header of every ping of a burst: base64 of ASCII strings under `custom`.

    Raises: BlockTooLarge when it would be over Lambda's 3,583 bytes.
    """
    block: dict[str, Any] = {
        "v": WIRE_VERSION,
        "burst": ping.burst,
        "of": ping.count,
        "release_at_ms": release_at_ms,
        "max_hold_ms": ping.max_hold_ms,
    }
    encoded = _encoded(block, ping.prime)
    if len(encoded) > MAX_CLIENT_CONTEXT_BYTES:
        raise BlockTooLarge(
            f"the caretaker block of {ping.function} takes {len(encoded)} bytes, Lambda allows "
            f"{MAX_CLIENT_CONTEXT_BYTES}: shorten ping.prime"
        )
    return encoded.decode("ascii")


def primes_that_fit(prime: Sequence[str]) -> int:
    """How many of the paths, from the first one on, fit into every ping's ClientContext."""
    return bisect_right(range(len(prime) + 1), MAX_CLIENT_CONTEXT_BYTES, key=lambda count: _length(prime[:count])) - 1


def kit_report(reply: Any) -> KitReport | None:
    """What the kit reports in a decoded reply, from its key first and the HTTP header second; None without one.

    None as well for a block of another version than this one, whose names may mean anything: see `unknown_version`.
    """
    block = _block(reply)
    if block is None or block.get("v", WIRE_VERSION) != WIRE_VERSION:
        return None
    environment = block.get("environment")
    if not isinstance(environment, str) or not environment:
        return None
    return KitReport(
        environment=environment,
        arrived_ms=_integer(block.get("arrived_ms")),
        cold=block["cold"] if isinstance(block.get("cold"), bool) else None,
        age_ms=_integer(block.get("age_ms")),
        init_ms=_integer(block.get("init_ms")),
        invocations=_integer(block.get("invocations")),
        last_request_ms=_integer(block.get("last_request_ms")),
        held_ms=_integer(block.get("held_ms")),
    )


def unknown_version(reply: Any) -> str | None:
    """The version of a block that this module cannot read, as text; None when there is no such block."""
    block = _block(reply)
    if block is None or block.get("v", WIRE_VERSION) == WIRE_VERSION:
        return None
    return json.dumps(block["v"])[:20]


def application_reply(reply: Any) -> Any:
    """The application's own reply: without the kit's wrapping, where the kit had to wrap it."""
    if isinstance(reply, dict) and isinstance(reply.get(REPLY_KEY), dict) and set(reply) == {REPLY_KEY, "reply"}:
        return reply["reply"]
    return reply


def _encoded(block: dict[str, Any], prime: Sequence[str]) -> bytes:
    whole = {**block, "prime": list(prime)} if prime else block
    inner = json.dumps(whole, separators=(",", ":"))
    return base64.b64encode(json.dumps({"custom": {REPLY_KEY: inner}}, separators=(",", ":")).encode("ascii"))


def _length(prime: Sequence[str]) -> int:
    return len(_encoded(_LONGEST, prime))


def _block(reply: Any) -> dict[str, Any] | None:
    if not isinstance(reply, dict):
        return None
    block = reply.get(REPLY_KEY)
    if not isinstance(block, dict):
        block = _from_headers(reply)
    return block if isinstance(block, dict) else None


def _from_headers(reply: dict[str, Any]) -> Any:
    for field in ("headers", "multiValueHeaders"):
        headers = reply.get(field)
        if not isinstance(headers, dict):
            continue
        for name, value in headers.items():
            if isinstance(name, str) and name.lower() == REPLY_HEADER:
                return _decoded(value[0] if isinstance(value, list) and value else value)
    return None


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return None


def _integer(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Written so that NaN, which Python's JSON reader takes, is no number either.
    return int(value) if -_GREATEST < value < _GREATEST else None
