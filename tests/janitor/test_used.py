"""Each safeguard that needs a read of its own: what it keeps, and that an unread fact keeps as well."""

import pytest

from fleet.uses import Deployment, Stack, VersionState, VersionUse
from janitor.inventory import FunctionUses, Unread, VersionUses
from janitor.keep import KeepCode
from janitor.rules import keep_reasons
from tests.janitor.account import MOVING, RESTING
from tests.janitor.builders import a_memory, a_quiet_version, facts, the_candidate, unused, v

EVERY_FACT = (
    "tags",
    "stacks",
    "owned",
    "deployments",
    "event_sources",
    "edge",
    "provisioned",
    "invoke_configs",
    "traffic",
)


def reasons(number: int = 1, **but: object) -> list[str]:
    of = facts(range(1, 11), uses=unused(range(1, 11), **but))
    return [str(reason) for reason in keep_reasons(the_candidate(number, of))]


def alone(**but: object) -> dict[str, object]:
    return {"versions": {v(n): a_quiet_version(**(but if n == 1 else {})) for n in range(1, 11)}}


def use(number: int) -> tuple[VersionUse, ...]:
    return (VersionUse(function="shop", version=v(number), by=f"something names {number}"),)


def test_a_version_that_was_asked_about_everywhere_and_found_nowhere_may_go():
    assert reasons() == []


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        ("event_sources", "event-source"),
        ("edge", "edge"),
        ("provisioned", "provisioned"),
        ("invoke_configs", "invoke-config"),
        ("traffic", "traffic"),
    ],
)
def test_what_names_a_version_keeps_that_version_and_no_other(fact, code):
    assert reasons(1, **{fact: use(1)}) == [f"{code}: something names 1"]
    assert reasons(2, **{fact: use(1)}) == []


def test_a_version_that_is_a_resource_of_a_stack_is_kept():
    assert reasons(1, owned={v(1): "shop-prod"}) == ["stack-resource: it is a resource of stack shop-prod"]
    assert reasons(2, owned={v(1): "shop-prod"}) == []


@pytest.mark.parametrize("status", [*MOVING, "A_STATUS_OF_TOMORROW"])
def test_a_stack_that_is_not_at_rest_keeps_every_version(status):
    stacks = (
        Stack(stack_id="1", name="shop", status="UPDATE_COMPLETE"),
        Stack(stack_id="2", name="root", status=status),
    )
    for number in (1, 2, 8):
        assert reasons(number, stacks=stacks) == [f"stack-busy: stack root is in {status}"]


@pytest.mark.parametrize("status", RESTING)
def test_a_stack_at_rest_keeps_nothing(status):
    assert reasons(stacks=(Stack(stack_id="1", name="shop", status=status),)) == []


def test_a_deployment_in_flight_keeps_every_version_of_its_function():
    flight = Deployment(deployment_id="d-1", status="InProgress", functions=frozenset({"shop"}))
    assert reasons(deployments=(flight,)) == ["deployment: CodeDeploy deployment d-1 is InProgress"]


def test_a_deployment_that_does_not_say_yet_what_it_deploys_keeps_as_well():
    flight = Deployment(deployment_id="d-1", status="Created")
    assert reasons(deployments=(flight,))[0].endswith("which function it deploys is not known yet")


@pytest.mark.parametrize(
    "state", ["Pending", "Failed", "Deactivating", "Deactivated", "ActiveNonInvocable", "Deleting", "", "New"]
)
def test_a_version_in_any_other_state_than_active_or_inactive_is_kept(state):
    assert reasons(**alone(state=VersionState(state=state))) == [f"state: it is {state}"]


@pytest.mark.parametrize("state", ["Active", "Inactive"])
def test_an_active_or_inactive_version_is_not_kept_for_its_state(state):
    assert reasons(**alone(state=VersionState(state=state, last_update="Successful"))) == []


def test_a_version_that_is_being_updated_is_kept():
    found = reasons(**alone(state=VersionState(state="Active", last_update="InProgress")))
    assert found == ["state: it is Active and its update is InProgress"]


def test_a_version_that_went_since_it_was_listed_is_not_deleted():
    assert reasons(**alone(state=None)) == ["state: it went since it was listed"]


def test_an_open_durable_execution_keeps_its_version():
    assert reasons(**alone(open_executions=2)) == ["durable: 2 durable executions are open on it"]


def test_a_resource_policy_keeps_its_version_and_says_whom_it_lets_in():
    assert reasons(**alone(policy="s3.amazonaws.com")) == [
        "policy: a resource policy on it lets s3.amazonaws.com invoke it"
    ]


@pytest.mark.parametrize("fact", EVERY_FACT)
def test_a_read_that_failed_keeps_every_version_and_is_named(fact):
    denied = Unread(reason="lambda:SomeRead was denied")
    assert reasons(**{fact: denied}) == ["unverified: lambda:SomeRead was denied"]


@pytest.mark.parametrize("fact", ["state", "open_executions", "policy"])
def test_a_read_about_one_version_that_failed_keeps_that_version(fact):
    denied = Unread(reason="lambda:SomeRead was denied")
    assert reasons(1, **alone(**{fact: denied})) == ["unverified: lambda:SomeRead was denied"]
    assert reasons(2, **alone(**{fact: denied})) == []


@pytest.mark.parametrize("fact", EVERY_FACT)
def test_a_fact_that_nobody_asked_for_keeps(fact):
    assert reasons(**{fact: FunctionUses().tags})[0].startswith("limit: ")


def test_a_version_that_nobody_asked_about_keeps():
    assert reasons(versions={})[0].startswith("limit: ")
    assert reasons(versions={v(1): VersionUses(state=VersionState(state="Active"))})[0].startswith("limit: ")


def test_a_version_that_waits_for_its_mark_was_asked_about_first():
    of = facts(range(1, 11), uses=FunctionUses(), memory=a_memory())
    assert [reason.code for reason in keep_reasons(the_candidate(1, of))] == [KeepCode.LIMIT]


def test_a_failed_read_does_not_speak_where_a_cheap_safeguard_does():
    of = facts(range(1, 11), uses=unused(range(1, 11), tags=Unread(reason="denied")))
    assert [reason.code for reason in keep_reasons(the_candidate(10, of))] == [KeepCode.NEWEST]
