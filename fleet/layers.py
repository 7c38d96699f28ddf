"""The door to Lambda's layers, and the values that come through it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from fleet.model import VersionNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerVersion:
    """One version of a layer; functions name it by its ARN."""

    layer: str
    number: VersionNumber
    arn: str


class Layers(Protocol):
    """The layers of one account and region. Every method may raise FleetError."""

    def listing(self) -> tuple[LayerVersion, ...]:
        """Every version of every layer, all pages."""
        ...

    def used(self) -> frozenset[str]:
        """The ARNs of all layer versions that any version of any function has, $LATEST too, read now."""
        ...

    def shared_with(self, version: LayerVersion) -> str | None:
        """Whom a policy on the layer version lets in, in words; None when it has no policy."""
        ...

    def delete(self, version: LayerVersion) -> None:
        """Delete that one version, in one try; done as well when it was gone already."""
        ...


def by_layer(versions: Iterable[LayerVersion]) -> dict[str, tuple[LayerVersion, ...]]:
    """The versions of each layer, lowest number first."""
    found: dict[str, list[LayerVersion]] = {}
    for version in versions:
        found.setdefault(version.layer, []).append(version)
    return {name: tuple(sorted(some, key=lambda one: one.number)) for name, some in sorted(found.items())}
