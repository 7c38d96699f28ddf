"""What a plan is worth: bytes of code storage, and SnapStart snapshots that are billed. Pure; promises no time saved.

Nothing here has been measured on AWS: bytes are what the listing says, money is bytes times a published price.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fleet.model import PublishedVersion
from janitor.plan import SweepPlan

# Source: AWS Lambda pricing, "SnapStart pricing", us-east-1, looked up in November 2026: cache 0.0000015046 USD a GB-s
# of the function's memory, for as long as the version is active, three hours at least; none for Java.
CACHE_USD_A_GB_S = 0.0000015046
PRICE = f"{CACHE_USD_A_GB_S:.10f} USD a GB-second, us-east-1, AWS Lambda pricing page, November 2026"
_BILLED = ("python", "dotnet")
_MONTH_S = 30 * 24 * 3600
_MB_A_GB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Of all published versions and of those that may go: their code's bytes, and their billed snapshots.

    `usd_a_month` is what those snapshots cost at most: Lambda drops the snapshot of a version that nobody has invoked
    for 14 days, and whether it stops charging then is told in two ways.
    """

    bytes_stored: int
    bytes_going: int
    snapshots_going: int
    usd_a_month: float
    other_networks: int

    def as_json(self) -> dict[str, Any]:
        """The report's `worth`; the price beside the money, with its source and date."""
        return {
            "bytes_stored": self.bytes_stored,
            "bytes_going": self.bytes_going,
            "share": round(self.share, 4),
            "billed_snapshots_going": self.snapshots_going,
            "usd_a_month_at_most": self.usd_a_month,
            "price": PRICE,
            "versions_with_other_networks": self.other_networks,
        }

    @property
    def share(self) -> float:
        """The part of the published versions' bytes that may go, 0 to 1."""
        return self.bytes_going / self.bytes_stored if self.bytes_stored else 0.0

    def __str__(self) -> str:
        parts = [f"{size(self.bytes_going)} of {size(self.bytes_stored)} in published versions ({self.share:.0%})"]
        if self.snapshots_going:
            parts.append(
                f"{self.snapshots_going} SnapStart snapshots that are billed, at most {self.usd_a_month:.2f} USD a "
                f"month ({PRICE})"
            )
        if self.other_networks:
            parts.append(
                f"{self.other_networks} versions have other subnets or security groups than the newest of their "
                "function: Lambda holds network interfaces for each such pair"
            )
        return "; ".join(parts)


def worth(plan: SweepPlan) -> Worth:
    """What may go by `plan`, beside all that there is."""
    going = [verdict.version for function in plan.functions for verdict in function.to_delete]
    stored = [verdict.version for function in plan.functions for verdict in function.verdicts]
    billed = [version for version in going if version.snap_start and version.runtime.startswith(_BILLED)]
    gb = sum(version.memory_mb for version in billed) / _MB_A_GB
    return Worth(
        bytes_stored=_bytes(stored),
        bytes_going=_bytes(going),
        snapshots_going=len(billed),
        usd_a_month=round(gb * _MONTH_S * CACHE_USD_A_GB_S, 2),
        other_networks=sum(
            verdict.version.network not in ((), function.verdicts[-1].version.network)
            for function in plan.functions
            for verdict in function.to_delete
        ),
    )


def size(count: int) -> str:
    """Bytes as people read them: "512 B", "1.4 MB", "12 GB"."""
    value, units = float(count), ("B", "KB", "MB", "GB", "TB")
    for unit in units:
        if value < 1000 or unit == units[-1]:
            return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError(count)


def _bytes(versions: Iterable[PublishedVersion]) -> int:
    return sum(version.code_size_bytes for version in versions)
