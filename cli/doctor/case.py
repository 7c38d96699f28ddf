"""A target of the schedules beside what was seen of it. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from cli.doctor.check import Group
from cli.doctor.facts import Facts, Seen
from profiles.model import Platform, ScheduleSet, Service, Target
from profiles.timeline import target_changes

AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A target with what was seen of it, and the greatest level of the next seven days."""

    service: Service
    target: Target
    seen: Seen
    level: int

    @property
    def group(self) -> Group:
        """The group of its checks."""
        return Group(f"target {self.target.function.name}:{self.target.qualifier}")

    @property
    def where(self) -> str:
        """Where the schedules have it."""
        if not self.service.file:
            return f"service {self.service.name}"
        # What was compiled has no lines.
        return f"{self.service.file}:{self.target.line}" if self.target.line else self.service.file


def cases_of(facts: Facts, schedules: ScheduleSet) -> list[Case]:
    """Every target that was looked at, in the order of the schedules."""
    return [
        Case(service=service, target=target, seen=seen, level=_greatest(service, target, facts, schedules.platform))
        for service in schedules.services
        for target in service.targets
        if (seen := facts.targets.get((target.function.text, target.qualifier))) is not None
    ]


def _greatest(service: Service, target: Target, facts: Facts, platform: Platform) -> int:
    found = target_changes(service, target, facts.now, facts.now + AHEAD, platform=platform)
    return max((change.demand.level for change in found), default=0)
