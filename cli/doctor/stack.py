"""What `caretaker doctor` thinks of a stack as a whole. Pure: one small function a check."""

import re
from collections.abc import Iterator

from cli.doctor.check import BY_HAND, Check, Group
from cli.doctor.environments import make_deploy
from cli.doctor.facts import Facts, Read
from cli.doctor.schedules import schedule_checks
from fleet.deployed import DeployedFunction, DeployedStack, Unread
from fleet.switch import Part, stopped, turn_on

# Names that other commands, and this one, look for.
OUTPUTS = ("WarmerFunctionName", "JanitorFunctionName", "TickRuleName", "SweepRuleName", "StateTableName")
NEWER_OUTPUTS = ("DeadLettersUrl", "SwitchName", "BoostTopicArn", "SchedulesUri")
# Source: AWS Signature Version 4: a request is good for five minutes.
SKEW_WARNING_S, SKEW_BROKEN_S = 30, 300
_STABLE = re.compile(r"(CREATE|UPDATE|IMPORT)_COMPLETE")


def stack_checks(facts: Facts) -> Iterator[Check]:
    """Every check of this machine, the stack and the schedules."""
    yield clock(facts.caller.skew_s)
    yield from stack_status(facts)
    yield switch(facts)
    yield dead_letters(facts.waiting)
    yield state_table(facts.table)
    yield from boosts(facts)
    yield from alarms(facts)
    yield from schedule_checks(facts)


def clock(skew_s: float | None) -> Check:
    """This machine's clock against AWS's."""
    group = Group("this machine")
    if skew_s is None:
        return group.unseen("clock", "AWS's answer had no date to compare with")
    ahead = f"{abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} AWS's"
    mend = "set this machine's clock, and keep it set (NTP)"
    if abs(skew_s) > SKEW_BROKEN_S:
        return group.broken("clock", f"{ahead}: AWS refuses requests signed more than 5 minutes off", mend)
    if abs(skew_s) > SKEW_WARNING_S:
        return group.warning("clock", f"{ahead}, so ages below are off by as much", mend)
    return group.ok("clock", "agrees with AWS's" if abs(skew_s) < 1 else ahead)


def stack_status(facts: Facts) -> Iterator[Check]:
    """Whether the stack is in a state to work, and says what its parts are called."""
    group, stack = Group("stack"), facts.stack
    if isinstance(stack, Unread):
        yield group.unread("status", stack)
        return
    events = f"aws cloudformation describe-stack-events --stack-name {stack.name} says why"
    if _STABLE.fullmatch(stack.status):
        yield group.ok("status", stack.status)
    elif stack.status == "UPDATE_ROLLBACK_COMPLETE":
        yield group.warning("status", "UPDATE_ROLLBACK_COMPLETE: the last deployment was taken back", events)
    elif stack.status.endswith("_IN_PROGRESS"):
        yield group.warning("status", f"{stack.status}: what follows may be half old, half new", "look again after it")
    else:
        yield group.broken("status", stack.status, f"{events}; then deploy again")
    yield _outputs(facts, stack)


def _outputs(facts: Facts, stack: DeployedStack) -> Check:
    group, deploy = Group("stack"), f"deploy the current template: {make_deploy(facts)}"
    missing = [name for name in OUTPUTS if not stack.outputs.get(name)]
    if missing:
        found = f"no output {', '.join(missing)}: this is no stack of Caretaker's, or a very old one"
        return group.broken("outputs", found, f"name the stack with --stack, or {deploy}")
    older = [name for name in NEWER_OUTPUTS if not stack.outputs.get(name)]
    if older:
        return group.warning("outputs", f"no output {', '.join(older)}: an older template", deploy)
    return group.ok("outputs", f"{len(stack.outputs)}, all that commands look for")


def switch(facts: Facts) -> Check:
    """What the kill switch stops."""
    group = Group("stack")
    if isinstance(facts.switch, Unread):
        return group.unread("kill switch", facts.switch)
    stops = {part: why for part in Part if (why := stopped(facts.switch, part)) is not None}
    if not stops:
        return group.ok("kill switch", "on")
    make = group.broken if Part.WARMER in stops else group.warning
    return make("kill switch", next(iter(stops.values())), turn_on(facts.switch.name))


def alarms(facts: Facts) -> Iterator[Check]:
    """Alarms that go off now, and alarms that nobody hears."""
    group = Group("alarms")
    if isinstance(facts.alarms, Unread):
        yield group.unread("alarms", facts.alarms)
        return
    for alarm in facts.alarms:
        if alarm.state == "ALARM":
            yield group.broken(alarm.name, "in ALARM", alarm.description or "see docs/operate.md")
    silent = [alarm.name for alarm in facts.alarms if not alarm.actions]
    if not facts.alarms:
        yield group.warning("alarms", "the stack has none", f"deploy the current template: {make_deploy(facts)}")
    elif silent:
        found = f"{len(silent)} of {len(facts.alarms)} alarms tell nobody"
        yield group.warning("listeners", found, "deploy with AlarmTopicArn=<ARN of an SNS topic that somebody hears>")
    else:
        yield group.ok("listeners", f"each of {len(facts.alarms)} alarms tells somebody")


def dead_letters(waiting: Read[int]) -> Check:
    """Events that were given up."""
    group = Group("stack")
    if isinstance(waiting, Unread):
        return group.unread("dead letters", waiting)
    if waiting is None:
        return group.broken(
            "dead letters", "the queue is gone, so events that are given up leave no trace", f"make it again; {BY_HAND}"
        )
    if waiting:
        mend = "read them (aws sqs receive-message; attributes say why), mend that, then purge the queue"
        return group.warning("dead letters", f"{waiting} events were given up and wait to be read", mend)
    return group.ok("dead letters", "none wait")


def state_table(status: Read[str]) -> Check:
    """The table that both functions remember in."""
    group = Group("stack")
    if isinstance(status, Unread):
        return group.unread("state table", status)
    if status == "ACTIVE":
        return group.ok("state table", "ACTIVE")
    if status is None:
        found = "gone: the janitor keeps every version, boosts are not heard"
        return group.broken("state table", found, "restore it from its point-in-time backup under its name")
    return group.warning("state table", f"{status}, not ACTIVE", "look again in some minutes")


def boosts(facts: Facts) -> Iterator[Check]:
    """Whether the warmer hears the topic of boosts; nothing of a stack whose template has none."""
    group, heard = Group("stack"), facts.boosts_heard_by
    if isinstance(facts.stack, Unread) or not facts.stack.outputs.get("BoostTopicArn"):
        return
    if isinstance(heard, Unread):
        yield group.unread("boosts", heard)
        return
    function = facts.warmer.function
    if heard is not None and isinstance(function, DeployedFunction) and function.arn not in heard:
        topic = facts.stack.outputs["BoostTopicArn"]
        mend = (
            f"aws sns subscribe --protocol lambda --topic-arn {topic} --notification-endpoint {function.arn}; {BY_HAND}"
        )
        yield group.broken("boosts", "the warmer does not hear the topic, so that alarms and CI boost nothing", mend)
    elif heard is None:
        yield group.broken("boosts", "the topic is gone", f"make it again; {BY_HAND}")
    else:
        yield group.ok("boosts", "the warmer hears the topic")
