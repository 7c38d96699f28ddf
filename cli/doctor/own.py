"""What `caretaker doctor` thinks of Caretaker's own two functions. Pure: one small function a check."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cli.doctor.boundary import in_boundary
from cli.doctor.check import BY_HAND, Check, Group
from cli.doctor.facts import Facts, Own
from cli.doctor.runs import sweep_interval
from fleet.deployed import DeployedFunction, DeployedRole, Unread
from fleet.policy import Context
from janitor.settings import JanitorSettings, Mode
from janitor.settings import SettingsError as JanitorSettingsError
from profiles.model import duration_text
from warmer.settings import SettingsError, WarmerSettings

_DELETE = "lambda:DeleteFunction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One request that a role must allow."""

    action: str
    resource: str
    context: Context | None = None


def own_checks(facts: Facts) -> Iterator[Check]:
    """Every check of the warmer and of the janitor."""
    each = None if isinstance(facts.schedules, Unread) else facts.schedules.platform.interval
    for name, own, between in (("warmer", facts.warmer, each), ("janitor", facts.janitor, sweep_interval(facts))):
        group = Group(name)
        if isinstance(own.function, Unread):
            yield group.unread("function", own.function)
            continue
        if own.function is None:
            yield group.broken(
                "function", "it is gone", "delete the stack and deploy it anew; the state table stays, a new one begins"
            )
            continue
        yield state(group, own.function)
        yield timeout(group, own.function, between)
        yield reserved(group, own.function)
        yield (warmer_variables if name == "warmer" else janitor_variables)(own.function)
        yield same_names(group, own.function, facts)
        yield log_format(group, own.function)
        yield from role_checks(group, own, own.function)


def log_format(group: Group, function: DeployedFunction) -> Check:
    """Whether its log is as the dashboard's and this command's questions to it expect."""
    if function.log_format == "JSON":
        return group.ok("log format", "JSON")
    change = f"aws lambda update-function-configuration --function-name {_name(function)} --logging-config"
    found = f"{function.log_format}: what Lambda itself says of a run is not found by its fields"
    return group.warning("log format", found, f"{change} LogFormat=JSON,SystemLogLevel=INFO; {BY_HAND}")


def state(group: Group, function: DeployedFunction) -> Check:
    """Whether Lambda would run it."""
    if function.last_update == "Failed" or function.state == "Failed":
        return group.broken(
            "state", f"{function.state}, last update {function.last_update}", "deploy it with its code changed"
        )
    if function.state in (None, "Active"):
        return group.ok("state", "Active")
    return group.warning("state", f"{function.state}: {function.state_reason}", "look again in a minute")


def timeout(group: Group, function: DeployedFunction, between: timedelta | None) -> Check:
    """Whether one run is over before the next begins."""
    if between is None:
        return group.ok("timeout", f"{function.timeout_s} s")
    if function.timeout_s < between.total_seconds():
        return group.ok("timeout", f"{function.timeout_s} s, below the {duration_text(between)} between two runs")
    found = f"{function.timeout_s} s, and a run begins every {duration_text(between)}: two would run at once"
    seconds = int(between.total_seconds() * 0.8)
    mend = f"aws lambda update-function-configuration --function-name {_name(function)} --timeout {seconds}; {BY_HAND}"
    return group.broken("timeout", found, mend)


def reserved(group: Group, function: DeployedFunction) -> Check:
    """Whether it runs once at a time, and may run at all."""
    if function.reserved == 1:
        return group.ok("concurrency", "1 reserved")
    if function.reserved == 0:
        mend = (
            f"aws lambda put-function-concurrency --reserved-concurrent-executions 1 --function-name {_name(function)}"
        )
        return group.broken("concurrency", "0 reserved: Lambda refuses to run it", mend)
    found = "none reserved" if function.reserved is None else f"{function.reserved} reserved"
    mend = "deploy with ReserveConcurrency=true, where the account's limit is 102 or more"
    return group.warning("concurrency", f"{found}, so that two runs may overlap", mend)


def warmer_variables(function: DeployedFunction) -> Check:
    """Whether the warmer understands its variables. Folders and files inside the function cannot be seen from here."""
    group, place = Group("warmer"), function.variables.get("CARETAKER_SCHEDULES", "").strip()
    aside = {} if place.startswith("s3:") else {"CARETAKER_SCHEDULES": ""}
    try:
        settings = WarmerSettings.from_env({**function.variables, **aside})
    except SettingsError as error:
        return group.broken("variables", str(error), f"deploy with that parameter corrected; {BY_HAND}")
    return group.ok("variables", f"schedules {place or 'bundled'}, {settings.users_share} % left to users")


def janitor_variables(function: DeployedFunction) -> Check:
    """Whether the janitor understands its variables, and its mode."""
    group = Group("janitor")
    try:
        settings = JanitorSettings.from_env(function.variables)
    except JanitorSettingsError as error:
        return group.broken("variables", str(error), f"deploy with that parameter corrected; {BY_HAND}")
    mode = "mode plan: deletes nothing" if settings.mode is Mode.PLAN else "mode delete: deletes what its plan says"
    return group.ok("variables", mode)


def same_names(group: Group, function: DeployedFunction, facts: Facts) -> Check:
    """Whether it uses the table and the switch that the stack has."""
    outputs = {} if isinstance(facts.stack, Unread) else facts.stack.outputs
    pairs = {"CARETAKER_STATE_TABLE": "StateTableName", "CARETAKER_SWITCH": "SwitchName"}
    other = _differing(function.variables, outputs, pairs)
    if other:
        return group.broken("names", "; ".join(other), f"set the variables of {_name(function)} back; {BY_HAND}")
    return group.ok("names", "table and switch are the stack's")


def _differing(variables: Mapping[str, str], outputs: Mapping[str, str], pairs: Mapping[str, str]) -> list[str]:
    return [
        f'{variable} is "{variables.get(variable, "")}", the stack\'s {output} is "{outputs[output]}"'
        for variable, output in pairs.items()
        if outputs.get(output) and variables.get(variable, "") != outputs[output]
    ]


def role_checks(
    group: Group, own: Own, function: DeployedFunction, more: Mapping[str, tuple[Need, ...]] | None = None
) -> Iterator[Check]:
    """Whether its role lets it do what nothing else would tell of: a log without which there are no metrics, a switch
    that stops it, a memory, schedules in S3, and what is in `more`; and for the janitor, that it can delete versions
    only.
    """
    role = own.role
    if isinstance(role, Unread) or role is None:
        yield group.unread("role", role or Unread(reason="the role is gone"))
        return
    if role.unread:
        # A policy that was not read may allow or deny any of what follows.
        yield group.unread("role", role.unread[0])
    else:
        for name, needs in {**own_needs(function), **(more or {})}.items():
            yield permitted(group, name, role, needs)
        if "CARETAKER_MODE" in function.variables:
            yield leash(group, role, function)
    if role.boundary:
        yield _boundary(group, role, role.boundary)


def _boundary(group: Group, role: DeployedRole, boundary: str) -> Check:
    if role.bounds is None:
        found = f"the permissions boundary {boundary} limits {role.name}, and could not be read"
        return group.warning("boundary", found, "make sure that it allows what docs/permissions.md lists")
    return group.ok("boundary", f"{boundary} limits {role.name}; what is said here of the role counts it in")


def permitted(group: Group, name: str, role: DeployedRole, needs: Sequence[Need]) -> Check:
    """Whether the role's policies allow each need."""
    decided = [(need, role.decides(need.action, need.resource, need.context)) for need in needs]
    refused = [(need, decision) for need, decision in decided if not decision.allowed]
    if not refused:
        return group.ok(name, f"{role.name} may {', '.join(need.action for need in needs)}")
    why = refused[0][1].reason
    listed = ", ".join(f"{need.action} on {need.resource}" for need, _ in refused)
    mend = f"allow {listed}: the current template does; {BY_HAND}"
    if refused[0][1].bounded:
        mend = in_boundary(role, listed, _of_the_boundary(refused[0][0]))
    return group.broken(name, f"{role.name} may not: {why}", mend)


def _of_the_boundary(need: Need) -> str:
    """The parameter of make deploy-role that lets the boundary allow this; empty where it is the release that does."""
    if not need.action.startswith("s3:"):
        return ""
    bucket = need.resource.split(":::")[1].split("/")[0]
    return f"SchedulesBucket={bucket}"


def leash(group: Group, role: DeployedRole, function: DeployedFunction) -> Check:
    """Whether the janitor's role can delete versions only: never a function as a whole."""
    anybody = ":".join([*function.arn.split(":")[:6], "any-other-function"])
    whole = role.decides(_DELETE, anybody)
    if whole.allowed:
        mend = f"allow {_DELETE} on {anybody.rpartition(':')[0]}:*:* only, as the template does; {BY_HAND}"
        return group.broken("leash", f"{role.name} may delete whole functions, {whole.reason}", mend)
    return group.ok("leash", f"{role.name} may delete no whole function")


def own_needs(function: DeployedFunction) -> dict[str, tuple[Need, ...]]:
    """What one of the two functions needs, by what for, as its own variables have it."""
    variables, (_, partition, _, region, account, *_) = function.variables, function.arn.split(":")
    here = f"{region}:{account}"
    group = f"arn:{partition}:logs:{here}:log-group:{function.log_group}"
    needs: dict[str, tuple[Need, ...]] = {
        "log": (
            Need(action="logs:CreateLogStream", resource=f"{group}:*"),
            Need(action="logs:PutLogEvents", resource=f"{group}:log-stream:any"),
        )
    }
    if name := variables.get("CARETAKER_SWITCH"):
        parameter = f"arn:{partition}:ssm:{here}:parameter/{name.removeprefix('/')}"
        needs["kill switch"] = (Need(action="ssm:GetParameter", resource=parameter),)
    if table := variables.get("CARETAKER_STATE_TABLE"):
        needs["memory"] = _memory(
            f"arn:{partition}:dynamodb:{here}:table/{table}", warmer="CARETAKER_MODE" not in variables
        )
    place = variables.get("CARETAKER_SCHEDULES", "")
    if place.startswith("s3://"):
        needs["schedules"] = _store(place, partition)
    return needs


def _memory(table: str, *, warmer: bool) -> tuple[Need, ...]:
    if warmer:
        boosts = {"dynamodb:LeadingKeys": ("boosts",)}
        actions = ("dynamodb:Query", "dynamodb:PutItem")
        return tuple(Need(action=action, resource=table, context=boosts) for action in actions)
    every = ("dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem")
    return tuple(Need(action=action, resource=table) for action in every)


def _store(place: str, partition: str) -> tuple[Need, ...]:
    path = place.removeprefix("s3://").rstrip("/")
    if path.endswith(".json"):
        return (Need(action="s3:GetObject", resource=f"arn:{partition}:s3:::{path}"),)
    bucket, _, prefix = path.partition("/")
    asked = {"s3:prefix": (f"{prefix}/" if prefix else "",)}
    return (
        Need(action="s3:ListBucket", resource=f"arn:{partition}:s3:::{bucket}", context=asked),
        Need(action="s3:GetObject", resource=f"arn:{partition}:s3:::{path}/any.yaml"),
    )


def _name(function: DeployedFunction) -> str:
    return function.arn.split(":")[6]
