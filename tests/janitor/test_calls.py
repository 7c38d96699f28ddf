"""How much the janitor asks of AWS, and how fast: 500 functions, 300 of them over the limit, on a simulated clock."""

from collections import Counter, deque
from datetime import timedelta

import pytest

from fleet.aws import rate as rate_module
from fleet.aws.paces import Bucket, Paces
from fleet.aws.rate import TimeBox
from tests.janitor.account import Account
from tests.janitor.campaign import LONG_AGO, BadDay
from tests.janitor.test_faults import Clock

OVER, UNDER, KEEP, VERSIONS = 300, 200, 5, 20
# Each function has two lines more than versions: $LATEST and $LATEST.PUBLISHED.
PAGES = (OVER * (VERSIONS + 2) + UNDER * (KEEP + 2)) / 50
# What has a bucket of its own, or belongs to another service; everything else shares the account's 15 a second.
APART = {
    "get_function",
    "get_policy",
    "describe_stacks",
    "list_stack_resources",
    "list_deployments",
    "list_distributions",
    "list_metrics",
}


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(rate_module, "time", clock)
    return clock


def a_large_account(folder, *, published=LONG_AGO) -> BadDay:
    account = Account()
    account.policy.keep = KEEP
    for number in range(OVER + UNDER):
        versions = VERSIONS if number < OVER else KEEP
        account.add(f"f{number:03}", range(1, versions + 1), published=published)
    return BadDay(account=account, folder=folder, per_function=25, per_run=100_000)


def test_versions_that_the_cheap_checks_keep_cost_a_page_for_fifty_and_a_call_for_a_function(clock, tmp_path):
    day = a_large_account(tmp_path, published=Account().now - timedelta(days=1))
    day.begin()
    asked = Counter(call.operation for call in day.line.calls if call.service != "table")
    assert asked == {"list_functions": PAGES, "list_aliases": OVER}


def test_candidates_cost_within_a_tenth_of_the_floor_and_their_own_checks(clock, tmp_path):
    day = a_large_account(tmp_path)
    day.begin()
    asked = Counter(call.operation for call in day.line.calls if call.service != "table")
    candidates = OVER * (VERSIONS - KEEP)
    region = 3  # event source mappings, deployments, distributions
    own = 4 * OVER + 2 * candidates  # tags, provisioned, invoke configs and traffic; state and policy
    floor = PAGES + OVER + region + own
    assert floor <= asked.total() <= 1.1 * floor
    shared = sum(number for operation, number in asked.items() if operation not in APART)
    assert shared <= 1.1 * (PAGES + OVER + 1 + 2 * OVER)


def test_a_sweep_looks_again_once_for_a_function_and_asks_once_for_a_delete(clock, tmp_path):
    account = Account()
    account.policy.keep = KEEP
    for number in range(30):
        account.add(f"f{number:02}", range(1, VERSIONS + 1), published=LONG_AGO)
    day = BadDay(account=account, folder=tmp_path)
    day.begin()
    day.later(hours=7)
    day.begin()
    asked = Counter(call.operation for call in day.line.calls)
    deletes = 30 * (VERSIONS - KEEP)
    assert asked["delete_function"] == deletes
    assert asked["list_aliases"] == 30 + 30


class Bucket15:
    """The account's shared bucket: 15 requests a second, and no more than that at once."""

    def __init__(self, clock):
        self.clock, self.tokens, self.at = clock, 15.0, clock.now

    def take(self, at):
        self.tokens = min(15.0, self.tokens + (at - self.at) * 15)
        self.at = at
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@pytest.mark.parametrize("rate", [1.0, 3.0])
def test_a_deployment_that_uses_ten_a_second_is_never_throttled_because_of_the_janitor(clock, tmp_path, rate):
    day = a_large_account(tmp_path, published=Account().now - timedelta(days=1))
    day.rate = rate
    bucket, next_deploy, throttled, at = Bucket15(clock), [clock.now], [], []

    def watch(call):
        if call.service == "table" or call.operation in APART:
            return
        while next_deploy[0] <= clock.now:
            if not bucket.take(next_deploy[0]):
                throttled.append("deployment")
            next_deploy[0] += 0.1
        if not bucket.take(clock.now):
            throttled.append("janitor")
        at.append(clock.now)

    day.line.weather = watch
    day.begin()
    assert throttled == []
    assert len(at) == PAGES + OVER
    assert busiest_second(at) <= rate + 1
    assert at[-1] - at[0] <= 1.05 * len(at) / rate


def test_no_second_has_more_requests_than_the_rate_and_one_in_any_bucket(clock):
    paces = Paces(3.0, TimeBox())
    at: dict[Bucket, list[float]] = {bucket: [] for bucket in Bucket}
    for turn in range(700):
        bucket = list(Bucket)[turn % len(Bucket)]
        paces.of(bucket).once(lambda bucket=bucket: at[bucket].append(clock.now))
    for bucket, times in at.items():
        assert busiest_second(times) <= 3.0 * bucket.value[1] + 1


def busiest_second(times):
    window, most = deque(), 0
    for one in times:
        window.append(one)
        while one - window[0] >= 1.0:
            window.popleft()
        most = max(most, len(window))
    return most
