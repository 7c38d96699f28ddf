"""What the schedules and settings say about each function's versions. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TypeVar

from fleet.model import PublishedVersion, VersionNumber
from profiles.model import Service

N = TypeVar("N", int, timedelta)
LEAST_KEPT = 2
# How many of the versions that an alias pointed to before stay: what people and tools roll back to.
PREVIOUSLY_LIVE = 2
_NO_LIMIT = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPolicy:
    """What must hold before a version of one function may go.

    `off` names the file or schedule that switched the janitor off for the function; `scheduled` are the versions that a
    schedule names, each with the service; `unread` says why the schedules could not be read, which keeps all.

    `snap_keep` and `snap_min_superseded` hold for SnapStart versions in place of the others, None where nobody said so.
    `tagged` says what in the function's tags keeps all its versions, and `tag_problem` whether that is a mistake.
    `draining` names the stack that is about to be deleted, for which somebody asked: then no mark is waited for.
    """

    keep: int
    min_superseded: timedelta
    grace: timedelta
    previously_live: int = PREVIOUSLY_LIVE
    snap_keep: int | None = None
    snap_min_superseded: timedelta | None = None
    off: str | None = None
    scheduled: tuple[tuple[VersionNumber, str], ...] = ()
    unread: str | None = None
    wanted_tags: tuple[tuple[str, str], ...] = ()
    tagged: str | None = None
    tag_problem: bool = False
    draining: str | None = None

    def __post_init__(self) -> None:
        least = LEAST_KEPT if self.draining is None else 1
        if self.fewest < least:
            raise ValueError(f"keep is {self.fewest}: at least {least} versions stay, one to roll back to")
        spans = (self.min_superseded, self.grace, self.snap_min_superseded or timedelta(0))
        if min(spans) < timedelta(0):
            raise ValueError("min_superseded and grace are never negative")

    @property
    def fewest(self) -> int:
        """How many of the newest stay of whatever kind: a function with no more needs no look."""
        return self.keep if self.snap_keep is None else min(self.keep, self.snap_keep)

    def keep_of(self, version: PublishedVersion) -> int:
        """How many of the newest stay, asked for this version."""
        return self.snap_keep if version.snap_start and self.snap_keep is not None else self.keep

    def min_superseded_of(self, version: PublishedVersion) -> timedelta:
        """How long ago this version must have been replaced."""
        own = self.snap_min_superseded
        return own if version.snap_start and own is not None else self.min_superseded


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which functions the janitor looks at: by patterns of names (`shop-*`; with `!` first: not these), and by tags.

    No patterns, or none without `!`: every name that no `!` pattern has.
    """

    patterns: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    def has_name(self, function: str) -> bool:
        """Whether the patterns choose the function."""
        wanted = [pattern for pattern in self.patterns if not pattern.startswith("!")]
        refused = [pattern[1:] for pattern in self.patterns if pattern.startswith("!")]
        if any(fnmatchcase(function, pattern) for pattern in refused):
            return False
        return not wanted or any(fnmatchcase(function, pattern) for pattern in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPolicy:
    """Every function's policy, what one run may delete at most, and which functions it looks at."""

    default: FunctionPolicy
    by_function: Mapping[str, FunctionPolicy]
    max_per_function: int
    max_per_run: int
    scope: Scope = Scope()

    def of(self, function: str) -> FunctionPolicy:
        """The policy of the function with that bare name."""
        return self.by_function.get(function, self.default)


def drained(policy: SweepPolicy, stack: str) -> SweepPolicy:
    """The same policy for a stack that is about to be deleted: what nobody refers to may go, however young it is.

    What waits for people to think again (`young`, `previously-live`, marks, limits, how many of the newest stay) does
    not hold; the newest version stays, and so does everything that something else may use. What a tag asks for holds.
    """

    def of(one: FunctionPolicy) -> FunctionPolicy:
        now = timedelta(0)
        return replace(
            one, draining=stack, keep=1, snap_keep=None, min_superseded=now, snap_min_superseded=None, grace=now,
            previously_live=0,
        )  # fmt: skip

    return replace(
        policy,
        default=of(policy.default),
        by_function={name: of(one) for name, one in policy.by_function.items()},
        max_per_function=_NO_LIMIT,
        max_per_run=_NO_LIMIT,
    )


def sweep_policy(
    services: Iterable[Service],
    *,
    default: FunctionPolicy,
    max_per_function: int,
    max_per_run: int,
    scope: Scope | None = None,
) -> SweepPolicy:
    """One policy for each function that a service names; where several name it, the more careful word holds.

    A disabled service or target protects as an enabled one does: switching off the warming unprotects nothing.
    """
    by_function: dict[str, FunctionPolicy] = {}
    for service in services:
        for target in service.targets:
            name = target.function.name
            known = by_function.get(name)
            by_function[name] = _with(known or default, service, target.qualifier, first=known is None)
    return SweepPolicy(
        default=default,
        by_function=by_function,
        max_per_function=max_per_function,
        max_per_run=max_per_run,
        scope=scope or Scope(),
    )


def _with(known: FunctionPolicy, service: Service, qualifier: str, *, first: bool) -> FunctionPolicy:
    own = service.versions
    keep = own.keep if own.keep is not None else known.keep
    superseded = own.min_superseded if own.min_superseded is not None else known.min_superseded
    number = VersionNumber.parse_or_none(qualifier)
    named = ((number, service.name),) if number is not None else ()
    return replace(
        known,
        keep=keep if first else max(keep, known.keep),
        min_superseded=superseded if first else max(superseded, known.min_superseded),
        snap_keep=_snap(own.snap_keep, keep, None if first else (known.snap_keep, known.keep)),
        snap_min_superseded=_snap(
            own.snap_min_superseded,
            superseded,
            None if first else (known.snap_min_superseded, known.min_superseded),
        ),
        off=known.off or (None if own.enabled else f'the schedule of service "{service.name}"'),
        scheduled=known.scheduled + named,
    )


def _snap(own: N | None, general: N, known: tuple[N | None, N] | None) -> N | None:
    """The word for SnapStart versions; where nobody has one of its own for them, None."""
    if known is None or (own is None and known[0] is None):
        return own
    return max(general if own is None else own, known[1] if known[0] is None else known[0])
