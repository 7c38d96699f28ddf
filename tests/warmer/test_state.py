"""What a function's state and kind mean for a burst."""

import pytest

from fleet.facts import QualifierFacts
from warmer.state import bar


def test_what_is_not_known_stands_in_nobody_s_way() -> None:
    assert bar(QualifierFacts(), 20).most == 20
    assert bar(QualifierFacts(state="Active", last_update="Successful"), 20).notes == ()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (QualifierFacts(managed_instances=True), "Lambda Managed Instances"),
        (QualifierFacts(tenant_isolation=True), "isolates tenants"),
    ],
)
def test_where_a_ping_can_prove_nothing_none_is_sent(facts: QualifierFacts, words: str) -> None:
    found = bar(facts, 20)
    assert (found.final, found.kind) == (True, "refused")
    assert words in found.words


@pytest.mark.parametrize("state", ["Pending", "Failed", "Deactivating", "Deactivated", "Deleting"])
def test_a_function_that_cannot_run_now_is_left_alone_and_the_state_is_named(state: str) -> None:
    found = bar(QualifierFacts(state=state, state_reason="The function is being created."), 20)
    assert (found.final, found.kind) == (True, "state")
    assert f"{state} (The function is being created.)" in found.words


def test_an_inactive_function_gets_the_one_ping_that_wakes_it() -> None:
    found = bar(QualifierFacts(state="Inactive"), 20)
    assert found.most == 1
    assert "wakes it for the next tick" in found.words


@pytest.mark.parametrize("ready", [20, 25])
def test_provisioned_concurrency_that_is_enough_needs_no_ping(ready: int) -> None:
    found = bar(QualifierFacts(provisioned=ready), 20)
    assert (found.final, found.kind) == (True, "provisioned")
    assert f"keeps {ready} ready, by Lambda's word" in found.words


def test_provisioned_concurrency_that_is_not_enough_still_takes_all_the_pings() -> None:
    found = bar(QualifierFacts(provisioned=5), 20)
    assert found.most == 20
    assert found.notes == ("5 of them by provisioned concurrency, which Lambda fills before it uses others",)


@pytest.mark.parametrize(("update", "words"), [("InProgress", "in progress"), ("Failed", "deploy it again")])
def test_an_update_that_is_not_there_yet_is_a_note_beside_the_whole_burst(update: str, words: str) -> None:
    found = bar(QualifierFacts(state="Active", last_update=update), 20)
    assert found.most == 20
    assert words in found.notes[0]


def test_a_function_that_is_pending_for_an_update_still_gets_its_burst() -> None:
    found = bar(QualifierFacts(state="Pending", last_update="InProgress"), 20)
    assert found.most == 20
    assert "what was there before" in found.notes[0]


def test_a_target_that_lambda_does_not_know_is_refused_with_what_to_do() -> None:
    found = bar(
        QualifierFacts(absent="Cannot find alias arn: arn:aws:lambda:eu-west-1:123456789012:function:shop:x"), 20
    )
    assert (found.final, found.kind) == (True, "refused")
    assert "function:shop:x; deploy it, or correct" in found.words
