"""Reads platform.yaml: what the platform team lends to every service."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from profiles import bounds, checks, time_checks
from profiles.fields import Fields, open_mapping, open_named
from profiles.findings import Findings, shown
from profiles.model import Platform, VersionsPolicy
from profiles.read_ping import PingLayer, read_ping, refuse_unsuited
from profiles.read_profiles import Profiles, Shared, read_profiles
from profiles.yaml_nodes import Node

PLATFORM_NAMES = ("platform.yaml", "platform.yml")
PLATFORM_KEYS = ("version", "interval", "maxConcurrency", "calendars", "profiles", "ping", "versions")
VERSIONS_KEYS = ("keep", "minSuperseded", "enabled", "snapStart")
SNAP_START_KEYS = ("keep", "minSuperseded")
INTERVALS = ("1m", "2m", "3m", "5m", "10m")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFile:
    """The platform's settings, and what services refer to by name: calendars, shared profiles, ping defaults.

    `calendars` or `profiles` None: what the file says there has a mistake, so that no name can be checked.
    """

    platform: Platform
    calendars: dict[str, frozenset[date]] | None = field(default_factory=dict)
    profiles: Profiles | None = field(default_factory=dict)
    ping: PingLayer | None = None


UNREADABLE = PlatformFile(platform=Platform(), calendars=None, profiles=None)


def read_platform(root: Node, findings: Findings) -> PlatformFile:
    """The platform file at `root`. What could not be read keeps its default, with the mistake noted."""
    fields = open_mapping(root, "", findings, PLATFORM_KEYS)
    if fields is None:
        return UNREADABLE
    read_version(fields)
    ceiling = fields.read(
        "maxConcurrency", checks.integer(1, bounds.MAX_CEILING, code="E303"), Platform().max_concurrency
    )
    platform = Platform(
        interval=fields.read("interval", _interval, Platform().interval),
        max_concurrency=ceiling,
        versions=read_versions(fields, VersionsPolicy()),
    )
    calendars = _calendars(fields)
    shared = Shared(ceiling=ceiling, calendars=calendars)
    return PlatformFile(
        platform=platform,
        calendars=calendars,
        profiles=read_profiles(fields, shared),
        ping=_ping(fields),
    )


def _ping(fields: Fields) -> PingLayer | None:
    node = fields.node("ping")
    layer = read_ping(node, "ping", fields.findings) if node is not None else None
    if layer is not None and "shape" in layer.values:
        refuse_unsuited(layer, layer.values["shape"])
    return layer


def read_version(fields: Fields) -> None:
    """Check the language's version, 1."""
    node = fields.node("version")
    found = fields.maybe("version", checks.integer(0, 10**6))
    if node is not None and found not in (None, 1):
        message = f"version: {found} is not known; this is version 1 of the language"
        fields.findings.error(node, "E102", message)


def read_versions(fields: Fields, default: VersionsPolicy) -> VersionsPolicy:
    """The janitor's policy under `versions`; what it does not say comes from `default`."""
    node = fields.node("versions")
    inner = open_mapping(node, "versions", fields.findings, VERSIONS_KEYS) if node is not None else None
    if inner is None:
        return default
    node = inner.node("snapStart")
    snap = open_mapping(node, "versions.snapStart", fields.findings, SNAP_START_KEYS) if node is not None else None
    keep, superseded = _keep_and_superseded(inner)
    snap_keep, snap_superseded = (None, None) if snap is None else _keep_and_superseded(snap)
    return VersionsPolicy(
        enabled=inner.read("enabled", checks.boolean, default.enabled),
        keep=keep or default.keep,
        min_superseded=superseded or default.min_superseded,
        snap_keep=snap_keep or default.snap_keep,
        snap_min_superseded=snap_superseded or default.snap_min_superseded,
    )


def _keep_and_superseded(fields: Fields) -> tuple[int | None, timedelta | None]:
    keep = fields.maybe("keep", checks.integer(*bounds.KEEP, code="E304"))
    return keep, fields.maybe("minSuperseded", time_checks.duration(*bounds.SUPERSEDED))


def _interval(node: Node, path: str, findings: Findings) -> timedelta | None:
    found = checks.choice(INTERVALS)(node, path, findings)
    return None if found is None else timedelta(minutes=int(found[:-1]))


def _calendars(fields: Fields) -> dict[str, frozenset[date]] | None:
    node = fields.node("calendars")
    if node is None:
        return None if fields.meant("calendars") else {}
    named = open_named(node, "calendars", fields.findings)
    if named is None:
        return None
    for name, key in named.keys.items():
        if not bounds.NAME.fullmatch(name):
            fields.findings.error(key, "E101", f"calendars: {shown(name)} is not a name")
    return {name: frozenset(named.maybe(name, checks.many(time_checks.day)) or ()) for name in named.keys}
