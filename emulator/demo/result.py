"""What the demo saw, as one value: the source of the table in the terminal, of the JSON and of the page."""

from dataclasses import dataclass
from typing import Any

from emulator.demo.picture import Bar
from emulator.demo.users import Latencies


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """The pings of one tick as the emulator saw them."""

    title: str
    bars: tuple[Bar, ...]
    release_at_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One tick's report for the shop: what started it, the reuse policy in force, and its item."""

    trigger: str
    policy: str
    item: dict[str, Any]
    burst: Burst

    @property
    def proved(self) -> str:
        """How many environments were proved of those wanted."""
        return f"{self.item['covered']} of {self.item['wanted']} {self.item['evidence']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What the janitor planned and did to one function."""

    function: str
    before: int
    after: int
    kept: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, int], ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """Everything that the demo saw."""

    users: int
    cold: Latencies
    cold_starts_before: int
    ticks: tuple[Tick, ...]
    warm: Latencies
    cold_starts_after: int
    sweep: Sweep

    @property
    def failures(self) -> tuple[str, ...]:
        """What the demo should have shown and did not; empty when all is well."""
        found = [
            f"{tick.trigger} tick under {tick.policy}: {tick.proved}: {tick.item['reason']}"
            for tick in self.ticks
            if tick.item["covered"] != tick.item["wanted"] or tick.item["evidence"] != "counted"
        ]
        found += [
            f"{tick.trigger} tick under {tick.policy} met {tick.item['cold']} cold starts"
            for tick in self.ticks[1:]
            if tick.item["cold"]
        ]
        if self.cold_starts_after:
            found.append(f"the warm burst of users met {self.cold_starts_after} cold starts")
        if self.sweep.after >= self.sweep.before:
            found.append("the janitor deleted nothing")
        return tuple(found)

    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """The closing table: what, cold or before, warm or after."""
        first, last = self.ticks[0], self.ticks[-1]
        return (
            ("First request of a user, p50", _ms(self.cold.percentile(0.50)), _ms(self.warm.percentile(0.50))),
            ("First request of a user, p99", _ms(self.cold.percentile(0.99)), _ms(self.warm.percentile(0.99))),
            (f"Cold starts among {self.users} users", str(self.cold_starts_before), str(self.cold_starts_after)),
            ("Environments wanted / proved", first.proved, last.proved),
            (
                "Billed for the warming, a tick",
                f"{first.item['billed_ms']:,} ms",
                f"{last.item['billed_ms']:,} ms ({last.item['billed_ms'] / max(1, last.item['sent']):.0f} ms a ping)",
            ),
            (f"Versions of {self.sweep.function}", str(self.sweep.before), str(self.sweep.after)),
        )

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "ok": not self.failures,
            "failures": list(self.failures),
            "users": self.users,
            "first_request_ms": {
                state: {"p50": round(seen.percentile(0.50), 1), "p99": round(seen.percentile(0.99), 1)}
                for state, seen in (("cold", self.cold), ("warm", self.warm))
            },
            "cold_starts": {"cold": self.cold_starts_before, "warm": self.cold_starts_after},
            "ticks": [{"trigger": tick.trigger, "policy": tick.policy, **tick.item} for tick in self.ticks],
            "versions": {
                "function": self.sweep.function,
                "before": self.sweep.before,
                "after": self.sweep.after,
                "left": list(self.sweep.left),
            },
        }


def _ms(value: float) -> str:
    return f"{value:,.0f} ms"
