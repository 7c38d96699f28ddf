"""What `caretaker doctor` thinks of what the warmer's role may do with targets. Pure: one small function a check."""

from collections.abc import Iterator, Sequence

from cli.doctor.boundary import in_boundary
from cli.doctor.case import Case
from cli.doctor.check import Check, Group
from cli.doctor.environments import in_samconfig, make_deploy
from cli.doctor.facts import Facts, Read
from fleet.deployed import DeployedFunction, DeployedRole, Unread
from fleet.model import LATEST, VersionNumber
from fleet.policy import Decision
from profiles.model import Strategy

_INVOKE = "lambda:InvokeFunction"
# Source: CloudFormation user guide, quotas: a parameter's value has 4,096 bytes at most.
_MOST_OF_A_PARAMETER = 4096


def permission(case: Case, function: DeployedFunction, facts: Facts) -> Iterator[Check]:
    """Whether the warmer's role may invoke exactly this, and see its limits."""
    role = facts.warmer.role
    if isinstance(role, Unread) or role is None:
        yield case.group.unread("permission", role or Unread(reason="the warmer's role is gone"))
        return
    arn = f"{_unqualified(function.arn)}:{case.target.qualifier}"
    yield _invoke(case, role, arn, facts)
    yield from _by_number(case, role, arn)
    if facts.caller.account and arn.split(":")[4] != facts.caller.account:
        found = "the function is of another account, whose own policy must let the warmer in as well"
        mend = f"aws lambda add-permission there, for {role.name} and qualifier {case.target.qualifier}"
        yield case.group.warning("other account", found, mend)
    hidden = [action for action, on in _reads(case, arn) if not role.decides(action, on).allowed]
    if hidden and not role.unread:
        hidden = list(dict.fromkeys(hidden))
        found = f"the warmer may not {', '.join(hidden)}: it pings without seeing limits, state or weights"
        yield case.group.warning("limits", found, f"allow {', '.join(hidden)} on {_unqualified(arn)} and {arn}")


def more_targets(facts: Facts, cases: Sequence[Case]) -> Iterator[Check]:
    """Where the schedules are in no folder here, all that TargetFunctions must have for those that may not be invoked.

    A deployment replaces the list, so that it is one for all of them, with what the stack has already.
    """
    lacking = [case for case in cases if _lacks(case, facts.warmer.role)]
    if facts.folder is not None or not lacking or isinstance(facts.stack, Unread):
        return
    plain = [
        _unqualified(case.seen.function.arn) for case in lacking if isinstance(case.seen.function, DeployedFunction)
    ]
    had = [one.strip() for one in facts.stack.parameters.get("TargetFunctions", "").split(",") if one.strip()]
    wanted = ",".join(dict.fromkeys([*had, *(name for arn in plain for name in (arn, f"{arn}:*"))]))
    found = f"{len(set(plain))} functions of {facts.place} may not be invoked by the warmer"
    make = Group("targets").warning if all(case.service.dry_run for case in lacking) else Group("targets").broken
    yield make("permissions", found, f"{_deploy_them(facts)}; or {_in_list(facts, wanted, had)}")


def _deploy_them(facts: Facts) -> str:
    return f"{make_deploy(facts, 'SCHEDULES=<folder>')}, with the folder that these schedules come from"


def _in_list(facts: Facts, wanted: str, had: Sequence[str]) -> str:
    if len(wanted) > _MOST_OF_A_PARAMETER:
        return f"patterns of their names in TargetFunctions: all ARNs are over {_MOST_OF_A_PARAMETER:,} characters"
    kept = f" (the {len(had)} that the stack has stand first, because the list is replaced)" if had else ""
    return f"{in_samconfig(facts, 'TargetFunctions', wanted)}{kept}"


def _lacks(case: Case, role: Read[DeployedRole]) -> bool:
    """Whether there is such a target, to be pinged, and no statement lets the warmer do that."""
    if not isinstance(role, DeployedRole) or not isinstance(case.seen.qualified, DeployedFunction):
        return False
    if not isinstance(case.seen.function, DeployedFunction) or case.target.strategy is not Strategy.PING:
        return False
    decision = role.decides(_INVOKE, f"{_unqualified(case.seen.function.arn)}:{case.target.qualifier}")
    return not (decision.allowed or decision.by or decision.bounded or role.unread)


def _invoke(case: Case, role: DeployedRole, arn: str, facts: Facts) -> Check:
    decision = role.decides(_INVOKE, arn)
    if decision.allowed:
        return case.group.ok("permission", f"{_INVOKE} {decision.reason}")
    if role.unread and decision.by is None and not decision.bounded:
        return case.group.unread("permission", role.unread[0])
    found = f"{role.name} may not invoke {arn}, {decision.reason}"
    return case.group.broken("permission", found, _mend(role, arn, decision, facts))


def _mend(role: DeployedRole, arn: str, decision: Decision, facts: Facts) -> str:
    if decision.bounded:
        targets = ",".join(["<all that it has>", _unqualified(arn), f"{_unqualified(arn)}:*"])
        return in_boundary(role, f"{_INVOKE} on {arn}", f"Targets={targets}")
    if decision.by is not None:
        return f"take the deny away from {role.name}"
    if facts.folder is None:
        return f"{_deploy_them(facts)}; or as permissions of targets, above, says for all of them"
    if facts.folder.rstrip("/") == "schedules":
        write = "caretaker iam schedules --write template.yaml, commit that with the schedules"
        return f"{write}, then {make_deploy(facts)}"
    return make_deploy(facts, f"SCHEDULES={facts.folder}")


def _by_number(case: Case, role: DeployedRole, arn: str) -> Iterator[Check]:
    """An alias with weights is pinged by the numbers of its versions, so that each side gets its share."""
    version = case.seen.qualified.version if isinstance(case.seen.qualified, DeployedFunction) else LATEST
    numbered = f"{_unqualified(arn)}:{version}"
    if version in {LATEST, case.target.qualifier} or not _may(role, arn) or _may(role, numbered):
        return
    found = f"the warmer may invoke the alias, and not {numbered}: an alias with weights is pinged version by version"
    yield case.group.warning("weights", found, f"allow {_INVOKE} on {_unqualified(arn)}:*")


def _may(role: DeployedRole, arn: str) -> bool:
    return role.decides(_INVOKE, arn).allowed


def _reads(case: Case, arn: str) -> list[tuple[str, str]]:
    """What the warmer reads of a target, with the ARN that each needs; it pings without, and says less."""
    function, named = _unqualified(arn), case.target.qualifier
    found = [("lambda:GetFunction", function), ("lambda:GetFunction", arn)]
    if named == LATEST:
        return found
    alias = [] if VersionNumber.parse_or_none(named) else [("lambda:GetAlias", function)]
    return [*found, *alias, ("lambda:GetProvisionedConcurrencyConfig", arn)]


def _unqualified(arn: str) -> str:
    return ":".join(arn.split(":")[:7])
