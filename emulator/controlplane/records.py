"""A function as the control plane records it: its versions, aliases, concurrency and policy, as frozen values.

What lives here is read from ministack's bridge and used by the answers and the catalogue. No network, no files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

LATEST = "$LATEST"

# A FunctionConfiguration of the Lambda API, handed through to clients as it is.
Configuration = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasRecord:
    """An alias: the version that gets its traffic, and other versions' shares of it."""

    name: str
    version: str
    weights: Mapping[str, float]
    shown: Mapping[str, Any]

    def sends_to(self, version: str) -> bool:
        """Whether any share of the alias's traffic, even none at weight 0, is meant for `version`."""
        return version == self.version or version in self.weights


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRecord:
    """All that the control plane knows of one function."""

    name: str
    latest: Configuration
    versions: Mapping[str, Configuration]
    aliases: Mapping[str, AliasRecord]
    reserved: int | None
    provisioned: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    event_configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_bridge(cls, shown: Mapping[str, Any]) -> Self:
        """The record that ministack's bridge shows as JSON."""
        return cls(
            name=shown["name"],
            latest=shown["latest"],
            versions=shown["versions"],
            aliases={name: _alias(alias) for name, alias in shown["aliases"].items()},
            reserved=shown["reserved"],
            provisioned=shown["provisioned"],
            policy=shown["policy"],
            event_configs=shown["event_configs"],
        )

    @property
    def arn(self) -> str:
        """The function's unqualified ARN."""
        return str(self.latest["FunctionArn"])

    @property
    def numbered(self) -> list[tuple[int, Configuration]]:
        """`$LATEST` as number 0, then the published versions in their order."""
        published = sorted((int(number), configuration) for number, configuration in self.versions.items())
        return [(0, self.latest), *published]

    def event_config(self, qualifier: str | None) -> Mapping[str, Any]:
        """The EventInvokeConfig of this qualifier; without one, or for `$LATEST`, the function's own."""
        names = ("", LATEST) if qualifier in (None, LATEST) else (qualifier,)
        return next((self.event_configs[name] for name in names if name in self.event_configs), {})

    def configuration(self, version: str) -> Configuration | None:
        """The configuration of `$LATEST` or of a version's number; None when there is none."""
        return self.latest if version == LATEST else self.versions.get(version)

    def has_qualifier(self, qualifier: str) -> bool:
        """Whether `$LATEST`, a version or an alias has this name."""
        return qualifier in self.aliases or self.configuration(qualifier) is not None


def _alias(shown: Mapping[str, Any]) -> AliasRecord:
    routing = shown.get("RoutingConfig") or {}
    return AliasRecord(
        name=shown["Name"],
        version=shown["FunctionVersion"],
        weights=dict(routing.get("AdditionalVersionWeights") or {}),
        shown=shown,
    )
