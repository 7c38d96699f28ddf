"""The values of a ScheduleSet as plain JSON values, and back. What the document around them is, `compiled` knows."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from fleet.model import FunctionRef
from profiles.model import (
    DatedDays,
    Mode,
    Override,
    PingSpec,
    Platform,
    Profile,
    ScheduleSet,
    Service,
    Shape,
    Strategy,
    Target,
    VersionsPolicy,
    Window,
)


def canonical(value: Any) -> bytes:
    """The one text of a JSON value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


class _Table:
    """Values that stand in the document once, by their place."""

    def __init__(self, values: Iterable[Any]) -> None:
        texts = {canonical(value): value for value in values}
        self._places = {text: place for place, text in enumerate(sorted(texts))}
        self.values = [texts[text] for text in sorted(texts)]

    def place(self, value: Any) -> int:
        return self._places[canonical(value)]


def schedules_as_json(schedules: ScheduleSet) -> dict[str, Any]:
    """The services and the platform as plain values; equal profiles and pings stand there once."""
    services = schedules.services
    profiles = _Table(_profile_json(profile) for service in services for profile in service.profiles)
    pings = _Table(_ping_json(target.ping) for service in services for target in service.targets)
    platform = schedules.platform
    return {
        "pings": pings.values,
        "platform": {
            "interval": _seconds(platform.interval),
            "max_concurrency": platform.max_concurrency,
            "versions": _versions_json(platform.versions),
        },
        "profiles": profiles.values,
        "services": [_service_json(service, profiles, pings) for service in services],
    }


def _service_json(service: Service, profiles: _Table, pings: _Table) -> dict[str, Any]:
    return {
        "name": service.name,
        "owner": service.owner,
        "timezone": service.timezone,
        "enabled": service.enabled,
        "dry_run": service.dry_run,
        "file": service.file,
        "profiles": [profiles.place(_profile_json(profile)) for profile in service.profiles],
        "targets": [_target_json(target, pings) for target in service.targets],
        "overrides": [_override_json(override) for override in service.overrides],
        "versions": _versions_json(service.versions),
    }


def _target_json(target: Target, pings: _Table) -> dict[str, Any]:
    return {
        "function": target.function.text,
        "qualifier": target.qualifier,
        "profile": target.profile,
        "scale": target.scale,
        "enabled": target.enabled,
        "strategy": target.strategy.value,
        "ping": pings.place(_ping_json(target.ping)),
    }


def _ping_json(ping: PingSpec) -> dict[str, Any]:
    return {
        "shape": ping.shape.value,
        "path": ping.path,
        "host": ping.host,
        "headers": ping.headers,
        "payload": ping.payload,
        "prime": ping.prime,
        "expect_status": ping.expect_status,
        "timeout": None if ping.timeout is None else _seconds(ping.timeout),
    }


def _profile_json(profile: Profile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "baseline": profile.baseline,
        "windows": [_window_json(window) for window in profile.windows],
        "dates": [
            {
                "dates": sorted(day.isoformat() for day in entry.dates),
                "like": entry.like,
                "windows": [_window_json(window) for window in entry.windows],
            }
            for entry in profile.dates
        ],
    }


def _window_json(window: Window) -> dict[str, Any]:
    return {
        "name": window.name,
        "concurrency": window.concurrency,
        "days": sorted(window.days),
        "from": window.from_minute,
        "to": window.to_minute,
        "cron": window.cron,
        "lasts": _seconds(window.lasts),
        "ramp_up": _seconds(window.ramp_up),
        "ramp_down": _seconds(window.ramp_down),
        "timezone": window.timezone,
    }


def _override_json(override: Override) -> dict[str, Any]:
    return {
        "name": override.name,
        "starts": override.starts.isoformat(),
        "ends": override.ends.isoformat(),
        "mode": override.mode.value,
        "concurrency": override.concurrency,
        "reason": override.reason,
        "ticket": override.ticket,
        "targets": override.targets,
    }


def _versions_json(versions: VersionsPolicy) -> dict[str, Any]:
    superseded, snap = versions.min_superseded, versions.snap_min_superseded
    return {
        "enabled": versions.enabled,
        "keep": versions.keep,
        "min_superseded": None if superseded is None else _seconds(superseded),
        "snap_keep": versions.snap_keep,
        "snap_min_superseded": None if snap is None else _seconds(snap),
    }


def _seconds(length: timedelta) -> int | float:
    whole = length.total_seconds()
    return int(whole) if whole.is_integer() else whole


def schedules_from_json(body: Mapping[str, Any]) -> ScheduleSet:
    """The schedules in such values. Raises: KeyError, IndexError, TypeError, ValueError when they are others."""
    profiles = [_profile(item) for item in body["profiles"]]
    pings = [_ping(item) for item in body["pings"]]
    platform = body["platform"]
    return ScheduleSet(
        services=tuple(_service(item, profiles, pings) for item in body["services"]),
        platform=Platform(
            interval=timedelta(seconds=platform["interval"]),
            max_concurrency=platform["max_concurrency"],
            versions=_versions(platform["versions"]),
        ),
        mistakes=(),
    )


def _service(item: Mapping[str, Any], profiles: list[Profile], pings: list[PingSpec]) -> Service:
    return Service(
        name=item["name"],
        owner=item["owner"],
        timezone=item["timezone"],
        enabled=item["enabled"],
        dry_run=item["dry_run"],
        file=item["file"],
        profiles=tuple([profiles[place] for place in item["profiles"]]),
        targets=tuple([_target(target, pings) for target in item["targets"]]),
        overrides=tuple([_override(override) for override in item["overrides"]]),
        versions=_versions(item["versions"]),
    )


def _target(item: Mapping[str, Any], pings: list[PingSpec]) -> Target:
    return Target(
        function=FunctionRef(text=item["function"]),
        qualifier=item["qualifier"],
        profile=item["profile"],
        scale=item["scale"],
        enabled=item["enabled"],
        strategy=Strategy(item["strategy"]),
        ping=pings[item["ping"]],
    )


def _ping(item: Mapping[str, Any]) -> PingSpec:
    status, timeout = item["expect_status"], item["timeout"]
    return PingSpec(
        shape=Shape(item["shape"]),
        path=item["path"],
        host=item["host"],
        headers=tuple([(name, value) for name, value in item["headers"]]),
        payload=item["payload"],
        prime=tuple(item["prime"]),
        expect_status=None if status is None else tuple(status),
        timeout=None if timeout is None else timedelta(seconds=timeout),
    )


def _profile(item: Mapping[str, Any]) -> Profile:
    return Profile(
        name=item["name"],
        baseline=item["baseline"],
        windows=tuple([_window(window) for window in item["windows"]]),
        dates=tuple(
            [
                DatedDays(
                    dates=frozenset(map(date.fromisoformat, entry["dates"])),
                    like=entry["like"],
                    windows=tuple([_window(window) for window in entry["windows"]]),
                )
                for entry in item["dates"]
            ]
        ),
    )


def _window(item: Mapping[str, Any]) -> Window:
    return Window(
        name=item["name"],
        concurrency=item["concurrency"],
        days=frozenset(item["days"]),
        from_minute=item["from"],
        to_minute=item["to"],
        cron=item["cron"],
        lasts=timedelta(seconds=item["lasts"]),
        ramp_up=timedelta(seconds=item["ramp_up"]),
        ramp_down=timedelta(seconds=item["ramp_down"]),
        timezone=item["timezone"],
    )


def _override(item: Mapping[str, Any]) -> Override:
    targets = item["targets"]
    return Override(
        name=item["name"],
        starts=datetime.fromisoformat(item["starts"]),
        ends=datetime.fromisoformat(item["ends"]),
        mode=Mode(item["mode"]),
        concurrency=item["concurrency"],
        reason=item["reason"],
        ticket=item["ticket"],
        targets=None if targets is None else tuple(targets),
    )


def _versions(item: Mapping[str, Any]) -> VersionsPolicy:
    # Documents compiled before there was a policy for SnapStart versions say nothing of it.
    superseded, snap = item["min_superseded"], item.get("snap_min_superseded")
    return VersionsPolicy(
        enabled=item["enabled"],
        keep=item["keep"],
        min_superseded=None if superseded is None else timedelta(seconds=superseded),
        snap_keep=item.get("snap_keep"),
        snap_min_superseded=None if snap is None else timedelta(seconds=snap),
    )
