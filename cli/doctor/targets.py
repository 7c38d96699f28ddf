"""What `caretaker doctor` thinks of the schedules' targets. Pure: one small function a check."""

from collections.abc import Iterator
from dataclasses import replace

from cli.doctor.case import Case, cases_of
from cli.doctor.check import Check, Verdict
from cli.doctor.facts import Facts
from cli.doctor.permissions import more_targets, permission
from cli.doctor.room import room_for_all
from fleet.deployed import DeployedFunction, Unread
from profiles.model import Shape, Strategy

# Source: Lambda developer guide, "Lambda execution environment lifecycle": the init phase has 10 s; one that needs
# more is run again inside the first invocation, under the function's own timeout.
_INIT_LIMIT_S = 10.0
# The longest hold that a ping asks for, and what a kit keeps back of the time left.
_HOLD_S, _KEPT_BACK_S = 2.0, 0.5
_SLOW_RUNTIMES = ("java", "dotnet")
_WEB = frozenset({Shape.HTTP_V1, Shape.HTTP_V2, Shape.ALB})


def target_checks(facts: Facts) -> Iterator[Check]:
    """Every check of every target that is switched on, and whether the account has room for all of them."""
    if isinstance(facts.schedules, Unread):
        return
    cases = cases_of(facts, facts.schedules)
    yield room_for_all(facts, cases)
    yield from more_targets(facts, cases)
    for case in cases:
        yield from map(_not_called, of_target(case, facts)) if case.service.dry_run else of_target(case, facts)


def _not_called(check: Check) -> Check:
    """What is broken of a target on a dry run is not yet in anybody's way."""
    if check.verdict is not Verdict.BROKEN:
        return check
    found = f"{check.found}; nothing is called, because its service is on a dry run"
    return replace(check, verdict=Verdict.WARNING, found=found)


def of_target(case: Case, facts: Facts) -> Iterator[Check]:
    """The checks of one target, as far as there is something to check."""
    yield exists(case)
    if not isinstance(case.seen.function, DeployedFunction):
        return
    yield qualifier(case)
    if not isinstance(case.seen.qualified, DeployedFunction) or case.target.strategy is not Strategy.PING:
        return
    yield state(case, case.seen.qualified)
    yield concurrency(case, case.seen.function)
    yield timeout(case, case.seen.qualified)
    yield log_format(case, case.seen.qualified, facts)
    yield from permission(case, case.seen.function, facts)
    yield last_tick(case, facts)


def exists(case: Case) -> Check:
    """Whether there is such a function."""
    match case.seen.function:
        case Unread() as why:
            return case.group.unread("function", why)
        case None:
            found = f'there is no function "{case.target.function}"'
            return case.group.broken("function", found, f"correct its name in {case.where}, or deploy it")
        case DeployedFunction(runtime=runtime):
            return case.group.ok("function", runtime or "container image")


def qualifier(case: Case) -> Check:
    """Whether the function has the alias or version."""
    match case.seen.qualified:
        case Unread() as why:
            return case.group.unread("qualifier", why)
        case None:
            name, wanted = case.target.function.name, case.target.qualifier
            mend = (
                f"aws lambda create-alias --function-name {name} --name {wanted} --function-version <number>, "
                f"or correct {case.where}"
            )
            return case.group.broken("qualifier", f'function {name} has no alias or version "{wanted}"', mend)
        case DeployedFunction(version=version):
            return case.group.ok("qualifier", f"{case.target.qualifier} is version {version}")


def state(case: Case, found: DeployedFunction) -> Check:
    """Whether Lambda would run it."""
    if found.state == "Failed":
        return case.group.broken("state", f"Failed: {found.state_reason}", "publish a version that Lambda can start")
    if found.state == "Inactive":
        return case.group.warning(
            "state", "Inactive: nobody called it for weeks", "one ping wakes it; look again after"
        )
    if found.state not in (None, "Active"):
        return case.group.warning("state", f"{found.state}: {found.state_reason}", "look again when it is Active")
    return case.group.ok("state", "Active")


def concurrency(case: Case, function: DeployedFunction) -> Check:
    """Whether the function's reservation has room for the greatest level of the next seven days."""
    wanted = f"the greatest level of the next 7 days is {case.level}"
    if function.reserved is None:
        return case.group.ok("concurrency", f"none reserved; {wanted}")
    mend = (
        f"aws lambda put-function-concurrency --function-name {case.target.function.name} "
        f"--reserved-concurrent-executions {max(case.level, 1)} or more, for users beside pings; or lower the level"
    )
    if function.reserved == 0:
        return case.group.broken("concurrency", "0 reserved: Lambda refuses users and pings alike", mend)
    if function.reserved < case.level:
        return case.group.broken("concurrency", f"{function.reserved} reserved, and {wanted}", mend)
    return case.group.ok("concurrency", f"{function.reserved} reserved; {wanted}")


def timeout(case: Case, found: DeployedFunction) -> Check:
    """Whether a cold start and the hold fit into the function's timeout."""
    given, init_ms = found.timeout_s, case.seen.init_ms
    mend = f"raise Timeout of {case.target.function.name}"
    if given < _HOLD_S + _KEPT_BACK_S + 0.5:
        found_words = f"{given} s: a hold of {_HOLD_S:g} s leaves the application next to nothing"
        return case.group.warning("timeout", found_words, f"{mend} to 10 s or more")
    if isinstance(init_ms, Unread) or init_ms is None:
        return _timeout_unseen(case, found, init_ms)
    init = f"{given} s; the longest init of the last day was {init_ms / 1000:.1f} s"
    if init_ms / 1000 < _INIT_LIMIT_S - 1 or given >= init_ms / 1000 + _HOLD_S + _KEPT_BACK_S:
        return case.group.ok("timeout", init)
    least = int(init_ms / 1000 + _HOLD_S + _KEPT_BACK_S) + 1
    found_words = f"{init}: past {_INIT_LIMIT_S:g} s it runs again under the timeout, and never ends"
    return case.group.broken("timeout", found_words, f"{mend} to {least} s or more, or start faster")


def _timeout_unseen(case: Case, found: DeployedFunction, init_ms: Unread | None) -> Check:
    slow = found.runtime.startswith(_SLOW_RUNTIMES) or case.target.ping.shape in _WEB
    if slow and found.timeout_s < _INIT_LIMIT_S:
        words = f"{found.timeout_s} s for {found.runtime or 'an image'} behind {case.target.ping.shape.value} pings"
        return case.group.warning("timeout", words, f"raise Timeout of {case.target.function.name} to 10 s or more")
    if isinstance(init_ms, Unread):
        return case.group.unread("timeout", init_ms)
    return case.group.unseen("timeout", f"{found.timeout_s} s; its log shows no cold start of the last day")


def log_format(case: Case, found: DeployedFunction, facts: Facts) -> Check:
    """Whether a tick can prove what it warmed: by a kit that was heard, or by JSON logs."""
    words = {} if isinstance(facts.words, Unread) else facts.words.targets
    said = words.get((case.target.function.text, case.target.qualifier))
    if said is not None and said.evidence in {"counted", "overlap"}:
        return case.group.ok("evidence", f"{said.evidence} in the last tick")
    name = case.target.function.name
    change = f"aws lambda update-function-configuration --function-name {name} --logging-config"
    if found.log_format != "JSON":
        text = "logs are Text and no kit was heard, so that warmth is inferred only"
        return case.group.warning("evidence", text, f"add a kit, or {change} LogFormat=JSON; then publish")
    if found.system_log_level == "WARN":
        text = "logs are JSON, but SystemLogLevel WARN hides platform.report, so that warmth is inferred only"
        return case.group.warning("evidence", text, f"{change} LogFormat=JSON,SystemLogLevel=INFO; then publish")
    return case.group.ok("evidence", "logs are JSON: overlap can be proved")


def last_tick(case: Case, facts: Facts) -> Check:
    """What the warmer's log says of the target."""
    if isinstance(facts.words, Unread):
        return case.group.unread("last tick", facts.words)
    said = facts.words.targets.get((case.target.function.text, case.target.qualifier))
    if said is None:
        return case.group.unseen(
            "last tick", "the warmer's log says nothing of it lately: nothing was due, or it is new"
        )
    words = f"{said.outcome}: {said.reason}"
    if not said.ok:
        return case.group.broken("last tick", words, 'docs/warmer.md, "What a tick reports", says what to do for each')
    if said.outcome == "unproven":
        return case.group.warning("last tick", words, "add a kit, or set the log format to JSON")
    return case.group.ok("last tick", words)
