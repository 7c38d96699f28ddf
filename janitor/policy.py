"""What the schedules and settings say about each function's versions. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from fleet.model import VersionNumber
from profiles.model import Service

LEAST_KEPT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPolicy:
    """What must hold before a version of one function may go.

    `off` names the file or schedule that switched the janitor off for the function; `scheduled` are the versions that a
    schedule names, each with the service; `unread` says why the schedules could not be read, which keeps all.
    """

    keep: int
    min_superseded: timedelta
    grace: timedelta
    off: str | None = None
    scheduled: tuple[tuple[VersionNumber, str], ...] = ()
    unread: str | None = None

    def __post_init__(self) -> None:
        if self.keep < LEAST_KEPT:
            raise ValueError(f"keep is {self.keep}: at least {LEAST_KEPT} versions stay, one to roll back to")
        if self.min_superseded < timedelta(0) or self.grace < timedelta(0):
            raise ValueError("min_superseded and grace are never negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPolicy:
    """Every function's policy, and what one run may delete at most."""

    default: FunctionPolicy
    by_function: Mapping[str, FunctionPolicy]
    max_per_function: int
    max_per_run: int

    def of(self, function: str) -> FunctionPolicy:
        """The policy of the function with that bare name."""
        return self.by_function.get(function, self.default)


def sweep_policy(
    services: Iterable[Service], *, default: FunctionPolicy, max_per_function: int, max_per_run: int
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
        default=default, by_function=by_function, max_per_function=max_per_function, max_per_run=max_per_run
    )


def _with(known: FunctionPolicy, service: Service, qualifier: str, *, first: bool) -> FunctionPolicy:
    own = service.versions
    keep = own.keep if own.keep is not None else known.keep
    superseded = own.min_superseded if own.min_superseded is not None else known.min_superseded
    number = VersionNumber.parse_or_none(qualifier)
    named = ((number, service.name),) if number is not None else ()
    return FunctionPolicy(
        keep=keep if first else max(keep, known.keep),
        min_superseded=superseded if first else max(superseded, known.min_superseded),
        grace=known.grace,
        off=known.off or (None if own.enabled else f'the schedule of service "{service.name}"'),
        scheduled=known.scheduled + named,
        unread=known.unread,
    )
