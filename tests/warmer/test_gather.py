"""What a tick asks of AWS, what it remembers, and for how long."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from fleet.facts import PresentUse, QualifierFacts
from fleet.model import ConcurrencyFacts, FunctionRef, Ping
from fleet.ports import Endpoint, SignedRequest
from tests.warmer.builders import TUESDAY_NOON, a_service, a_target, schedules
from warmer import gather as module
from warmer.gather import Doors, gather, quiet_minutes
from warmer.memory import Memory
from warmer.plan import Facts, due_targets

SHOP = FunctionRef(text="shop")
LIVE = (SHOP, "live")
FIVE = timedelta(minutes=5)


@dataclass(slots=True)
class FakeAws:
    """Every door in one; `asked` are the requests in order."""

    limit: ConcurrencyFacts = field(default_factory=lambda: ConcurrencyFacts(reserved=30))
    state: QualifierFacts = field(default_factory=lambda: QualifierFacts(version="7", state="Active"))
    routed: QualifierFacts = field(default_factory=lambda: QualifierFacts(version="7", provisioned=0))
    use: PresentUse = field(default_factory=lambda: PresentUse(unreserved=0, functions={}))
    slow_s: float = 0.0
    asked: list[str] = field(default_factory=list)

    def endpoint(self, function: FunctionRef) -> Endpoint:
        return Endpoint(scheme="https", host="lambda.eu-west-1.amazonaws.com", port=443)

    def signed(self, ping: Ping, *, release_at_ms: int) -> SignedRequest:
        raise AssertionError("nothing is sent while facts are gathered")

    def prepare(self, region: str | None) -> None:
        self.asked.append("account")

    def of(self, function: FunctionRef) -> ConcurrencyFacts:
        self.asked.append("limit")
        time.sleep(self.slow_s)
        return self.limit

    def configuration(self, function: FunctionRef, qualifier: str) -> QualifierFacts:
        self.asked.append("state")
        return self.state

    def routing(self, function: FunctionRef, qualifier: str, known: QualifierFacts) -> QualifierFacts:
        self.asked.append("routes")
        return self.routed

    def now(self, region: str | None, functions: Sequence[str], minutes: Sequence[datetime]) -> PresentUse:
        self.asked.append("use")
        return self.use


def facts(
    aws: FakeAws,
    memory: Memory,
    *,
    names: Sequence[str] = ("shop",),
    patience_s: float = 60.0,
    instant: datetime = TUESDAY_NOON,
) -> Facts:
    due = due_targets(schedules(a_service(*(a_target(name) for name in names))), TUESDAY_NOON)
    doors = Doors(invoker=aws, limits=aws, qualifiers=aws, usage=aws)
    return gather(due, doors, memory, instant=instant, interval=FIVE, deadline=time.monotonic() + patience_s)


def test_the_next_tick_asks_only_what_changes_by_the_minute() -> None:
    aws, memory = FakeAws(), Memory()
    first = facts(aws, memory)
    assert sorted(aws.asked) == ["account", "limit", "routes", "state", "use"]
    aws.asked.clear()
    assert facts(aws, memory) == first
    assert aws.asked == ["use"]


def test_after_some_minutes_everything_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, memory = FakeAws(), Memory()
    facts(aws, memory)
    aws.asked.clear()
    monkeypatch.setattr(module, "_GOOD_FOR_S", 0.0)
    facts(aws, memory)
    assert sorted(aws.asked) == ["account", "limit", "routes", "state", "use"]


def test_what_is_forgotten_after_a_throttle_is_asked_again() -> None:
    aws, memory = FakeAws(), Memory()
    facts(aws, memory)
    aws.asked.clear()
    key = next(iter(memory.states))
    memory.forget(key, key[:2])
    facts(aws, memory)
    assert {"limit", "state", "routes"} <= set(aws.asked)


@pytest.mark.parametrize(
    "passing",
    [
        {"state": "Inactive"},
        {"state": "Pending"},
        {"last_update": "InProgress"},
        {"absent": "Function not found: shop:live"},
        {"unread": ("lambda:GetFunction was throttled",)},
    ],
)
def test_a_state_that_passes_is_looked_at_again_in_the_next_tick(passing: dict[str, object]) -> None:
    aws, memory = FakeAws(), Memory()
    aws.state = replace(aws.state, **passing)  # type: ignore[arg-type]
    facts(aws, memory)
    aws.state = QualifierFacts(version="7", state="Active")
    assert facts(aws, memory).qualifiers[LIVE].state == "Active"


def test_what_could_not_be_read_is_asked_again_in_the_next_tick() -> None:
    aws, memory = FakeAws(limit=ConcurrencyFacts(unread="lambda:GetAccountSettings could not be read")), Memory()
    facts(aws, memory)
    aws.limit = ConcurrencyFacts(reserved=4)
    assert facts(aws, memory).limits[SHOP].reserved == 4


def test_the_same_name_behind_another_endpoint_is_another_function() -> None:
    memory = Memory()
    facts(FakeAws(), memory)

    class Elsewhere(FakeAws):
        def endpoint(self, function: FunctionRef) -> Endpoint:
            return Endpoint(scheme="https", host="lambda.us-east-1.amazonaws.com", port=443)

    other = Elsewhere(limit=ConcurrencyFacts(reserved=2))
    assert facts(other, memory).limits[SHOP].reserved == 2


def test_an_alias_that_moved_is_asked_for_its_weights_again() -> None:
    aws, memory = FakeAws(routed=QualifierFacts(version="7", routes=(("7", 0.9), ("8", 0.1)))), Memory()
    facts(aws, memory)
    memory.states.clear()
    aws.state, aws.routed = QualifierFacts(version="8", state="Active"), QualifierFacts(version="8")
    assert facts(aws, memory).qualifiers[LIVE].routes == ()


def test_a_target_that_gets_no_ping_costs_none_of_the_requests_that_deployments_share() -> None:
    aws = FakeAws(state=QualifierFacts(managed_instances=True))
    facts(aws, Memory())
    assert "routes" not in aws.asked


def test_few_weights_are_asked_in_one_tick_and_all_of_them_in_turn() -> None:
    aws, memory, names = FakeAws(), Memory(), [f"shop-{number}" for number in range(25)]
    rounds = []
    for _ in range(3):
        facts(aws, memory, names=names)
        rounds.append(aws.asked.count("routes"))
        aws.asked.clear()
    assert rounds == [10, 10, 5]
    assert len(memory.routes) == 25


def test_a_door_that_was_closed_is_not_knocked_at_in_every_tick() -> None:
    aws, memory = FakeAws(use=PresentUse(unread="cloudwatch:GetMetricData was denied")), Memory()
    facts(aws, memory)
    aws.asked.clear()
    assert facts(aws, memory).usage[None].unread == "cloudwatch:GetMetricData was denied"
    assert "use" not in aws.asked


def test_what_does_not_come_in_time_is_not_waited_for() -> None:
    started = time.monotonic()
    found = facts(FakeAws(slow_s=5.0), Memory(), patience_s=1.0)
    assert found.limits[SHOP].reserved is None
    assert "not answered in time" in (found.limits[SHOP].unread or "")
    assert time.monotonic() - started < 4.0


def test_the_account_s_limits_leave_time_for_the_function_s_own() -> None:
    class Hanging(FakeAws):
        def prepare(self, region: str | None) -> None:
            time.sleep(3.0)

    found = facts(Hanging(), Memory(), patience_s=8.0)
    assert found.limits[SHOP].reserved == 30


def test_what_did_not_come_in_time_is_named_for_the_target() -> None:
    class Hanging(FakeAws):
        def configuration(self, function: FunctionRef, qualifier: str) -> QualifierFacts:
            time.sleep(3.0)
            return self.state

    found = facts(Hanging(), Memory(), patience_s=4.0)
    assert "lambda:GetFunction, for its state, was not answered in time" in found.unread(a_target())


def test_a_tick_of_a_later_instant_reads_a_lowered_reservation_however_soon_it_comes() -> None:
    aws, memory = FakeAws(), Memory()
    facts(aws, memory)
    aws.limit = ConcurrencyFacts(reserved=0)
    assert facts(aws, memory, instant=TUESDAY_NOON + timedelta(minutes=3)).limits[SHOP].reserved == 30
    assert facts(aws, memory, instant=TUESDAY_NOON + timedelta(minutes=5)).limits[SHOP].reserved == 0
    assert aws.asked.count("routes") == 2


def test_nothing_is_asked_where_nothing_is_due() -> None:
    aws = FakeAws()
    due = due_targets(schedules(a_service(baseline=0)), TUESDAY_NOON)
    doors = Doors(invoker=aws, limits=aws, qualifiers=aws, usage=aws)
    gather(due, doors, Memory(), instant=TUESDAY_NOON, interval=FIVE, deadline=time.monotonic() + 60)
    assert aws.asked == []


def at(minute: int) -> datetime:
    return datetime(2026, 11, 24, 11, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval", "minutes"),
    [
        (1, []),
        (2, [57, 55, 53]),
        (3, [56, 53]),
        (5, [58, 57, 54, 53]),
        (10, [58, 57, 56, 55, 54, 53]),
    ],
)
def test_users_are_counted_in_minutes_in_which_no_burst_ran(interval: int, minutes: list[int]) -> None:
    assert quiet_minutes(TUESDAY_NOON, timedelta(minutes=interval)) == tuple(at(minute) for minute in minutes)
