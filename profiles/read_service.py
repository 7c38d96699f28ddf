"""Reads one service's file: its head and targets. Profiles, overrides and ping blocks have readers of their own."""

from dataclasses import dataclass

from fleet.model import LATEST, FunctionRef
from profiles import checks, time_checks
from profiles.fields import Fields, open_mapping
from profiles.findings import Findings, did_you_mean, shown
from profiles.model import Profile, Service, Strategy, Target
from profiles.read_overrides import read_overrides
from profiles.read_ping import PingLayer, combine, read_ping
from profiles.read_platform import PlatformFile, read_version, read_versions
from profiles.read_profiles import Profiles, Shared, read_profiles
from profiles.yaml_nodes import Node, Scalar

SERVICE_KEYS = (
    "version", "service", "owner", "timezone", "enabled", "dryRun",
    "ping", "profiles", "targets", "overrides", "versions",
)  # fmt: skip
TARGET_KEYS = ("function", "alias", "version", "profile", "scale", "enabled", "strategy", "ping")


def read_service(root: Node, findings: Findings, platform: PlatformFile) -> Service | None:
    """The service of one file. With errors in `findings` it is not to be used; None when there is nothing to name."""
    fields = open_mapping(root, "", findings, SERVICE_KEYS)
    if fields is None:
        return None
    fields.require("version", "service", "owner", "timezone")
    read_version(fields)
    profiles = _profiles(fields, platform)
    targets = _targets(fields, platform, profiles)
    service_node = fields.node("service")
    used = {target.profile for target in targets}
    return Service(
        name=fields.read("service", checks.name, ""),
        owner=fields.read("owner", checks.text, ""),
        timezone=fields.read("timezone", time_checks.zone, "UTC"),
        enabled=fields.read("enabled", checks.boolean, True),
        dry_run=fields.read("dryRun", checks.boolean, False),
        profiles=_kept(profiles or {}, used, platform.profiles or {}),
        targets=targets,
        overrides=read_overrides(fields, platform.platform.max_concurrency),
        versions=read_versions(fields, platform.platform.versions),
        file=findings.file,
        line=service_node.line if service_node is not None else 1,
        column=service_node.column if service_node is not None else 1,
    )


def _kept(profiles: Profiles, used: set[str], shared: Profiles) -> tuple[Profile, ...]:
    """The service's own profiles, and the shared ones that its targets use."""
    kept = (profile for name, profile in profiles.items() if name in used or name not in shared)
    return tuple(profile for profile in kept if profile is not None)


def _profiles(fields: Fields, platform: PlatformFile) -> Profiles | None:
    shared = Shared(
        ceiling=platform.platform.max_concurrency,
        calendars=platform.calendars,
        profiles=tuple(platform.profiles or ()),
    )
    own = read_profiles(fields, shared)
    return None if own is None else {**(platform.profiles or {}), **own}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What a target refers to: ping blocks above its own, profiles by name, and shared ones that have errors."""

    pings: tuple[PingLayer, ...]
    profiles: Profiles | None
    unusable: frozenset[str]


def _targets(fields: Fields, platform: PlatformFile, profiles: Profiles | None) -> tuple[Target, ...]:
    findings = fields.findings
    ping_node = fields.node("ping")
    own = read_ping(ping_node, "ping", findings) if ping_node is not None else None
    around = _Around(
        pings=tuple(layer for layer in (platform.ping, own) if layer is not None),
        profiles=profiles,
        unusable=frozenset(name for name, profile in (platform.profiles or {}).items() if profile is None),
    )
    node = fields.node("targets")
    found: dict[tuple[str, str], Target] = {}
    for item, path in checks.items(node, "targets", findings) if node is not None else ():
        target = _target(item, path, findings, around)
        if target is None:
            continue
        key = (target.function.text, target.qualifier)
        if key in found:
            message = f"{path}: {key[0]}:{key[1]} is a target already, in line {found[key].line}"
            findings.error(item, "E205", message)
        found.setdefault(key, target)
    return tuple(found.values())


def _target(node: Node, path: str, findings: Findings, around: _Around) -> Target | None:
    fields = open_mapping(node, path, findings, TARGET_KEYS)
    if fields is None:
        return None
    fields.require("function", "profile")
    ping_node = fields.node("ping")
    own = read_ping(ping_node, f"{path}.ping", findings) if ping_node is not None else None
    function = fields.maybe("function", _function)
    qualifier = _qualifier(fields)
    profile = _profile_name(fields, around)
    ping = combine([*around.pings, *([own] if own is not None else [])], fields)
    scale = fields.read("scale", checks.scale, 1.0)
    enabled = fields.read("enabled", checks.boolean, True)
    strategy = Strategy(fields.read("strategy", checks.choice(tuple(each.value for each in Strategy)), "ping"))
    if function is None or qualifier is None or profile is None:
        return None
    return Target(
        function=function,
        qualifier=qualifier,
        profile=profile,
        scale=scale,
        enabled=enabled,
        strategy=strategy,
        ping=ping,
        line=node.line,
        column=node.column,
    )


def _function(node: Node, path: str, findings: Findings) -> FunctionRef | None:
    found = checks.text(node, path, findings)
    if found is None:
        return None
    try:
        return FunctionRef(text=found)
    except ValueError:
        message = f"{path}: {shown(found)} is not a function name or an ARN without a qualifier"
        findings.error(node, "E113", message)
        return None


def _qualifier(fields: Fields) -> str | None:
    if "alias" in fields and "version" in fields:
        fields.refuse("version", "E007", "a target has an alias or a version, not both")
        return None
    if "alias" in fields:
        return fields.maybe("alias", _alias)
    if "version" in fields:
        return fields.maybe("version", _version)
    if not {"alias", "version"} & fields.guessed:
        fields.missing('missing "alias" (or "version"): traffic without a qualifier is alias: "$LATEST"')
    return None


def _alias(node: Node, path: str, findings: Findings) -> str | None:
    found = checks.text(node, path, findings)
    if found is None or found == LATEST:
        return found
    # Source: Lambda API reference, CreateAlias, Name: (?!^[0-9]+$)([a-zA-Z0-9-_]+), at most 128.
    if len(found) > 128 or found.isdigit() or not all(c.isascii() and (c.isalnum() or c in "-_") for c in found):
        findings.error(
            node, "E113", f'{path}: {shown(found)} is not an alias; use letters, digits, - and _ or "$LATEST"'
        )
        return None
    return found


def _version(node: Node, path: str, findings: Findings) -> str | None:
    text = node.text if isinstance(node, Scalar) else ""
    if text.isascii() and text.isdigit() and not text.startswith("0") and len(text) <= 18:
        return text
    if isinstance(node, Scalar) and node.value is not None:
        findings.error(node, "E113", f"{path}: {shown(text)} is not the number of a published version")
    else:
        checks.wrong_type(node, path, "the number of a published version", findings)
    return None


def _profile_name(fields: Fields, around: _Around) -> str | None:
    name = fields.maybe("profile", checks.text)
    node = fields.node("profile")
    if name is None or node is None or around.profiles is None:
        return name
    if name in around.unusable:
        message = f"{fields.at('profile')}: the shared profile {shown(name)} has errors in platform.yaml"
        fields.findings.error(node, "E201", message)
    elif name not in around.profiles:
        hint = did_you_mean(name, around.profiles) or f"; known are {', '.join(around.profiles) or 'none'}"
        fields.findings.error(node, "E201", f"{fields.at('profile')}: no profile {shown(name)}{hint}")
    else:
        return name
    return None
