"""The demo's steps in their order. Each says what it does before it does it."""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.dataplane.history import InvocationFacts
from emulator.demo.deploy import Commands, deploy_caretaker, deploy_shop
from emulator.demo.lambda_api import DemoError, LambdaApi
from emulator.demo.picture import Bar
from emulator.demo.result import Burst, DemoResult, Sweep, Tick
from emulator.demo.users import Latencies, burst_of_users
from emulator.demo.versions import HOARD, protected_by_alias, seed_versions, versions_of
from emulator.stack import RunningEmulator

SHOP, ALIAS, USERS = "django-shop", "live", 20
_STACK, _SHOP_STACK = "caretaker-demo", "django-shop-demo"
# A rule fires once a minute; a tick that is not there after two has been lost.
_FIRED_WITHIN_S = 130
_POLICIES = ("mru", "lru", "random")
# The demo's janitor lets a version go a second after it was replaced, and a second after it was marked.
_A_SECOND_S = 1.2

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What every step needs: the emulator, its Lambda API, commands, and a way to tell the person."""

    emulator: RunningEmulator
    api: LambdaApi
    commands: Commands
    say: Say

    def outputs(self, stack: str) -> dict[str, str]:
        """The stack's outputs, as the stock command prints them."""
        text = self.commands.sam("list", "stack-outputs", "--stack-name", stack, "--output", "json")
        return {each["OutputKey"]: each["OutputValue"] for each in json.loads(text[text.index("[") :])}

    def invocations(self, function: str, *, since_ms: float) -> list[InvocationFacts]:
        """What ran of `function` since an epoch millisecond, as the emulator saw it."""
        return [
            each
            for each in self.emulator.snapshot().invocations
            if each.function == function and each.arrival_ms >= since_ms
        ]


def tell(stage: Stage, folder: Path) -> DemoResult:
    """The whole demo. Raises: DemoError when a step cannot be done."""
    warmer, janitor = _deploy(stage, folder)
    _reclaim(stage)
    cold, cold_starts_before = _users(stage, "open the shop at once; nothing is warm")

    _reclaim(stage)
    reclaimed_ms = time.time() * 1000
    with ThreadPoolExecutor(1) as aside:
        sweep = aside.submit(_janitor, stage, janitor)
        stage.say("Every environment is gone again; waiting for EventBridge to fire the tick (once a minute)")
        ticks = [_fired_tick(stage, warmer, since_ms=reclaimed_ms)]
        swept = sweep.result()
    ticks += [_asked_tick(stage, warmer, policy) for policy in _POLICIES]

    warm, cold_starts_after = _users(stage, "open the shop again; it is warm")
    return DemoResult(
        users=USERS,
        cold=cold,
        cold_starts_before=cold_starts_before,
        ticks=tuple(ticks),
        warm=warm,
        cold_starts_after=cold_starts_after,
        sweep=swept,
    )


def _deploy(stage: Stage, folder: Path) -> tuple[str, str]:
    """The names of the warmer and the janitor, once they and the shop are deployed."""
    stage.say("Deploying Caretaker and the Django shop with `sam deploy`")
    with ThreadPoolExecutor(2) as both:
        caretaker = both.submit(deploy_caretaker, stage.commands, stack=_STACK, folder=folder)
        both.submit(deploy_shop, stage.commands, stack=_SHOP_STACK).result()
        caretaker.result()
    outputs = stage.outputs(_STACK)
    return outputs["WarmerFunctionName"], outputs["JanitorFunctionName"]


def _users(stage: Stage, doing: str) -> tuple[Latencies, int]:
    """What a burst of users waited, and how many of them met a cold start."""
    stage.say(f"{USERS} users {doing}")
    began_ms = time.time() * 1000
    waited = burst_of_users(stage.api, SHOP, qualifier=ALIAS, count=USERS)
    cold_starts = sum(each.cold for each in stage.invocations(SHOP, since_ms=began_ms))
    p50, p99 = waited.percentile(0.5), waited.percentile(0.99)
    stage.say(f"  p50 {p50:,.0f} ms, p99 {p99:,.0f} ms, {cold_starts} cold starts")
    return waited, cold_starts


def _reclaim(stage: Stage) -> None:
    """End every environment, as Lambda does after some idle minutes."""
    stage.api.post("/_emulator/reset", {})


def _fired_tick(stage: Stage, warmer: str, *, since_ms: float) -> Tick:
    """The first tick that a rule fired since then, once its report is there."""
    deadline = time.monotonic() + _FIRED_WITHIN_S
    while time.monotonic() < deadline:
        for invocation in stage.invocations(warmer, since_ms=since_ms):
            return _tick(stage, "fired by EventBridge", "mru", _reply(invocation), invocation)
        time.sleep(0.25)
    raise DemoError(f"EventBridge fired no tick within {_FIRED_WITHIN_S} s")


def _asked_tick(stage: Stage, warmer: str, policy: str) -> Tick:
    """A tick asked for now, under one reuse policy."""
    stage.api.post("/_emulator/policy", {"policy": policy})
    began_ms = time.time() * 1000
    event = {"caretaker": {"run": "warm", "service": SHOP}}
    stage.api.invoke(warmer, json.dumps(event).encode())
    invocation = stage.invocations(warmer, since_ms=began_ms)[-1]
    return _tick(stage, "on demand", policy, _reply(invocation), invocation)


def _tick(stage: Stage, trigger: str, policy: str, report: dict[str, Any], invocation: InvocationFacts) -> Tick:
    items = [item for item in report["targets"] if item["function"] == SHOP]
    if not items:
        raise DemoError(f"the tick's report names no {SHOP}: {report.get('reason')}")
    seen = [
        each
        for each in stage.invocations(SHOP, since_ms=invocation.service_start_ms)
        if each.service_end_ms <= invocation.service_end_ms and _block(each)
    ]
    tick = Tick(trigger=trigger, policy=policy, item=items[0], burst=_burst(trigger, policy, seen))
    stage.say(
        f"Tick {trigger}, reuse {policy}: {tick.proved}, {items[0]['cold']} cold, {items[0]['billed_ms']:,} ms billed"
    )
    return tick


def _burst(trigger: str, policy: str, seen: Sequence[InvocationFacts]) -> Burst:
    """The pings of the tick's last round."""
    rounds = {_block(each)["burst"] for each in seen}
    last = max(rounds, key=lambda burst: max(each.arrival_ms for each in seen if _block(each)["burst"] == burst))
    pings = [each for each in seen if _block(each)["burst"] == last]
    bars = tuple(
        Bar(
            environment=each.environment,
            arrived_ms=each.arrival_ms,
            init=(each.init_start_ms, each.init_end_ms) if each.init_start_ms and each.init_end_ms else None,
            service=(each.service_start_ms, each.service_end_ms),
            hold_ms=float(_reply(each).get("caretaker", {}).get("held_ms") or 0),
        )
        for each in pings
    )
    return Burst(
        title=f"{len(bars)} pings, {trigger}, reuse {policy}",
        bars=bars,
        release_at_ms=_block(pings[0])["release_at_ms"],
    )


def _block(invocation: InvocationFacts) -> dict[str, Any]:
    """The caretaker block of a ping; empty for a user's request."""
    context = json.loads(invocation.client_context) if invocation.client_context else {}
    block: dict[str, Any] = json.loads(context.get("custom", {}).get("caretaker", "{}"))
    return block


def _reply(invocation: InvocationFacts) -> dict[str, Any]:
    if invocation.reply is None:
        raise DemoError(f"the reply of {invocation.function} was too large to be kept")
    reply = json.loads(invocation.reply)
    if not isinstance(reply, dict):
        raise DemoError(f"{invocation.function} replied {invocation.reply}")
    return reply


def _janitor(stage: Stage, janitor: str) -> Sweep:
    """Seed versions, ask for the plan, sweep, look again."""
    seed_versions(stage.api)
    before = versions_of(stage.api)
    time.sleep(_A_SECOND_S)
    plan = _item(_ask_janitor(stage, janitor, "plan"))
    reasons = Counter(kept["code"] for kept in plan["keep"])
    stage.say(f"{HOARD} has {len(before)} versions. The janitor marks what nobody uses, and deletes nothing at first:")
    for code, count in reasons.most_common():
        example = next(kept for kept in plan["keep"] if kept["code"] == code)
        stage.say(f"  {count:>3} {code:<12} e.g. {example['version']}: {example['reason']}")
    time.sleep(_A_SECOND_S)
    swept = _item(_ask_janitor(stage, janitor, "sweep"))
    after = versions_of(stage.api)
    missing = protected_by_alias() - set(after)
    if missing:
        raise DemoError(f"the janitor deleted versions in use: {sorted(missing)}")
    stage.say(f"Swept: {len(swept['deleted'])} versions deleted; left: {', '.join(after)}")
    left = [kept for kept in swept["keep"] if kept["version"] in set(after)]
    return Sweep(
        function=HOARD,
        before=len(before),
        after=len(after),
        kept=tuple((kept["version"], kept["reason"]) for kept in left),
        reasons=tuple(reasons.most_common()),
        left=after,
    )


def _ask_janitor(stage: Stage, janitor: str, run: str) -> dict[str, Any]:
    event = {"caretaker": {"run": run, "functions": [HOARD]}}
    report: dict[str, Any] = stage.api.invoke(janitor, json.dumps(event).encode())
    return report


def _item(report: dict[str, Any]) -> dict[str, Any]:
    for item in report.get("functions", []):
        if item["function"].rsplit(":", 1)[-1] == HOARD:
            found: dict[str, Any] = item
            return found
    raise DemoError(f"the janitor's report names no {HOARD}: {report.get('reason') or report}")
