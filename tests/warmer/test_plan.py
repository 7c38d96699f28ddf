"""What a tick plans to send, by what is due and what AWS said of it."""

import pytest

from fleet.facts import PresentUse, QualifierFacts
from fleet.model import ConcurrencyFacts, FunctionRef
from tests.warmer.builders import TUESDAY_NOON, a_service, schedules
from warmer.plan import Facts, Outcome, PlannedTarget, due_targets, plan_tick
from warmer.sides import Side

SHOP = FunctionRef(text="shop")
ROOMY = ConcurrencyFacts(account_limit=1000, account_unreserved=1000)


def planned(
    *, baseline: int = 20, limits: ConcurrencyFacts = ROOMY, use: PresentUse | None = None, **facts: object
) -> PlannedTarget:
    known = Facts(
        limits={SHOP: limits},
        qualifiers={(SHOP, "live"): QualifierFacts(**facts)},  # type: ignore[arg-type]
        usage={} if use is None else {None: use},
    )
    due = due_targets(schedules(a_service(baseline=baseline)), TUESDAY_NOON)
    (target,) = plan_tick(due, known, TUESDAY_NOON).targets
    return target


def test_an_alias_without_weights_gets_all_its_pings_by_its_name() -> None:
    found = planned()
    assert (found.count, found.sides, found.settled) == (20, (Side(qualifier="live", count=20),), None)


def test_both_versions_of_a_weighted_alias_get_their_share_by_number() -> None:
    found = planned(routes=(("7", 0.9), ("8", 0.1)))
    assert found.sides == (Side(qualifier="7", count=18), Side(qualifier="8", count=2))


def test_the_sides_of_a_weighted_alias_stay_within_the_limit_together() -> None:
    found = planned(limits=ConcurrencyFacts(reserved=5), routes=(("7", 0.9), ("8", 0.1)))
    assert (found.wanted, sum(side.count for side in found.sides)) == (20, 5)
    assert {side.qualifier for side in found.sides} == {"7", "8"}


def test_an_alias_that_sends_everything_to_the_version_before_gets_its_pings_by_its_name() -> None:
    assert planned(routes=(("6", 1.0),)).sides == (Side(qualifier="live", count=20),)


def test_enough_provisioned_concurrency_settles_a_target_without_a_ping() -> None:
    found = planned(provisioned=20)
    assert (found.count, found.settled) == (0, Outcome.LEFT_TO_PROVISIONED)
    assert "keeps 20 ready, by Lambda's word" in found.reason


def test_too_little_provisioned_concurrency_takes_all_pings_through_the_alias_that_has_it() -> None:
    found = planned(provisioned=5, routes=(("7", 0.9), ("8", 0.1)))
    assert found.sides == (Side(qualifier="live", count=20),)
    assert "5 of them by provisioned concurrency" in found.notes[0]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"managed_instances": True}, "Managed Instances"),
        ({"tenant_isolation": True}, "tenant"),
        ({"absent": "Function not found: shop:live"}, "Function not found: shop:live"),
    ],
)
def test_what_no_ping_can_warm_is_refused_with_the_reason(facts: dict[str, object], words: str) -> None:
    found = planned(**facts)
    assert (found.count, found.settled) == (0, Outcome.REFUSED)
    assert words in found.reason


def test_a_state_that_passes_makes_the_target_short_and_not_refused() -> None:
    found = planned(state="Pending", state_reason="The function is being created.")
    assert (found.count, found.settled) == (0, Outcome.SHORT)
    assert "Pending (The function is being created.)" in found.reason


def test_an_inactive_function_gets_one_ping_of_twenty_and_the_limit_says_why() -> None:
    found = planned(state="Inactive")
    assert (found.wanted, found.count) == (20, 1)
    assert "wakes it" in (found.limit or "")


def test_a_target_that_gets_no_ping_takes_nothing_of_the_limit_from_others() -> None:
    due = due_targets(schedules(a_service(name="a"), a_service(name="b", baseline=8)), TUESDAY_NOON)
    other = due[1].target
    facts = Facts(
        limits={SHOP: ConcurrencyFacts(reserved=8)},
        qualifiers={(other.function, other.qualifier): QualifierFacts(provisioned=3)},
    )
    first, second = plan_tick(due, facts, TUESDAY_NOON).targets
    assert (first.settled, second.count) == (Outcome.LEFT_TO_PROVISIONED, 8)


def test_reserved_zero_sends_nothing_and_names_the_reservation() -> None:
    found = planned(limits=ConcurrencyFacts(reserved=0))
    assert (found.count, found.settled) == (0, Outcome.SHORT)
    assert found.reason == "no ping sent: reserved concurrency 0 of the function"


def test_present_users_make_a_burst_smaller_and_the_numbers_are_told() -> None:
    found = planned(
        limits=ConcurrencyFacts(account_limit=50, account_unreserved=50), use=PresentUse(unreserved=30, functions={})
    )
    assert found.count == 10
    assert "unreserved concurrency 50" in (found.limit or "")
    assert "users occupied 30" in (found.limit or "")


def test_what_could_not_be_read_is_told_and_the_pings_are_sent_all_the_same() -> None:
    denied = "lambda:GetAccountSettings could not be read"
    found = planned(
        limits=ConcurrencyFacts(unread=denied),
        use=PresentUse(unread="cloudwatch:GetMetricData was denied"),
        unread=("lambda:GetAlias was denied",),
    )
    assert found.count == 20
    assert found.notes == (
        f"not read: {denied}",
        "not read: lambda:GetAlias was denied",
        "not read: cloudwatch:GetMetricData was denied",
    )
