"""What a function's state and kind mean for a burst: all of it, one ping, or none with a reason. Pure.

Source: Lambda developer guide, "Lambda function states"; "Configuring provisioned concurrency"; "Lambda Managed
Instances"; "Tenant isolation".
"""

from dataclasses import dataclass
from typing import Literal

from fleet.facts import QualifierFacts

_NOT_YET = {"Pending", "Deactivating", "Deactivated", "Deleting", "Failed", "ActiveNonInvocable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What stands in the way of a burst.

    `most` pings may be sent; 0 is final: nothing is to be sent, for the reason in `words`. `kind` says whether
    provisioned concurrency makes it needless, whether it can never work, or whether it cannot work now. `notes` are for
    the report of a burst that is sent.
    """

    most: int
    kind: Literal["free", "provisioned", "refused", "state"] = "free"
    words: str = ""
    notes: tuple[str, ...] = ()

    @property
    def final(self) -> bool:
        """Whether nothing is to be sent at all."""
        return self.most == 0


def bar(facts: QualifierFacts, wanted: int) -> Bar:
    """What the facts of a target mean for `wanted` pings. What is not known stands in nobody's way."""
    if facts.absent:
        return Bar(
            most=0,
            kind="refused",
            words=f"Lambda knows no such target: {facts.absent}; deploy it, or correct its name or alias in the "
            "schedule",
        )
    if facts.managed_instances:
        return Bar(
            most=0,
            kind="refused",
            words="the function runs on Lambda Managed Instances, where one environment serves many requests at once; "
            "a ping proves nothing; set their minimum with PutFunctionScalingConfig and take the target out",
        )
    if facts.tenant_isolation:
        return Bar(
            most=0,
            kind="refused",
            words="the function isolates tenants: each environment belongs to one tenant id, and a ping without one is "
            "refused; take the target out",
        )
    # While an update is in progress, Lambda serves what was there before: no reason to send nothing.
    if facts.state in _NOT_YET and not (facts.state == "Pending" and facts.last_update == "InProgress"):
        why = f" ({facts.state_reason})" if facts.state_reason else ""
        return Bar(most=0, kind="state", words=f"no ping sent: the function's state is {facts.state}{why}, not Active")
    if facts.state == "Inactive":
        words = "the state is Inactive: Lambda took its resources back, and one ping wakes it for the next tick"
        return Bar(most=1, kind="state", words=words)
    return _provisioned(facts, wanted)


def _provisioned(facts: QualifierFacts, wanted: int) -> Bar:
    ready = facts.provisioned or 0
    if ready >= wanted > 0:
        words = f"provisioned concurrency keeps {ready} ready, by Lambda's word; nothing to add for {wanted}"
        return Bar(most=0, kind="provisioned", words=words)
    notes: list[str] = []
    if ready:
        notes.append(f"{ready} of them by provisioned concurrency, which Lambda fills before it uses others")
    match facts.last_update:
        case "InProgress":
            notes.append("an update of the function is in progress: until it ends, pings warm what was there before")
        case "Failed":
            notes.append("the function's last update failed: pings warm what was there before; deploy it again")
    return Bar(most=max(wanted, 1), notes=tuple(notes))
