"""What is left alone for a while after AWS refused to delete it in a way that nobody foresaw, or at the edge. Pure.

An unknown refusal leaves the whole function alone for a day, and the version for a week, so that the one which cannot
be deleted does not stand before the others for ever. A version that CloudFront still holds is left alone for a day.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from fleet.model import VersionNumber
from fleet.ports import Quarantine
from janitor.inventory import Unread
from janitor.keep import Candidate, KeepCode, KeepReason, instant

FUNCTION_FOR = timedelta(days=1)
VERSION_FOR = timedelta(days=7)
# Source: CloudFront developer guide, "Delete Lambda@Edge functions and replicas": usually within a few hours.
EDGE_FOR = timedelta(days=1)


def keep_quarantined(it: Candidate) -> KeepReason | None:
    """An earlier run was refused when it asked for its deletion, and the time to ask again has not come."""
    if isinstance(it.memory, Unread):
        return None
    for one in it.memory.quarantine:
        if one.until > it.now and one.version in (None, it.version.number):
            whom = "it" if one.version is not None else "the function"
            return KeepReason(
                code=KeepCode.EDGE if one.edge else KeepCode.UNVERIFIED,
                facts=f"an earlier run was refused ({one.reason}) and leaves {whom} alone until {instant(one.until)}",
                would_change_if=f"it is {instant(one.until)} or later",
            )
    return None


def at_the_edge(number: VersionNumber, reason: str, now: datetime) -> tuple[Quarantine, ...]:
    """For a version that edge locations still hold."""
    return (Quarantine(until=now + EDGE_FOR, reason=reason, version=number, edge=True),)


def unforeseen(number: VersionNumber | None, reason: str, now: datetime) -> tuple[Quarantine, ...]:
    """For a refusal that nobody foresaw: the function for a day, and the version, if one was named, for a week."""
    function = Quarantine(until=now + FUNCTION_FOR, reason=reason)
    if number is None:
        return (function,)
    return (function, Quarantine(until=now + VERSION_FOR, reason=reason, version=number))


def still_left_alone(known: Iterable[Quarantine], now: datetime) -> tuple[Quarantine, ...]:
    """Those whose time is not over."""
    return tuple(one for one in known if one.until > now)


def joined(known: Iterable[Quarantine], more: Iterable[Quarantine]) -> tuple[Quarantine, ...]:
    """One entry for each version and for the function, the one that lasts longer."""
    longest: dict[VersionNumber | None, Quarantine] = {}
    for one in (*known, *more):
        before = longest.get(one.version)
        longest[one.version] = one if before is None or one.until > before.until else before
    return tuple(longest.values())
