"""Which environment answered another warmer's ping, where its reply tells. Pure.

An id counts only if it is made once in an execution environment. Where the same words may mean an id of the call, none
is taken: evidence may be weaker than the truth, never stronger.
"""

from typing import Any

from fleet.model import KitReport
from profiles.model import Shape

_MOST_CHARACTERS = 200


def reported_environment(reply: Any, shape: Shape) -> KitReport | None:
    """The environment that a decoded reply to a ping of this shape names; None where it names none for certain."""
    if not isinstance(reply, dict):
        return None
    match shape:
        case Shape.OPENNEXT:
            return _named(_opennext(reply), "opennext")
        case Shape.THUNDRA:
            return _named(reply.get("instanceId"), "thundra")
        case _:
            return None


def _opennext(reply: dict[str, Any]) -> Any:
    """OpenNext's `serverId`: since version 3 made once a process, in `createMainHandler`, without a prefix.

    Version 2 made it once as well, but as `server-…`, which is how SST's own servers write one made anew in each call:
    the two cannot be told apart, so neither counts.
    Source: opennextjs-aws, packages/open-next/src/core/createMainHandler.ts; sst, platform/functions/ssr-warmer.
    """
    found = reply.get("serverId")
    if reply.get("type") != "warmer" or not isinstance(found, str) or found.startswith("server-"):
        return None
    return found


def _named(found: Any, maker: str) -> KitReport | None:
    if not isinstance(found, str) or not 0 < len(found) <= _MOST_CHARACTERS:
        return None
    return KitReport(environment=f"{maker}:{found}")
