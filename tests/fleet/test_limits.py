"""What limits a function's concurrency, through botocore over HTTP."""

from collections.abc import Iterator

import pytest

from fleet.aws.limits import ConcurrencyLimits
from fleet.model import ConcurrencyFacts, FunctionRef
from tests.fleet.stub_api import Refusal, StubApi, serving

SHOP = FunctionRef(text="shop")
ACCOUNT = {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 850}}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubApi]:
    with serving(StubApi(answers={"GetAccountSettings": ACCOUNT}), monkeypatch) as stub:
        yield stub


def limits() -> ConcurrencyFacts:
    reader = ConcurrencyLimits()
    reader.prepare(None)
    return reader.of(SHOP)


def test_a_reservation_is_read_with_the_request_that_has_a_rate_of_its_own(api: StubApi) -> None:
    api.answers["GetFunction"] = {"Configuration": {}, "Concurrency": {"ReservedConcurrentExecutions": 30}}
    assert limits() == ConcurrencyFacts(reserved=30, account_limit=1000, account_unreserved=850, region="eu-west-1")
    assert api.operations() == ["GetAccountSettings", "GetFunction"]


def test_a_reservation_of_nothing_is_not_the_same_as_none(api: StubApi) -> None:
    api.answers["GetFunction"] = {"Configuration": {}, "Concurrency": {"ReservedConcurrentExecutions": 0}}
    assert limits().reserved == 0
    api.answers["GetFunction"] = {"Configuration": {}}
    assert limits().reserved is None


def test_where_one_request_is_denied_the_other_is_asked(api: StubApi) -> None:
    api.answers["GetFunctionConcurrency"] = {"ReservedConcurrentExecutions": 5}
    found = limits()
    assert (found.reserved, found.unread) == (5, None)


def test_where_one_request_is_not_implemented_the_other_is_asked(api: StubApi) -> None:
    api.answers["GetFunction"] = Refusal(status=501, code="NotImplemented")
    api.answers["GetFunctionConcurrency"] = {"ReservedConcurrentExecutions": 5}
    assert limits().reserved == 5


def test_what_could_not_be_read_is_named_and_limits_nothing(api: StubApi) -> None:
    found = limits()
    assert found.reserved is None
    assert "lambda:GetFunctionConcurrency was denied" in (found.unread or "")


def test_without_the_account_s_limit_the_function_s_own_still_holds(api: StubApi) -> None:
    api.answers["GetAccountSettings"] = Refusal(status=429, code="TooManyRequestsException")
    api.answers["GetFunction"] = {"Configuration": {}, "Concurrency": {"ReservedConcurrentExecutions": 30}}
    found = limits()
    assert (found.reserved, found.account_unreserved) == (30, None)
    assert "lambda:GetAccountSettings was throttled" in (found.unread or "")
