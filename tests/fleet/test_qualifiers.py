"""What Lambda says of an alias or version, through botocore over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from fleet.aws.qualifiers import QualifierReader
from fleet.facts import QualifierFacts
from fleet.model import FunctionRef
from tests.fleet.stub_api import Refusal, StubApi, serving

SHOP = FunctionRef(text="shop")
NO_PROVISIONED = Refusal(status=404, code="ProvisionedConcurrencyConfigNotFoundException")


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubApi]:
    with serving(StubApi(answers={"GetProvisionedConcurrencyConfig": NO_PROVISIONED}), monkeypatch) as stub:
        yield stub


def configuration(api: StubApi, **fields: Any) -> QualifierFacts:
    api.answers["GetFunction"] = {"Configuration": {"FunctionName": "shop", "Version": "7", **fields}}
    return QualifierReader().configuration(SHOP, "live")


def routing(qualifier: str = "live") -> QualifierFacts:
    return QualifierReader().routing(SHOP, qualifier, QualifierFacts())


def test_the_state_is_asked_of_the_qualifier_and_of_nothing_else(api: StubApi) -> None:
    found = configuration(api, State="Pending", StateReason="Creating.", LastUpdateStatus="InProgress")
    assert found == QualifierFacts(version="7", state="Pending", state_reason="Creating.", last_update="InProgress")
    assert api.asked == [("GetFunction", "/2015-03-31/functions/shop?Qualifier=live")]


def test_snapstart_counts_where_a_snapshot_is_kept_for_this_version(api: StubApi) -> None:
    assert configuration(api, SnapStart={"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}).snap_start
    assert not configuration(api, SnapStart={"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}).snap_start


def test_managed_instances_and_tenants_are_known_by_their_configuration(api: StubApi) -> None:
    instances = {
        "LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:aws:lambda:eu-west-1:1:c:x"}
    }
    assert configuration(api, CapacityProviderConfig=instances).managed_instances
    assert configuration(api, TenancyConfig={"TenantIsolationMode": "PER_TENANT"}).tenant_isolation


@pytest.mark.parametrize(
    ("weights", "routes"),
    [
        ({"8": 0.1}, (("7", 0.9), ("8", 0.1))),
        ({"8": 0.0}, ()),
        ({"6": 1.0}, (("6", 1.0),)),
        ({}, ()),
    ],
)
def test_both_versions_of_an_alias_have_the_shares_that_it_gives_them(
    api: StubApi, weights: dict[str, float], routes: tuple[tuple[str, float], ...]
) -> None:
    api.answers["GetAlias"] = {
        "Name": "live",
        "FunctionVersion": "7",
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }
    assert routing() == QualifierFacts(version="7", routes=routes, provisioned=0)


def test_provisioned_environments_count_when_they_are_ready(api: StubApi) -> None:
    api.answers["GetAlias"] = {"Name": "live", "FunctionVersion": "7"}
    api.answers["GetProvisionedConcurrencyConfig"] = {
        "RequestedProvisionedConcurrentExecutions": 20,
        "AllocatedProvisionedConcurrentExecutions": 12,
        "AvailableProvisionedConcurrentExecutions": 12,
        "Status": "IN_PROGRESS",
    }
    assert routing().provisioned == 12


def test_a_version_has_no_routes_to_ask_for(api: StubApi) -> None:
    assert routing("7").routes == ()
    assert api.operations() == ["GetProvisionedConcurrencyConfig"]


def test_latest_can_have_neither(api: StubApi) -> None:
    assert routing("$LATEST") == QualifierFacts()
    assert api.asked == []


def test_a_missing_alias_is_told_in_lambda_s_own_words(api: StubApi) -> None:
    words = "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:shop:live"
    api.answers["GetFunction"] = Refusal(status=404, code="ResourceNotFoundException", message=words)
    assert words in QualifierReader().configuration(SHOP, "live").absent


def test_a_404_that_speaks_of_something_else_proves_nothing(api: StubApi) -> None:
    api.answers["GetFunction"] = Refusal(status=404, code="ResourceNotFoundException", message="no such route")
    found = QualifierReader().configuration(SHOP, "live")
    assert found.absent == ""
    assert "lambda:GetFunction" in found.unread[0]


def test_every_permission_that_is_missing_is_named(api: StubApi) -> None:
    api.answers.clear()
    unread = (*QualifierReader().configuration(SHOP, "live").unread, *routing().unread)
    assert [words.split(" was denied")[0] for words in unread] == [
        "lambda:GetFunction",
        "lambda:GetAlias",
        "lambda:GetProvisionedConcurrencyConfig",
    ]


@pytest.mark.parametrize("answer", [{}, {"Configuration": None}])
def test_an_answer_that_makes_no_sense_is_not_read(api: StubApi, answer: dict[str, Any]) -> None:
    api.answers["GetFunction"] = answer
    assert QualifierReader().configuration(SHOP, "live").unread == ("lambda:GetFunction: the answer cannot be read",)
