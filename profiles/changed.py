"""Which settings differ between two sets of schedules, by the names that the files have for them. Pure.

Levels over time are `difference`'s; here are also the settings that move no level: pings, policies, owners.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from profiles.model import Platform, ScheduleSet, Service, Target

_SERVICE = {
    "owner": "owner",
    "timezone": "timezone",
    "profiles": "profiles",
    "overrides": "overrides",
    "enabled": "enabled",
    "dry_run": "dryRun",
    "versions": "versions",
}
_TARGET = {"profile": "profile", "scale": "scale", "enabled": "enabled", "strategy": "strategy", "ping": "ping"}
_PLATFORM = {"interval": "interval", "max_concurrency": "maxConcurrency", "versions": "versions"}
_PLATFORMS_NAME = "platform"


class Fate(Enum):
    """What becomes of a service."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A service that is another than before; `settings` are the names of those that differ, when it was there."""

    name: str
    fate: Fate
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        match self.fate:
            case Fate.NEW:
                return f"service {self.name} is new"
            case Fate.GONE:
                return f"service {self.name} goes: nothing of it is kept warm, and its rules for versions end"
            case Fate.CHANGED:
                return f"{self.name}: {', '.join(self.settings)} changed"


def changed_settings(before: ScheduleSet, after: ScheduleSet) -> list[Changed]:
    """The platform, when it differs, and every service that does, by name."""
    found = list(_platform(before.platform, after.platform))
    old, new = ({one.name: one for one in each.services} for each in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            found.append(Changed(name=name, fate=Fate.NEW))
        elif name not in new:
            found.append(Changed(name=name, fate=Fate.GONE))
        elif settings := tuple(_service(old[name], new[name])):
            found.append(Changed(name=name, fate=Fate.CHANGED, settings=settings))
    return found


def _platform(before: Platform, after: Platform) -> Iterator[Changed]:
    settings = tuple(_differing(_PLATFORM, before, after))
    if settings:
        yield Changed(name=_PLATFORMS_NAME, fate=Fate.CHANGED, settings=settings)


def _service(before: Service, after: Service) -> Iterator[str]:
    yield from _differing(_SERVICE, before, after)
    old, new = ({_named(target): target for target in each.targets} for each in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"target {name} (new)"
        elif name not in new:
            yield f"target {name} (gone)"
        else:
            yield from (f"{setting} of {name}" for setting in _differing(_TARGET, old[name], new[name]))


def _named(target: Target) -> str:
    return f"{target.function.text}:{target.qualifier}"


def _differing(names: dict[str, str], before: object, after: object) -> Iterator[str]:
    return (name for field, name in names.items() if getattr(before, field) != getattr(after, field))
