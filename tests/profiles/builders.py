"""Keyword-only builders of schedule values, with defaults that a test need not think about."""

from datetime import datetime, timedelta

from fleet.model import FunctionRef
from profiles.model import Mode, Override, Platform, Profile, ScheduleSet, Service, Target


def a_service(
    *,
    name: str = "shop",
    zone: str = "UTC",
    profile: Profile | None = None,
    scale: float = 1.0,
    overrides: tuple[Override, ...] = (),
    enabled: bool = True,
) -> Service:
    """A service with one target, `shop:live`."""
    profile = profile if profile is not None else Profile(name="p", baseline=1, windows=())
    target = Target(function=FunctionRef(text="shop"), qualifier="live", profile=profile.name, scale=scale)
    return Service(
        name=name,
        owner="team",
        timezone=zone,
        profiles=(profile,),
        targets=(target,),
        overrides=overrides,
        enabled=enabled,
    )


def an_override(name: str, mode: Mode, concurrency: int, *, targets: tuple[str, ...] | None = None) -> Override:
    """For the day of 24 November 2026, by the service's own time."""
    day = datetime.fromisoformat("2026-11-24T00:00")
    return Override(
        name=name,
        starts=day,
        ends=day + timedelta(days=1),
        mode=mode,
        concurrency=concurrency,
        reason="doors open",
        ticket="S-1",
        targets=targets,
    )


def a_set(*services: Service, platform: Platform | None = None) -> ScheduleSet:
    """These services under one platform, without mistakes."""
    return ScheduleSet(services=services, platform=platform or Platform(), mistakes=())
