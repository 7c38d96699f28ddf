"""Keyword-only builders of schedule values, with defaults that a test need not think about."""

from fleet.model import FunctionRef
from profiles.model import Override, Platform, Profile, ScheduleSet, Service, Target


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


def a_set(*services: Service, platform: Platform | None = None) -> ScheduleSet:
    """These services under one platform, without mistakes."""
    return ScheduleSet(services=services, platform=platform or Platform(), mistakes=())
