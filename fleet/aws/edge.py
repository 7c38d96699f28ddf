"""Which versions CloudFront's distributions run: Lambda@Edge. Reads only."""

from collections.abc import Iterator, Mapping
from typing import Any

from fleet.aws.asking import Asking
from fleet.model import VersionNumber
from fleet.uses import VersionUse

EDGE_REGION = "us-east-1"


def edge_uses(asking: Asking) -> tuple[VersionUse, ...]:
    """Every version that a distribution names, staging distributions included, all pages. Raises: FleetError."""
    operation = "ListDistributions"
    pages = asking.pages(operation, {}, token=("Marker", "DistributionList.NextMarker"))
    return asking.understood(operation, lambda: tuple(use for page in pages for use in _uses(page)))


def _uses(page: Mapping[str, Any]) -> Iterator[VersionUse]:
    for distribution in page["DistributionList"].get("Items") or ():
        behaviors = [distribution["DefaultCacheBehavior"], *_items(distribution.get("CacheBehaviors"))]
        arns = {one["LambdaFunctionARN"] for it in behaviors for one in _items(it.get("LambdaFunctionAssociations"))}
        for arn in sorted(arns):
            name, number = str(arn).split(":")[-2:]
            if (version := VersionNumber.parse_or_none(number)) is not None:
                yield VersionUse(
                    function=name, version=version, by=f"CloudFront distribution {distribution['Id']} runs it"
                )


def _items(found: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return list((found or {}).get("Items") or ())
