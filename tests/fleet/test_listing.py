"""Pages of ListFunctions around the SDK's parser: the same versions, or a refusal, whatever Lambda sends."""

import boto3
import pytest

from fleet.aws.clients import client
from fleet.aws.listing import read_as_sent
from fleet.aws.rate import Pace, TimeBox
from fleet.aws.versions import LambdaVersions
from fleet.ports import AccessDenied, FleetError, Refused

ONE = {
    "FunctionName": "shop",
    "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:shop:7",
    "Version": "7",
    "CodeSha256": "sha-7",
    "CodeSize": 1007,
    "LastModified": "2026-06-01T09:00:00.000+0000",
    "Description": "the seventh",
    "Runtime": "python3.13",
    "MemorySize": 512,
    "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"},
    "VpcConfig": {"SubnetIds": ["subnet-b", "subnet-a"], "SecurityGroupIds": ["sg-c"], "VpcId": "vpc-d"},
    "Layers": [{"Arn": "arn:aws:lambda:eu-west-1:123456789012:layer:tools:3", "CodeSize": 5}],
    "Environment": {"Variables": {"A": "b"}},
    "AFieldOfTomorrow": {"x": [1]},
}
BARE = {"FunctionName": "bare", "Version": "1", "Layers": None, "VpcConfig": None, "SnapStart": None, "CodeSize": None}
LATEST = {**ONE, "FunctionName": "new", "Version": "$LATEST"}


def answers(monkeypatch, lambda_, *replies):
    left = list(replies)
    monkeypatch.setattr(lambda_, "answer", lambda method, target: left.pop(0))


def test_what_is_listed_is_what_the_sdk_alone_lists(monkeypatch, lambda_, port):
    pages = [(200, {"Functions": [ONE, BARE], "NextMarker": "2"}), (200, {"Functions": [LATEST], "NextMarker": ""})]
    answers(monkeypatch, lambda_, *pages, *pages)
    alone = LambdaVersions(boto3.client("lambda", region_name="eu-west-1"), Pace(1000.0, TimeBox()))
    listed = port.listing()
    assert listed == alone.listing()
    assert {version.function for version in listed.versions} == {"shop", "bare"}


def test_a_field_that_the_sdk_does_not_know_shows_that_its_parser_was_gone_around(monkeypatch, lambda_):
    answers(monkeypatch, lambda_, (200, {"Functions": [ONE], "NextMarker": "7"}))
    sdk = client("lambda", purpose="test")
    read_as_sent(sdk)
    read_as_sent(sdk)
    page = sdk.list_functions()
    assert page["Functions"] == [ONE]
    assert (page["NextMarker"], page["ResponseMetadata"]["HTTPStatusCode"]) == ("7", 200)


@pytest.mark.parametrize(
    "page",
    [
        {},
        [],
        {"Functions": None},
        {"Functions": {}},
        {"Functions": "shop"},
        {"Functions": ["shop"]},
        {"Functions": [None]},
        {"Functions": [{}]},
        {"Functions": [{**ONE, "FunctionName": None}]},
        {"Functions": [{**ONE, "FunctionName": ["shop"]}]},
        {"Functions": [{**ONE, "CodeSize": "large"}]},
        {"Functions": [{**ONE, "SnapStart": "On"}]},
        {"Functions": [{**ONE, "VpcConfig": {"SubnetIds": 7}}]},
        {"Functions": [{**ONE, "Layers": [{}]}]},
        {"Functions": [{**ONE, "Layers": ["tools"]}]},
    ],
)
def test_a_page_that_cannot_be_understood_is_refused_not_empty(monkeypatch, lambda_, port, page):
    answers(monkeypatch, lambda_, *[(200, page)] * 9)
    with pytest.raises(FleetError, match="ListFunctions"):
        port.listing()


def test_a_page_that_cannot_be_understood_ends_the_listing_after_good_ones(monkeypatch, lambda_, port):
    answers(monkeypatch, lambda_, (200, {"Functions": [ONE], "NextMarker": "2"}), (200, {"Functions": [{}]}))
    with pytest.raises(Refused, match="ListFunctions"):
        port.listing()


def test_a_refusal_with_a_list_of_functions_in_it_is_still_a_refusal(monkeypatch, lambda_, port):
    answers(monkeypatch, lambda_, (403, {"__type": "AccessDeniedException", "Functions": [ONE]}))
    with pytest.raises(AccessDenied):
        port.listing()


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff", b'"Functions"', b"[" * 100_000])
def test_what_is_no_page_is_left_to_the_sdk(lambda_, body):
    sdk = client("lambda", purpose="test")
    read_as_sent(sdk)
    response, overlaid = {"status_code": 200, "body": body}, {}
    sdk.meta.events.emit("before-parse.lambda.ListFunctions", response_dict=response, customized_response_dict=overlaid)
    assert (response["body"], overlaid) == (body, {})
