"""The control plane's request limits."""

from typing import Any

import pytest

from emulator.controlplane.ask import Ask, Refused
from emulator.controlplane.rate import ControlRate
from emulator.stack import Options
from tests.emulator.controlled import controlled, create

LIST_FUNCTIONS = Ask(method="GET", resource="functions")
LIST_ALIASES = Ask(method="GET", resource="functions", name="shop", sub="/aliases")
DELETE = Ask(method="DELETE", resource="functions", name="shop", qualifier="4")
GET_FUNCTION = Ask(method="GET", resource="functions", name="shop")
GET_POLICY = Ask(method="GET", resource="functions", name="shop", sub="/policy")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def passed(rate: ControlRate, *asks: Ask) -> int:
    """How many pass until the first is refused."""
    for count, ask in enumerate(asks):
        try:
            rate.take(ask)
        except Refused:
            return count
    return len(asks)


def test_fifteen_requests_of_all_kinds_pass_in_a_second_and_the_next_is_refused() -> None:
    rate = ControlRate(15.0, Clock())
    assert passed(rate, *[LIST_FUNCTIONS, LIST_ALIASES, DELETE] * 10) == 15


def test_the_bucket_fills_again_with_time_and_never_over() -> None:
    clock = Clock()
    rate = ControlRate(15.0, clock)
    passed(rate, *[DELETE] * 16)
    clock.now += 0.2
    assert passed(rate, *[DELETE] * 16) == 3
    clock.now += 3600.0
    assert passed(rate, *[DELETE] * 30) == 15


@pytest.mark.parametrize(("ask", "limit"), [(GET_FUNCTION, 100), (GET_POLICY, 15)])
def test_get_function_and_get_policy_have_buckets_of_their_own(ask: Ask, limit: int) -> None:
    rate = ControlRate(15.0, Clock())
    assert passed(rate, *[DELETE] * 16) == 15
    assert passed(rate, *[ask] * 200) == limit


def list_until_refused(aws: Any) -> None:
    for _ in range(1000):
        aws.list_functions()


def test_a_client_reads_the_throttle_of_aws() -> None:
    with controlled(Options(control_per_s=1.0)) as (_, aws):
        create(aws, "slow")
        with pytest.raises(aws.exceptions.TooManyRequestsException) as throttled:
            list_until_refused(aws)
        assert throttled.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert throttled.value.response["Reason"] == "CallerRateLimitExceeded"
        assert aws.get_function(FunctionName="slow")["Configuration"]["FunctionName"] == "slow"
