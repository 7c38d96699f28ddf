"""A stack in which all is well, as the doctor would have read it, to be broken in one place by each test."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.compile import from_anywhere
from cli.doctor.check import Check
from cli.doctor.facts import Facts, Own, Seen
from cli.doctor.verb import judge
from fleet.deployed import (
    AccountConcurrency,
    Caller,
    Datapoint,
    DeployedAlarm,
    DeployedFunction,
    DeployedRole,
    DeployedRule,
    DeployedStack,
    ServedSchedules,
    WarmerWords,
    Word,
)
from fleet.model import FunctionRef
from fleet.policy import statements_of
from fleet.switch import Reading
from profiles.compiled import digest_of
from profiles.model import Platform, Profile, ScheduleSet, Service, Target

NOW = datetime(2026, 11, 24, 12, 1, tzinfo=UTC)
KEY = ("shop", "live")
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"
OUTPUTS = {
    "WarmerFunctionName": "warmer",
    "JanitorFunctionName": "janitor",
    "TickRuleName": "tick-rule",
    "SweepRuleName": "sweep-rule",
    "StateTableName": "state",
    "DeadLettersUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/letters",
    "SwitchName": "/caretaker/switch",
    "BoostTopicArn": "arn:aws:sns:eu-west-1:123456789012:boosts",
    "SchedulesUri": "bundled",
}
SWITCH = "arn:aws:ssm:eu-west-1:123456789012:parameter/caretaker/switch"
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/state"
LOGS = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/*"


def function(name: str, *qualifier: str, **fields: Any) -> DeployedFunction:
    defaults: dict[str, Any] = {
        "arn": ":".join((ARN + name, *qualifier)),
        "version": "7",
        "state": "Active",
        "state_reason": "",
        "last_update": "Successful",
        "timeout_s": 30,
        "runtime": "python3.13",
        "log_format": "JSON",
        "log_group": f"/aws/lambda/{name}",
        "system_log_level": "INFO",
        "variables": {},
        "role": f"arn:aws:iam::123456789012:role/{name}-role",
    }
    return DeployedFunction(**{**defaults, **fields})


def own(name: str, **fields: Any) -> Own:
    variables = {"CARETAKER_STATE_TABLE": "state", "CARETAKER_SWITCH": "/caretaker/switch"}
    if name == "janitor":
        variables["CARETAKER_MODE"] = "plan"
    defaults: dict[str, Any] = {"reserved": 1, "timeout_s": 240 if name == "warmer" else 900, "variables": variables}
    return Own(function=function(name, **{**defaults, **fields}), role=role(name))


def role(name: str, *more: dict[str, Any]) -> DeployedRole:
    targets = [f"{ARN}shop", f"{ARN}shop:*"]
    reads = ["lambda:GetFunction", "lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig"]
    boosts_only = {
        "Effect": "Allow",
        "Action": ["dynamodb:Query", "dynamodb:PutItem"],
        "Resource": TABLE,
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["boosts"]}},
    }
    listed = [
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": LOGS},
        {"Effect": "Allow", "Action": ["lambda:InvokeFunction", *reads], "Resource": targets},
        {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": SWITCH},
        boosts_only if name == "warmer" else {"Effect": "Allow", "Action": "dynamodb:*", "Resource": TABLE},
        {"Effect": "Allow", "Action": "lambda:DeleteFunction", "Resource": f"{ARN}*:*"},
    ]
    return DeployedRole(name=f"{name}-role", statements=statements_of({"Statement": [*listed, *more]}))


def rule(name: str, expression: str, state: str = "ENABLED") -> DeployedRule:
    called = {"tick-rule": "warmer", "sweep-rule": "janitor"}[name]
    return DeployedRule(name=name, state=state, expression=expression, targets=(f"{ARN}{called}",))


def schedules(baseline: int = 5, **platform: Any) -> ScheduleSet:
    target = Target(function=FunctionRef(text="shop"), qualifier="live", profile="day", line=9)
    service = Service(
        name="shop",
        owner="team-shop",
        timezone="UTC",
        profiles=(Profile(name="day", baseline=baseline, windows=()),),
        targets=(target,),
        file="schedules/shop.yaml",
    )
    return ScheduleSet(services=(service,), platform=Platform(**platform), mistakes=())


def metrics(**values: float) -> dict[str, tuple[Datapoint, ...]]:
    """Metrics with one datapoint each, two minutes ago."""
    return {name: (Datapoint(at=NOW - timedelta(minutes=2), value=value),) for name, value in values.items()}


def words(**fields: Any) -> WarmerWords:
    said: dict[str, Any] = {"at": NOW - timedelta(minutes=1), "outcome": "warm", "reason": "5 of 5", "ok": True}
    target = Word(**{**said, "evidence": "counted", **fields})
    tick = Word(**{**said, "outcome": "served", "reason": "5 of 5 environments over 1 targets"})
    return WarmerWords(since=NOW - timedelta(minutes=12), tick=tick, schedules=served(), targets={KEY: target})


def served(**fields: Any) -> ServedSchedules:
    """What a tick served: by default the bundled schedules, and those are `schedules()`."""
    digest = digest_of(from_anywhere(schedules()))
    return ServedSchedules(**{"origin": "bundled", "digest": digest, "revision": "", "trouble": "", **fields})


def stack(**fields: Any) -> DeployedStack:
    created = NOW - timedelta(days=30)
    defaults: dict[str, Any] = {
        "name": "caretaker",
        "status": "UPDATE_COMPLETE",
        "created": created,
        "outputs": OUTPUTS,
    }
    return DeployedStack(**{**defaults, **fields})


def world(**fields: Any) -> Facts:
    defaults: dict[str, Any] = {
        "now": NOW,
        "caller": Caller(
            account="123456789012", arn="arn:aws:iam::123456789012:user/me", region="eu-west-1", skew_s=0.0
        ),
        "stack": stack(),
        "rules": {
            "Tick": rule("tick-rule", "cron(0/5 * * * ? *)"),
            "Sweep": rule("sweep-rule", "cron(17 1/6 * * ? *)"),
        },
        "switch": Reading(name="/caretaker/switch", word="on"),
        "alarms": (DeployedAlarm(name="NoTick", state="OK", description="No tick.", actions=1),),
        "waiting": 0,
        "table": "ACTIVE",
        "boosts_heard_by": (f"{ARN}warmer",),
        "ticks": metrics(TickCompleted=1, TargetsShort=0, ScheduleErrors=0, PingsThrottled=0),
        "sweeps": metrics(JanitorRun=1, JanitorTrouble=0, JanitorBreaker=0),
        "words": words(),
        "warmer": own("warmer"),
        "janitor": own("janitor"),
        "account": AccountConcurrency(limit=1000, unreserved=900),
        "schedules": schedules(),
        "environments": ("default",),
        "place": "schedules",
        "targets": {KEY: Seen(function=function("shop"), qualified=function("shop", "live"), init_ms=800.0)},
    }
    return Facts(**{**defaults, **fields})


def with_target(**fields: Any) -> Facts:
    """The world with the target's alias in another condition."""
    return world(
        targets={KEY: Seen(function=function("shop"), qualified=function("shop", "live", **fields), init_ms=800.0)}
    )


def with_function(**fields: Any) -> Facts:
    """The world with the target's function in another condition."""
    return world(
        targets={KEY: Seen(function=function("shop", **fields), qualified=function("shop", "live"), init_ms=800.0)}
    )


def found(facts: Facts, group: str, name: str) -> Check:
    """The one check of that group and name."""
    (check,) = (one for one in judge(facts) if (one.group, one.name) == (group, name))
    return check


def without_output(*names: str) -> Facts:
    return replace(world(), stack=stack(outputs={key: value for key, value in OUTPUTS.items() if key not in names}))
