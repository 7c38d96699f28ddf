"""Who is throttled: reserved concurrency, the account's pool, and what the caller is told."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.limits import ACCOUNT_REASON, RESERVED_REASON, Ledger, Limits, Throttled
from emulator.threaded import running
from tests.emulator.deployed import Caller, Got, until, version


def outcomes(invoke: Caller, count: int, **given: str) -> list[str]:
    """For each of `count` invocations at one time: "ok", or why it was throttled."""

    def one(_: int) -> str:
        try:
            got: Got = invoke({"sleep_s": 1.5}, **given)
        except invoke.client.exceptions.TooManyRequestsException as error:
            return str(error.response["Reason"])
        return "ok" if got.error is None else got.error

    with ThreadPoolExecutor(count) as threads:
        return sorted(threads.map(one, range(count)))


def test_reserved_concurrency_bounds_its_function(catalog: StaticCatalog, invoke: Caller) -> None:
    catalog.reserve("app", 2)
    assert outcomes(invoke, 5) == [RESERVED_REASON] * 3 + ["ok"] * 2
    assert invoke({}).error is None, "a place is free again"


def test_reserved_concurrency_of_zero_throttles_all(catalog: StaticCatalog, invoke: Caller) -> None:
    catalog.reserve("app", 0)
    with pytest.raises(ClientError, match=r"TooManyRequestsException.*Rate Exceeded\.") as raised:
        invoke({})
    response = raised.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert (response["Reason"], response["Type"]) == (RESERVED_REASON, "User")  # type: ignore[typeddict-item]


def test_a_reservation_is_missing_from_the_accounts_pool(catalog: StaticCatalog) -> None:
    catalog = StaticCatalog(account=10)
    catalog.put(version())
    catalog.put(version("other"))
    catalog.reserve("other", 7)
    with running(catalog) as emulator:
        invoke = Caller(emulator.endpoint)
        assert outcomes(invoke, 5) == [ACCOUNT_REASON] * 2 + ["ok"] * 3
        assert outcomes(invoke, 5, function="other") == ["ok"] * 5


def test_versions_of_one_function_share_its_reservation() -> None:
    ledger = Ledger()
    limits = Limits(reserved=1, reserved_total=1, account=10)
    ledger.enter("app", limits)
    with pytest.raises(Throttled, match="Rate Exceeded"):
        ledger.enter("app", limits)
    ledger.leave("app")
    ledger.enter("app", limits)


def test_a_throttled_event_is_accepted_and_served_later(catalog: StaticCatalog) -> None:
    catalog.reserve("app", 0)
    with running(catalog) as emulator:
        assert Caller(emulator.endpoint)({}, InvocationType="Event").status == 202
        catalog.reserve("app", None)
        until(lambda: emulator.snapshot().invocations)
