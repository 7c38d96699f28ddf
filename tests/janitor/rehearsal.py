"""Whole runs of the janitor on a simulated account: the product's own code and adapters, no waiting and no network."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from fleet.aws.uses import AwsUses
from fleet.aws.versions import LambdaVersions
from janitor.policy import Scope
from janitor.report import Report
from janitor.run import Doors, Selection, run_janitor
from janitor.settings import JanitorSettings, Mode
from profiles.location import Folder
from profiles.shelves import Shelves
from tests.janitor.account import Account
from tests.janitor.account_api import Api
from tests.janitor.builders import MemoryAudit, MemoryRecord

T = TypeVar("T")
SERVICES = ("lambda", "cloudformation", "codedeploy", "cloudfront", "cloudwatch")


class NoPace:
    """A pace that never waits, in every bucket."""

    def of(self, _: Any) -> Any:
        return self

    def wait_turn(self) -> None:
        """Now."""

    def once(self, call: Callable[[], T]) -> T:
        return call()

    def patiently(self, call: Callable[[], T]) -> T:
        return call()


def nowhere(_: Any) -> Any:
    raise AssertionError("schedules are in a folder here")


@dataclass
class Rehearsal:
    """An account, what the janitor remembers of it, and a way to run it. `folder` holds the schedules, if any."""

    account: Account
    folder: Path
    per_function: int = 25
    per_run: int = 500
    scope: Scope = field(default_factory=Scope)
    record: MemoryRecord = field(default_factory=MemoryRecord)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api = Api(self.account)

    def run(
        self, *, delete: bool = True, stack: str | None = None, only: Collection[str] = (), drain: bool = False
    ) -> Report:
        """One run at the account's present time."""
        self.account.begin_run()
        settings = JanitorSettings(
            schedules=str(self.folder),
            state_table="state",
            mode=Mode.DELETE,
            rate=15,
            keep=self.account.policy.keep,
            min_superseded=self.account.policy.min_superseded,
            grace=self.account.policy.grace,
            max_per_function=self.per_function,
            max_per_run=self.per_run,
            scope=self.scope,
        )
        select = Selection(functions=frozenset(only), stack=stack, drain=drain)
        report = run_janitor(self._doors(), settings, self.account.now, delete=delete, why="rehearsal", select=select)
        self.reports.append(report)
        return report

    def later(self, **span: float) -> None:
        """Time passes."""
        self.account.now += timedelta(**span)

    def settle(self, *, most: int = 60) -> None:
        """Runs, seven hours apart, until three in a row delete nothing."""
        quiet = 0
        for _ in range(most):
            self.later(hours=7)
            before = len(self.account.deleted)
            self.run()
            quiet = quiet + 1 if len(self.account.deleted) == before else 0
            if quiet == 3:
                return
        raise AssertionError(f"{most} runs and still deleting")

    def _doors(self) -> Doors:
        pace: Any = NoPace()
        return Doors(
            versions=LambdaVersions(self.api.client("lambda"), pace),
            uses=AwsUses({service: self.api.client(service) for service in SERVICES}, pace),
            record=self.record,
            audit=self.audit,
            shelves=Shelves(documents=nowhere, scratch=self.folder, bundled=Folder(path=self.folder)),
        )
