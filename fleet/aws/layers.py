"""Lambda's layers: the adapter of `fleet.layers.Layers`.

Needs lambda:ListLayers, lambda:ListLayerVersions, lambda:ListFunctions, lambda:GetLayerVersionPolicy, and
lambda:DeleteLayerVersion on `layer:*:*`.
"""

from collections.abc import Mapping
from typing import Any

from fleet.aws.asking import Asking, said_not_found
from fleet.layers import LayerVersion
from fleet.model import VersionNumber

_NEXT = ("Marker", "NextMarker")


class AwsLayers:
    """The Layers port over one Lambda client."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def listing(self) -> tuple[LayerVersion, ...]:
        """Every version of every layer, all pages."""
        pages = self._asking.pages("ListLayers", {}, token=_NEXT)
        names = self._asking.understood(
            "ListLayers", lambda: [it["LayerName"] for page in pages for it in page["Layers"]]
        )
        return tuple(version for name in names for version in self._versions(str(name)))

    def used(self) -> frozenset[str]:
        """The ARNs of all layer versions that any version of any function has, read now."""
        pages = self._asking.pages("ListFunctions", {"FunctionVersion": "ALL"}, token=_NEXT)
        return self._asking.understood(
            "ListFunctions",
            lambda: frozenset(
                str(layer["Arn"]) for page in pages for it in page["Functions"] for layer in it.get("Layers") or ()
            ),
        )

    def shared_with(self, version: LayerVersion) -> str | None:
        """What the policy on the layer version says; None when it has none."""
        reply = self._asking.one("GetLayerVersionPolicy", _named(version), absent=said_not_found)
        return None if reply is None else str(reply.get("Policy") or "a policy")[:300]

    def delete(self, version: LayerVersion) -> None:
        """Delete that one version. Lambda answers alike whether it was there or not."""
        self._asking.once("DeleteLayerVersion", _named(version))

    def _versions(self, name: str) -> list[LayerVersion]:
        pages = self._asking.pages("ListLayerVersions", {"LayerName": name}, token=_NEXT)
        return self._asking.understood(
            "ListLayerVersions", lambda: [_version(name, it) for page in pages for it in page["LayerVersions"]]
        )


def _version(name: str, item: Mapping[str, Any]) -> LayerVersion:
    return LayerVersion(layer=name, number=VersionNumber(int(item["Version"])), arn=str(item["LayerVersionArn"]))


def _named(version: LayerVersion) -> dict[str, Any]:
    return {"LayerName": version.layer, "VersionNumber": version.number.value}
