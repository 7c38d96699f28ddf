"""What `caretaker doctor` thinks of rules, ticks and sweeps. Pure: one small function a check."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from cli.doctor.check import BY_HAND, Check, Group
from cli.doctor.environments import in_samconfig
from cli.doctor.facts import Facts, Metrics, Read
from fleet.deployed import Datapoint, DeployedFunction, DeployedRule, Unread
from profiles.model import ScheduleSet, duration_text

_GRACE = timedelta(minutes=2)
_CRON_MINUTES = re.compile(r"cron\((?:\*|0/(\d+)) \* \* \* \? \*\)")
_CRON_HOURS = re.compile(r"cron\(\d+ (?:\*|\d+/(\d+)) \* \* \? \*\)")
_RATE = re.compile(r"rate\((\d+) (hour|day)s?\)")


def run_checks(facts: Facts) -> Iterator[Check]:
    """Every check of what starts the two functions, and of what their last runs did."""
    yield from rules(facts)
    yield last_tick(facts)
    yield from tick_result(facts)
    yield last_sweep(facts)
    yield from sweep_result(facts)


def rules(facts: Facts) -> Iterator[Check]:
    """Every rule of the stack: enabled, and calling something; the tick's fits the schedules' interval."""
    if isinstance(facts.stack, Unread):
        return
    outputs = facts.stack.outputs
    tick, sweep = outputs.get("TickRuleName"), outputs.get("SweepRuleName")
    known = {tick: ("tick", facts.warmer), sweep: ("sweep", facts.janitor)}
    for logical, rule in sorted(facts.rules.items()):
        name, own = known.get(rule.name, (logical, None)) if isinstance(rule, DeployedRule) else (logical, None)
        yield _rule(name, rule, own.function if own is not None else None)
    found = next((one for one in facts.rules.values() if isinstance(one, DeployedRule) and one.name == tick), None)
    if found is not None and not isinstance(facts.schedules, Unread):
        yield interval(facts, found, facts.schedules)


def _rule(name: str, rule: Read[DeployedRule], caller: Read[DeployedFunction]) -> Check:
    group = Group("rules")
    if isinstance(rule, Unread):
        return group.unread(name, rule)
    if rule is None:
        return group.broken(name, "the stack's rule is gone", f"make it again; {BY_HAND}")
    meant = caller.arn if isinstance(caller, DeployedFunction) else None
    if not rule.targets or (meant is not None and meant not in rule.targets):
        found = f"{rule.name} calls {', '.join(rule.targets) or 'nothing'}{f', not {meant}' if meant else ''}"
        mend = (
            f"aws events put-targets --rule {rule.name} --targets Id=again,Arn={meant or '<the function>'}; {BY_HAND}"
        )
        return group.broken(name, found, mend)
    if rule.state.startswith("ENABLED"):
        return group.ok(name, f"enabled, {rule.expression or 'on events'}")
    make = group.broken if name == "tick" else group.warning
    what = "no tick comes" if name == "tick" else "it starts nothing"
    mend = f"aws events enable-rule --name {rule.name}; and deploy with RulesState=ENABLED if it was DISABLED"
    return make(name, f"{rule.name} is {rule.state}: {what}", mend)


def interval(facts: Facts, rule: DeployedRule, schedules: ScheduleSet) -> Check:
    """Whether the tick's rule and `interval` of the platform file say the same."""
    group, wanted = Group("rules"), schedules.platform.interval
    match = _CRON_MINUTES.fullmatch(rule.expression)
    minutes = int(match[1] or 1) if match else None
    if minutes is not None and timedelta(minutes=minutes) == wanted:
        return group.ok("interval", f"{duration_text(wanted)}, as the schedules say")
    found = f"the rule ticks at {rule.expression}, the schedules' interval is {duration_text(wanted)}"
    step = int(wanted.total_seconds() // 60)
    expression = f"cron(0/{step} * * * ? *)"
    mend = f"correct interval in platform.yaml; or {in_samconfig(facts, 'TickSchedule', expression)}"
    return group.broken("interval", found, mend)


def last_tick(facts: Facts) -> Check:
    """How long ago a tick was completed: by the warmer's own log, else by its metric."""
    group = Group("ticks")
    if isinstance(facts.ticks, Unread) and isinstance(facts.words, Unread):
        return group.unread("last tick", facts.ticks)
    each = timedelta(minutes=5) if isinstance(facts.schedules, Unread) else facts.schedules.platform.interval
    at, words = _last_tick(facts)
    mend = "see rules and kill switch; the warmer's log has its last words"
    if at is None and _young(facts, each + _GRACE):
        return group.unseen("last tick", "none yet: the stack is new", "look again after two intervals")
    if at is None:
        return group.broken("last tick", "none was completed in the last 3 hours", mend)
    age = max(timedelta(0), facts.now - at)
    found = f"completed {_ago(age)} with an interval of {duration_text(each)}{words}"
    if age <= each + _GRACE:
        return group.ok("last tick", found)
    return (group.warning if age <= 3 * each + _GRACE else group.broken)("last tick", found, mend)


def _last_tick(facts: Facts) -> tuple[datetime | None, str]:
    """When it was, and what it said of itself. The metric is all Caretakers' of the region, the log is this one's."""
    seen = None if isinstance(facts.words, Unread) else facts.words
    if seen is not None and seen.tick is not None:
        return seen.tick.at, f": {seen.tick.reason}"
    metrics = {} if isinstance(facts.ticks, Unread) else facts.ticks
    done = newest(metrics, "TickCompleted", lambda one: one.value > 0 and (seen is None or one.at < seen.since))
    return (None, "") if done is None else (done.at, "")


def tick_result(facts: Facts) -> Iterator[Check]:
    """What the last tick counted. Targets are named in their own groups."""
    if isinstance(facts.ticks, Unread):
        return
    group = Group("ticks")
    if (short := newest(facts.ticks, "TargetsShort")) is not None:
        if short.value:
            mend = "each target's last tick below has its reason; so has the warmer's log"
            yield group.broken("result", f"{short.value:.0f} targets were short or unhealthy", mend)
        else:
            yield group.ok("result", "no target was short")
    if (rejected := newest(facts.ticks, "ScheduleErrors")) is not None and rejected.value:
        yield _mistakes(facts, facts.ticks, rejected.value)
    if (throttled := newest(facts.ticks, "PingsThrottled")) is not None and throttled.value:
        found = f"{throttled.value:.0f} pings were throttled"
        yield group.warning(
            "throttles", found, "raise the functions' reservation or the account's limit, or ask for less"
        )
    yield from late(facts.ticks, facts.now)
    yield from not_taken(facts, facts.ticks)


def _mistakes(facts: Facts, ticks: Metrics, count: float) -> Check:
    """Mistakes in schedule files: in S3 they are those of the files there, which need not be those of the folder."""
    group, folder = Group("ticks"), facts.folder or "<folder>"
    found = f"the deployed schedules have {count:.0f} mistakes"
    replaced = newest(ticks, "ConfigRejected")
    if replaced is None or not replaced.value:
        mend = f"caretaker validate {folder}; then deploy or push what is correct"
        return group.broken("schedules read", f"{found}; their services are not served", mend)
    found += "; their services are served as they last were good, or not at all where they never were"
    mend = f"the lines with file and line in the warmer's log say where; correct them, then {_push(facts)}"
    return group.broken("schedules read", found, mend)


def late(ticks: Metrics, now: datetime) -> Iterator[Check]:
    """Ticks of the last hours that came when the next was due already, and so were not served."""
    stale = [one for one in ticks.get("StaleTicks", ()) if one.value]
    if stale:
        found = f"{sum(one.value for one in stale):.0f} ticks of the last 3 hours came too late and were skipped"
        mend = "see the warmer's concurrency and timeout below: events wait while it is throttled or still busy"
        yield Group("ticks").warning("late", f"{found}, the last {_ago(now - stale[0].at)}", mend)


def not_taken(facts: Facts, ticks: Metrics) -> Iterator[Check]:
    """Whether the last tick served something other than what lies where the schedules are read."""
    rejected = newest(ticks, "ConfigRejected")
    # An empty place says so by itself.
    if rejected is None or not rejected.value or facts.empty_place:
        return
    source = None if isinstance(facts.words, Unread) else facts.words.schedules
    why = f": {source.trouble}" if source is not None and source.trouble else ""
    instead = "the bundled ones" if source is not None and source.origin == "bundled" else "the last good"
    found = f"the last tick did not take all that lies where the schedules are read, and served {instead}{why}"
    mend = f"{_push(facts)} replaces it by what validates; or allow what was denied"
    yield Group("ticks").warning("schedules taken", found, mend)


def _push(facts: Facts) -> str:
    return f"caretaker push {facts.folder or '<folder>'} --stack {_stack_name(facts)}"


def _stack_name(facts: Facts) -> str:
    return "<stack>" if isinstance(facts.stack, Unread) else facts.stack.name


def last_sweep(facts: Facts) -> Check:
    """How long ago the janitor ran."""
    group = Group("sweeps")
    if isinstance(facts.sweeps, Unread):
        return group.unread("last run", facts.sweeps)
    each = sweep_interval(facts)
    ran = newest(facts.sweeps, "JanitorRun", lambda one: one.value > 0)
    mend = "see rules and kill switch; the janitor's log has its last words"
    if ran is None and _young(facts, (each or timedelta(days=1)) + _GRACE):
        return group.unseen("last run", "none yet: the stack is new", "look again after its first run")
    if ran is None:
        return group.warning("last run", "none in the last 14 days", mend)
    age = max(timedelta(0), facts.now - ran.at)
    if each is not None and age > each + 5 * _GRACE:
        return group.warning("last run", f"{_ago(age)}, it should run every {duration_text(each)}", mend)
    return group.ok("last run", _ago(age))


def sweep_interval(facts: Facts) -> timedelta | None:
    """How often the janitor runs, where its rule says that in hours or days; None for any other expression."""
    if isinstance(facts.stack, Unread):
        return None
    name = facts.stack.outputs.get("SweepRuleName")
    rule = next((one for one in facts.rules.values() if isinstance(one, DeployedRule) and one.name == name), None)
    if rule is None:
        return None
    if match := _CRON_HOURS.fullmatch(rule.expression):
        return timedelta(hours=int(match[1] or 1))
    if match := _RATE.fullmatch(rule.expression):
        return timedelta(**{f"{match[2]}s": int(match[1])})
    return None


def sweep_result(facts: Facts) -> Iterator[Check]:
    """What the last run met."""
    if isinstance(facts.sweeps, Unread):
        return
    group, mend = Group("sweeps"), "the reasons are in the janitor's log, and in caretaker janitor plan"
    if (tripped := newest(facts.sweeps, "JanitorBreaker")) is not None and tripped.value:
        yield group.warning("breaker", "the plan grew many times over, so nothing is deleted for a day", mend)
    if (trouble := newest(facts.sweeps, "JanitorTrouble")) is not None and trouble.value:
        yield group.warning("trouble", "the last run met something that a person should see", mend)


def newest(metrics: Metrics, name: str, meant: Callable[[Datapoint], bool] = lambda _: True) -> Datapoint | None:
    """The newest datapoint of a metric that is meant."""
    return next((one for one in metrics.get(name, ()) if meant(one)), None)


def _young(facts: Facts, age: timedelta) -> bool:
    created = None if isinstance(facts.stack, Unread) else facts.stack.created
    return created is not None and facts.now - created < age


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min ago" if minutes else "less than a minute ago"
    return f"{minutes // 60} h ago" if minutes < 72 * 60 else f"{minutes // 1440} days ago"
