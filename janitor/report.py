"""The report and its JSON: section 4 of the contract. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.model import CodeStorage, PublishedVersion, VersionNumber
from janitor.inventory import Inventory
from janitor.keep import KeepCode, KeepReason, instant
from janitor.layers import LayerVerdict
from janitor.plan import FunctionPlan, SweepPlan, Verdict
from janitor.sweep import TROUBLE, FunctionSweep, Outcome
from janitor.worth import Worth

# Source: Lambda developer guide, "Lambda quotas": 6 MB for a synchronous response; a larger one is an error.
MAX_REPLY_BYTES = 5_500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One version in the report: kept with a code, or to be deleted without one."""

    version: VersionNumber
    code: KeepCode | None
    reason: str

    def as_json(self) -> dict[str, str]:
        """The item of `keep` or `delete`."""
        code = {"code": self.code.value} if self.code is not None else {}
        return {"version": str(self.version), **code, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReport:
    """One function's item. `delete` is what the plan would delete in either mode, `deleted` what went."""

    function: str
    versions: int
    keep: tuple[VersionLine, ...]
    delete: tuple[VersionLine, ...]
    deleted: tuple[PublishedVersion, ...]
    outcome: Outcome
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The item as the contract has it."""
        return {
            "function": self.function,
            "versions": self.versions,
            "keep": [line.as_json() for line in self.keep],
            "delete": [line.as_json() for line in self.delete],
            "deleted": [str(version.number) for version in self.deleted],
            "bytes_freed": sum(version.code_size_bytes for version in self.deleted),
            "outcome": self.outcome.value,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run. `run` is "plan" or "sweep": what it did, not what it was asked for; `problems` speak of the run.

    `tripped` is whether the breaker held back or ended the deleting; `worth` is what the plan would free, None when
    there is no plan. `still_slow` is what a drain cannot take out of a stack's way. `storage` is the region's code
    storage after the run, None when it was not read; then `storage_unread` says why.
    """

    run: str
    at: datetime
    reason: str
    functions: tuple[FunctionReport, ...] = ()
    problems: tuple[str, ...] = ()
    tripped: bool = False
    worth: Worth | None = None
    still_slow: tuple[str, ...] = ()
    layers: tuple[LayerVerdict, ...] = ()
    storage: CodeStorage | None = None
    storage_unread: str | None = None

    @property
    def ok(self) -> bool:
        """True unless something could not be read, was refused, or failed."""
        return not self.problems and not any(item.outcome in TROUBLE for item in self.functions)

    def as_json(self) -> dict[str, Any]:
        """The handler's answer."""
        return {
            "ok": self.ok,
            "run": self.run,
            "at": instant(self.at),
            "reason": self.reason,
            "problems": list(self.problems),
            "worth": None if self.worth is None else self.worth.as_json(),
            "storage_percent": None if self.storage is None else self.storage.share_percent,
            **({"storage_unread": self.storage_unread} if self.storage_unread else {}),
            **({"layers": [one.as_json() for one in self.layers]} if self.layers else {}),
            **({"still_slow": list(self.still_slow)} if self.still_slow else {}),
            "functions": [item.as_json() for item in self.functions],
        }

    def as_reply(self, max_bytes: int = MAX_REPLY_BYTES) -> dict[str, Any]:
        """The same, without the lines of what stays when they would not fit Lambda's reply; it then says so."""
        whole = self.as_json()
        if len(json.dumps(whole)) <= max_bytes:
            return whole
        for item in whole["functions"]:
            item["reason"] += f"; {len(item['keep'])} lines of what stays left out"
            item["keep"] = []
        whole["reason"] += "; what stays does not fit one reply, name fewer functions to see it"
        return whole


def function_reports(
    plan: SweepPlan, inventory: Inventory, swept: Mapping[str, FunctionSweep]
) -> tuple[FunctionReport, ...]:
    """An item for each function in name order: the plan's verdicts, and what the sweep made of them."""
    items = [_item(function, swept.get(function.function)) for function in plan.functions]
    items += [_absent(name) for name in inventory.absent]
    return tuple(sorted(items, key=lambda item: item.function))


def _item(plan: FunctionPlan, swept: FunctionSweep | None) -> FunctionReport:
    outcome, reason = (_planned(plan)) if swept is None else (swept.outcome, swept.reason)
    if plan.unread and outcome not in TROUBLE:
        outcome, reason = Outcome.UNVERIFIED, f"{plan.unread[0]}; what could not be checked stays"
    spared = dict(swept.spared) if swept is not None else {}
    return FunctionReport(
        function=plan.function,
        versions=len(plan.verdicts),
        keep=tuple(_kept(plan.verdicts, spared)),
        delete=tuple(
            VersionLine(version=verdict.version.number, code=None, reason=verdict.reason)
            for verdict in plan.to_delete
            if verdict.version.number not in spared
        ),
        deleted=swept.deleted if swept is not None else (),
        outcome=outcome,
        reason=reason,
    )


def _kept(verdicts: Iterable[Verdict], spared: Mapping[VersionNumber, KeepReason]) -> Iterable[VersionLine]:
    for verdict in verdicts:
        number = verdict.version.number
        reason = spared.get(number) or next(iter(verdict.keep), None)
        if reason is not None:
            yield VersionLine(version=number, code=reason.code, reason=str(reason))


def _planned(plan: FunctionPlan) -> tuple[Outcome, str]:
    total, going = len(plan.verdicts), len(plan.to_delete)
    if not total:
        return Outcome.CLEAN, "no published versions"
    codes = Counter(verdict.keep[0].code.value for verdict in plan.verdicts if verdict.keep)
    kept = ", ".join(f"{number} {code}" for code, number in codes.items())
    if not going:
        return Outcome.CLEAN, f"all {total} versions stay ({kept})"
    return Outcome.PLANNED, f"{going} of {total} versions may go" + (f"; the others stay ({kept})" if kept else "")


def _absent(name: str) -> FunctionReport:
    return FunctionReport(
        function=name,
        versions=0,
        keep=(),
        delete=(),
        deleted=(),
        outcome=Outcome.ABSENT,
        reason="this account and region have no function of that name",
    )
