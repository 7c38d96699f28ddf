"""What `caretaker doctor` thinks of the hook for CodeDeploy, in a stack that has one. Pure."""

from collections.abc import Iterator

from cli.doctor.check import BY_HAND, Check, Group
from cli.doctor.facts import Facts
from cli.doctor.own import Need, log_format, role_checks, same_names, state
from fleet.deployed import DeployedFunction, Unread
from warmer.budget import USERS_SHARE

# What both read, with what each takes where nothing is said.
_SHARED = {
    "CARETAKER_SCHEDULES": "",
    "CARETAKER_USERS_SHARE": str(USERS_SHARE),
    "CARETAKER_PRESENT_USERS": "false",
}


def hook_checks(facts: Facts) -> Iterator[Check]:
    """Every check of the hook; it is the warmer's code under the warmer's role, and should read what that reads."""
    if facts.hook is None:
        return
    group, function = Group("deploy hook"), facts.hook.function
    if isinstance(function, Unread):
        yield group.unread("function", function)
        return
    if function is None:
        mend = f"deploy with DeployHook=false, then with DeployHook=true; {BY_HAND}"
        yield group.broken("function", "it is gone, and deployments that name it fail", mend)
        return
    yield state(group, function)
    yield concurrency(group, function)
    yield variables(group, function, facts.warmer.function)
    yield same_names(group, function, facts)
    yield log_format(group, function)
    yield from role_checks(group, facts.hook, function, {"deployments": _deployments(function)})


def concurrency(group: Group, function: DeployedFunction) -> Check:
    """Whether it may run, and beside itself: deployments do not wait for one another."""
    if function.reserved is None:
        return group.ok("concurrency", "none reserved: deployments may run side by side")
    take_away = f"aws lambda delete-function-concurrency --function-name {_name(function)}; {BY_HAND}"
    if function.reserved == 0:
        return group.broken("concurrency", "0 reserved: Lambda refuses to run it, and deployments fail", take_away)
    found = f"{function.reserved} reserved: one deployment more at a time fails"
    return group.warning("concurrency", found, take_away)


def variables(group: Group, function: DeployedFunction, warmer: object) -> Check:
    """Whether it warms by the same settings as the warmer's ticks do."""
    if not isinstance(warmer, DeployedFunction):
        return group.unseen("variables", "the warmer's, which they should be as, were not read")
    differing = [
        f'{name} is "{own}", the warmer\'s is "{theirs}"'
        for name, default in _SHARED.items()
        if (own := function.variables.get(name) or default) != (theirs := warmer.variables.get(name) or default)
    ]
    if differing:
        mend = f"deploy the current template, which gives both the same; {BY_HAND}"
        return group.warning("variables", "; ".join(differing), mend)
    return group.ok("variables", "as the warmer's")


def _deployments(function: DeployedFunction) -> tuple[Need, ...]:
    _, partition, _, region, account, *_ = function.arn.split(":")
    groups = f"arn:{partition}:codedeploy:{region}:{account}:deploymentgroup:any-application/any-group"
    actions = ("codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus")
    return tuple(Need(action=action, resource=groups) for action in actions)


def _name(function: DeployedFunction) -> str:
    return function.arn.split(":")[6]
