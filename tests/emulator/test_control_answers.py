"""Lambda's control plane as AWS answers it, driven by boto3 through the front."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from emulator.stack import Options, RunningEmulator
from tests.emulator.controlled import ROLE, controlled, create, refusal, zipped
from tests.emulator.refusals import ARN, REFUSALS


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[RunningEmulator, Any]]:
    with controlled() as both:
        yield both


@pytest.fixture
def aws(running: tuple[RunningEmulator, Any]) -> Any:
    return running[1]


@pytest.fixture(scope="module")
def shared(running: tuple[RunningEmulator, Any]) -> Any:
    """A function with versions 1 to 5; `live` is 3, and `canary` is 4 with a share for 2."""
    aws = running[1]
    create(aws, "shared", versions=5)
    aws.create_alias(FunctionName="shared", Name="live", FunctionVersion="3")
    weights = {"AdditionalVersionWeights": {"2": 0.1}}
    aws.create_alias(FunctionName="shared", Name="canary", FunctionVersion="4", RoutingConfig=weights)
    return aws


def test_one_alias_is_shown_with_its_weights_and_not_in_a_list(shared: Any) -> None:
    found = shared.get_alias(FunctionName="shared", Name="canary")
    assert (found["Name"], found["FunctionVersion"]) == ("canary", "4")
    assert found["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.1}}


def versions_of(aws: Any, name: str) -> list[str]:
    pages = aws.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    return [version["Version"] for page in pages for version in page["Versions"]]


@pytest.mark.parametrize(("operation", "arguments", "status", "code", "said"), REFUSALS)
def test_the_api_refuses_with_the_status_code_and_name_of_aws(
    shared: Any, operation: str, arguments: dict[str, Any], status: int, code: str, said: str
) -> None:
    found = refusal(getattr(shared, operation), **{"FunctionName": "shared", **arguments})
    assert found[:2] == (status, code)
    assert said in found[2]
    assert versions_of(shared, "shared") == ["$LATEST", "1", "2", "3", "4", "5"]


def test_the_delete_of_a_version_that_is_not_there_succeeds(shared: Any) -> None:
    reply = shared.delete_function(FunctionName="shared", Qualifier="77")
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_a_version_without_an_alias_is_deleted_and_nothing_else(aws: Any) -> None:
    create(aws, "pruned", versions=3)
    aws.delete_function(FunctionName="pruned", Qualifier="2")
    assert versions_of(aws, "pruned") == ["$LATEST", "1", "3"]


def test_a_delete_without_a_qualifier_takes_the_whole_function(aws: Any) -> None:
    create(aws, "gone", versions=2)
    aws.create_alias(FunctionName="gone", Name="live", FunctionVersion="2")
    aws.delete_function(FunctionName="gone")
    assert refusal(aws.get_function, FunctionName="gone")[0] == 404


def test_version_numbers_are_never_used_again_even_by_a_function_made_anew(aws: Any) -> None:
    create(aws, "again", versions=3)
    aws.delete_function(FunctionName="again", Qualifier="3")
    aws.update_function_configuration(FunctionName="again", Description="next")
    assert aws.publish_version(FunctionName="again")["Version"] == "4"
    aws.delete_function(FunctionName="again")
    create(aws, "again", versions=1)
    assert versions_of(aws, "again") == ["$LATEST", "5"]


def test_publishing_what_is_unchanged_gives_the_same_version(aws: Any) -> None:
    create(aws, "same", versions=1)
    assert aws.publish_version(FunctionName="same")["Version"] == "1"
    sha = aws.get_function_configuration(FunctionName="same")["CodeSha256"]
    assert aws.publish_version(FunctionName="same", CodeSha256=sha)["Version"] == "1"


def test_the_code_of_each_version_stays_what_was_published(running: tuple[RunningEmulator, Any]) -> None:
    _, aws = running
    create(aws, "kept", source="def handler(event, context): return 'first'")
    aws.publish_version(FunctionName="kept")
    aws.update_function_code(FunctionName="kept", ZipFile=zipped("def handler(event, context): return 'second'"))
    replies = [aws.invoke(FunctionName="kept", Qualifier=qualifier)["Payload"].read() for qualifier in ("1", "$LATEST")]
    assert replies == [b'"first"', b'"second"']
    shown = aws.get_function(FunctionName="kept", Qualifier="1")
    assert shown["Configuration"]["FunctionArn"].endswith(":function:kept:1")
    assert "version=1" in shown["Code"]["Location"]


def test_listing_all_versions_shows_each_of_every_function_without_state(shared: Any) -> None:
    pages = shared.get_paginator("list_functions").paginate(FunctionVersion="ALL", PaginationConfig={"PageSize": 7})
    listed = [entry for page in pages for entry in page["Functions"]]
    ours = [entry for entry in listed if entry["FunctionName"] == "shared"]
    assert [entry["Version"] for entry in ours] == ["$LATEST", "1", "2", "3", "4", "5"]
    assert [entry["FunctionArn"] for entry in ours[:2]] == [f"{ARN}:$LATEST", f"{ARN}:1"]
    assert not any("State" in entry or "LastUpdateStatus" in entry for entry in listed)


def test_listing_functions_shows_latest_only_and_no_qualifier(shared: Any) -> None:
    listed = shared.list_functions()["Functions"]
    assert [entry["FunctionArn"] for entry in listed if entry["FunctionName"] == "shared"] == [ARN]
    assert {entry["Version"] for entry in listed} == {"$LATEST"}


@pytest.fixture(scope="module")
def crowded(running: tuple[RunningEmulator, Any]) -> Any:
    """A function with 57 versions and 53 aliases."""
    aws = running[1]
    create(aws, "crowded", versions=57)
    for number in range(1, 54):
        aws.create_alias(FunctionName="crowded", Name=f"alias-{number:02}", FunctionVersion=str(number))
    return aws


LISTINGS = [
    ("list_versions_by_function", "Versions", {}, [50, 8]),
    ("list_versions_by_function", "Versions", {"MaxItems": 10_000}, [50, 8]),
    ("list_versions_by_function", "Versions", {"MaxItems": 30}, [30, 28]),
    ("list_aliases", "Aliases", {"MaxItems": 1_000}, [50, 3]),
    ("list_aliases", "Aliases", {"MaxItems": 20}, [20, 20, 13]),
]


@pytest.mark.parametrize(("operation", "member", "arguments", "sizes"), LISTINGS)
def test_a_listing_has_fifty_items_a_page_at_most(
    crowded: Any, operation: str, member: str, arguments: dict[str, Any], sizes: list[int]
) -> None:
    found, marker = [], {}
    while True:
        page = getattr(crowded, operation)(FunctionName="crowded", **arguments, **marker)
        found.append([entry.get("Name", entry.get("Version")) for entry in page[member]])
        if "NextMarker" not in page:
            break
        marker = {"Marker": page["NextMarker"]}
    assert [len(page) for page in found] == sizes
    flat = [item for page in found for item in page]
    assert len(set(flat)) == len(flat)


def test_versions_are_listed_by_number_and_a_deletion_between_pages_skips_none(aws: Any) -> None:
    create(aws, "numbers", versions=12)
    first = aws.list_versions_by_function(FunctionName="numbers", MaxItems=4)
    aws.delete_function(FunctionName="numbers", Qualifier="3")
    rest = aws.list_versions_by_function(FunctionName="numbers", Marker=first["NextMarker"])
    assert [entry["Version"] for entry in first["Versions"]] == ["$LATEST", "1", "2", "3"]
    assert [entry["Version"] for entry in rest["Versions"]] == ["4", "5", "6", "7", "8", "9", "10", "11", "12"]


def test_aliases_can_be_asked_for_by_version_also_by_a_share_of_it(shared: Any) -> None:
    def names(version: str) -> list[str]:
        listed = shared.list_aliases(FunctionName="shared", FunctionVersion=version)["Aliases"]
        return [alias["Name"] for alias in listed]

    assert [names(version) for version in ("2", "3", "4", "5")] == [["canary"], ["live"], ["canary"], []]


def test_event_source_mappings_come_a_hundred_a_page_at_most(aws: Any) -> None:
    create(aws, "mapped")
    queue = "arn:aws:sqs:eu-west-1:123456789012:jobs-"
    for number in range(103):
        aws.create_event_source_mapping(FunctionName="mapped", EventSourceArn=f"{queue}{number}", Enabled=False)
    first = aws.list_event_source_mappings(MaxItems=10_000)
    rest = aws.list_event_source_mappings(MaxItems=10_000, Marker=first["NextMarker"])
    assert [len(page["EventSourceMappings"]) for page in (first, rest)] == [100, 3]


def test_a_policy_belongs_to_the_qualifier_that_it_was_given_to(aws: Any) -> None:
    create(aws, "policied", versions=2)
    aws.create_alias(FunctionName="policied", Name="live", FunctionVersion="2")
    for number, qualifier in enumerate([{}, {"Qualifier": "1"}, {"Qualifier": "live"}]):
        aws.add_permission(
            FunctionName="policied",
            StatementId=f"statement-{number}",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            **qualifier,
        )
    for number, qualifier in enumerate([{}, {"Qualifier": "1"}, {"Qualifier": "live"}]):
        policy = aws.get_policy(FunctionName="policied", **qualifier)["Policy"]
        assert [f"statement-{other}" in policy for other in range(3)] == [other == number for other in range(3)]
    assert refusal(aws.get_policy, FunctionName="policied", Qualifier="2")[:2] == (404, "ResourceNotFoundException")


def test_provisioned_concurrency_is_listed_with_qualified_arns(aws: Any) -> None:
    create(aws, "provisioned", versions=2)
    aws.put_provisioned_concurrency_config(FunctionName="provisioned", Qualifier="1", ProvisionedConcurrentExecutions=2)
    listed = aws.list_provisioned_concurrency_configs(FunctionName="provisioned")["ProvisionedConcurrencyConfigs"]
    assert [(entry["FunctionArn"].rsplit(":", 2)[1:], entry["Status"]) for entry in listed] == [
        (["provisioned", "1"], "READY")
    ]
    aws.delete_function(FunctionName="provisioned", Qualifier="1")
    assert not aws.list_provisioned_concurrency_configs(FunctionName="provisioned")["ProvisionedConcurrencyConfigs"]


def test_a_reservation_lowers_the_unreserved_rest_and_a_hundred_must_stay() -> None:
    options = Options()
    with controlled(options) as (_, aws):
        create(aws, "first")
        create(aws, "second", versions=1)
        aws.put_function_concurrency(FunctionName="first", ReservedConcurrentExecutions=500)
        assert aws.get_function_concurrency(FunctionName="first")["ReservedConcurrentExecutions"] == 500
        assert refusal(aws.put_function_concurrency, FunctionName="second", ReservedConcurrentExecutions=401)[0] == 400
        aws.put_function_concurrency(FunctionName="second", ReservedConcurrentExecutions=400)
        settings = aws.get_account_settings()
        assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
        assert settings["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
        sizes = [entry["CodeSize"] for entry in aws.list_functions(FunctionVersion="ALL")["Functions"]]
        assert len(sizes) == 3
        assert settings["AccountUsage"] == {"FunctionCount": 2, "TotalCodeSize": sum(sizes)}
        aws.delete_function_concurrency(FunctionName="first")
        assert "ReservedConcurrentExecutions" not in aws.get_function_concurrency(FunctionName="first")
        assert aws.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 600


def test_a_function_with_its_concurrency_at_zero_is_throttled(aws: Any) -> None:
    create(aws, "stopped")
    aws.put_function_concurrency(FunctionName="stopped", ReservedConcurrentExecutions=0)
    status, code, _ = refusal(aws.invoke, FunctionName="stopped")
    assert (status, code) == (429, "TooManyRequestsException")


def test_creating_a_function_twice_is_a_conflict(shared: Any) -> None:
    found = refusal(
        shared.create_function,
        FunctionName="shared",
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": zipped("")},
    )
    assert found[:2] == (409, "ResourceConflictException")


REACHING = """
import boto3

def handler(event, context):
    names = [each["FunctionName"] for each in boto3.client("lambda").list_functions()["Functions"]]
    queue = boto3.client("sqs").create_queue(QueueName="from-within")["QueueUrl"]
    return {"sees itself": context.function_name in names, "queue": queue}
"""


def test_a_function_reaches_both_planes_with_the_sdk_as_it_is(running: tuple[RunningEmulator, Any]) -> None:
    emulator, aws = running
    create(aws, "reaching", source=REACHING)
    aws.update_function_configuration(FunctionName="reaching", Timeout=60)
    reply = json.loads(aws.invoke(FunctionName="reaching")["Payload"].read())
    assert reply == {"sees itself": True, "queue": f"{emulator.endpoint_url}/123456789012/from-within"}


@pytest.mark.parametrize(
    ("region", "key", "said"),
    [("us-east-1", "test", "plays eu-west-1"), ("eu-west-1", "000000000000", "plays account 123456789012")],
)
def test_another_region_or_account_is_told_where_it_is(
    running: tuple[RunningEmulator, Any], region: str, key: str, said: str
) -> None:
    elsewhere = boto3.client(
        "lambda",
        endpoint_url=running[0].endpoint_url_lambda,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key="test",
    )
    status, _, message = refusal(elsewhere.list_functions)
    elsewhere.close()
    assert status == 400
    assert said in message
