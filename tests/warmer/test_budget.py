import pytest

from fleet.facts import PresentUse
from fleet.model import ConcurrencyFacts, FunctionRef
from warmer.budget import Allowance, allow

SHOP, CART, FAR = (
    FunctionRef(text="shop"),
    FunctionRef(text="cart"),
    FunctionRef(text="arn:aws:lambda:eu-west-1:123456789012:function:shop"),
)


def test_unknown_limits_limit_nothing() -> None:
    assert allow([(SHOP, 50)], {SHOP: ConcurrencyFacts(unread="denied")}) == (Allowance(count=50),)


def test_a_reserved_function_gets_no_more_than_its_reservation() -> None:
    facts = {SHOP: ConcurrencyFacts(reserved=5, account_limit=1000, account_unreserved=995)}

    (allowance,) = allow([(SHOP, 8)], facts)

    assert allowance == Allowance(count=5, limit="reserved concurrency 5 of the function")


def test_reserved_zero_means_no_ping() -> None:
    (allowance,) = allow([(SHOP, 8)], {SHOP: ConcurrencyFacts(reserved=0)})

    assert allowance.count == 0


def test_a_fifth_of_the_unreserved_rest_stays_free_for_users() -> None:
    (allowance,) = allow([(SHOP, 100)], {SHOP: ConcurrencyFacts(account_limit=100, account_unreserved=100)})

    assert allowance.count == 80
    assert "20% stays free" in (allowance.limit or "")


def test_targets_of_one_tick_share_the_rest_in_proportion() -> None:
    facts = dict.fromkeys((SHOP, CART), ConcurrencyFacts(account_limit=100, account_unreserved=100))

    counts = [allowance.count for allowance in allow([(SHOP, 120), (CART, 60)], facts)]

    assert counts == [53, 27]


def test_two_aliases_of_a_function_share_its_reservation() -> None:
    counts = [a.count for a in allow([(SHOP, 6), (SHOP, 6)], {SHOP: ConcurrencyFacts(reserved=8)})]

    assert counts == [4, 4]


def test_regions_have_limits_of_their_own() -> None:
    facts = {
        SHOP: ConcurrencyFacts(account_limit=10, account_unreserved=10),
        FAR: ConcurrencyFacts(account_limit=1000, account_unreserved=1000),
    }

    assert [a.count for a in allow([(SHOP, 20), (FAR, 20)], facts)] == [8, 20]


def test_many_small_targets_use_up_what_a_small_account_leaves() -> None:
    targets = [FunctionRef(text=f"shop-{number}") for number in range(30)]
    facts = dict.fromkeys(targets, ConcurrencyFacts(account_limit=20, account_unreserved=20))

    counts = [allowance.count for allowance in allow([(target, 1) for target in targets], facts)]

    assert sum(counts) == 16


def test_a_name_and_an_arn_of_one_region_share_its_limit() -> None:
    facts = dict.fromkeys((SHOP, FAR), ConcurrencyFacts(account_unreserved=50, region="eu-west-1"))

    assert [allowance.count for allowance in allow([(SHOP, 40), (FAR, 40)], facts)] == [20, 20]


def test_what_users_occupy_at_present_is_theirs_beside_their_share() -> None:
    facts = {SHOP: ConcurrencyFacts(account_unreserved=100, region="eu-west-1")}

    (allowance,) = allow([(SHOP, 100)], facts, {"eu-west-1": PresentUse(unreserved=50)})

    assert allowance.count == 30
    assert "users occupied 50 in the last minutes" in (allowance.limit or "")


def test_users_who_occupy_more_than_the_limit_leave_no_ping() -> None:
    facts = {SHOP: ConcurrencyFacts(account_unreserved=100)}

    assert allow([(SHOP, 5)], facts, {None: PresentUse(unreserved=99)})[0].count == 0


def test_a_reservation_is_the_function_s_own_users_first() -> None:
    use = {None: PresentUse(unreserved=400, functions={"shop": 3})}

    (allowance,) = allow([(SHOP, 8)], {SHOP: ConcurrencyFacts(reserved=8)}, use)

    assert allowance.count == 5
    assert allowance.limit == "reserved concurrency 8 of the function, of which users occupied 3 in the last minutes"


@pytest.mark.parametrize(("share", "count"), [(10, 90), (20, 80), (33, 67), (90, 10)])
def test_the_share_of_users_is_a_setting_and_rounded_in_their_favour(share: int, count: int) -> None:
    facts = {SHOP: ConcurrencyFacts(account_unreserved=100)}

    assert allow([(SHOP, 100)], facts, users_share=share)[0].count == count
    assert allow([(SHOP, 100)], {SHOP: ConcurrencyFacts(account_unreserved=9)}, users_share=20)[0].count == 7
