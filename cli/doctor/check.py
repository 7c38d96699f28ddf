"""One finding of `caretaker doctor` as a value, and how findings are made. Pure."""

from dataclasses import dataclass
from enum import Enum

from fleet.deployed import Unread

# A deployment compares templates, so it does not see what somebody did beside them.
BY_HAND = "what was changed by hand must be undone by hand, because a deployment does not see it"


class Verdict(Enum):
    """How a check came out. `unknown`: there was nothing to see, or it could not be read."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: what was found, and how to mend it (empty when there is nothing to mend).

    `unread` is set when it could not be read; `action` is then the IAM action to allow, where that is why.
    """

    group: str
    name: str
    verdict: Verdict
    found: str
    mend: str = ""
    unread: bool = False
    action: str = ""


class Group:
    """Makes the checks of one group."""

    def __init__(self, group: str) -> None:
        self._group = group

    def ok(self, name: str, found: str) -> Check:
        """All is as it should be."""
        return Check(group=self._group, name=name, verdict=Verdict.OK, found=found)

    def warning(self, name: str, found: str, mend: str) -> Check:
        """It works, and could bite."""
        return Check(group=self._group, name=name, verdict=Verdict.WARNING, found=found, mend=mend)

    def broken(self, name: str, found: str, mend: str) -> Check:
        """It does not do what it is for."""
        return Check(group=self._group, name=name, verdict=Verdict.BROKEN, found=found, mend=mend)

    def unseen(self, name: str, found: str, mend: str = "") -> Check:
        """There was nothing to see."""
        return Check(group=self._group, name=name, verdict=Verdict.UNKNOWN, found=found, mend=mend)

    def unread(self, name: str, why: Unread) -> Check:
        """It could not be read."""
        mend = f"allow {why.action} to whoever runs the doctor" if why.action else ""
        return Check(
            group=self._group,
            name=name,
            verdict=Verdict.UNKNOWN,
            found=f"could not be read: {why.reason}",
            mend=mend,
            unread=True,
            action=why.action,
        )
