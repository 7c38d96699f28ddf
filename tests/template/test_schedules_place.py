"""Where a stack reads its schedules, by its parameters."""

import re
from itertools import combinations
from typing import Any

import pytest

from profiles.location import location_of
from tests.template.reading import FUNCTIONS, Stack


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("parameters", "read"),
    [
        ({}, None),
        ({"SchedulesPath": "/opt/schedules"}, "/opt/schedules"),
        ({"SchedulesUri": "s3://plans/prod"}, "s3://plans/prod"),
        ({"SchedulesBucketCreate": "true"}, "s3://SchedulesBucket/schedules"),
    ],
)
def test_schedules_are_the_bundled_ones_unless_another_place_is_named(
    template: dict[str, Any], name: str, parameters: dict[str, str], read: str | None
) -> None:
    stack = Stack(template, **parameters)
    assert stack.function(name)["Environment"]["Variables"].get("CARETAKER_SCHEDULES") == read
    assert stack.answer(template["Outputs"]["SchedulesUri"]["Value"]) == (read or "bundled")


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("", True),
        ("/opt/schedules", False),
        ("s3://plans", True),
        ("s3://plans/prod/eu", True),
        ("s3://plans/prod/compiled.json", True),
        ("schedules", False),
        ("s3://plans/prod/", False),
        ("s3://Plans/prod", False),
        ("https://plans/prod", False),
    ],
)
def test_the_uri_is_a_place_in_a_bucket_or_nothing(template: dict[str, Any], value: str, taken: bool) -> None:
    pattern = template["Parameters"]["SchedulesUri"]["AllowedPattern"]
    assert (re.fullmatch(pattern, value) is not None) is taken
    if taken and value:
        location_of(value)


def test_a_bucket_of_the_stack_s_own_is_encrypted_versioned_closed_and_kept(template: dict[str, Any]) -> None:
    assert Stack(template).resources("AWS::S3::Bucket") == {}
    (bucket,) = Stack(template, SchedulesBucketCreate="true").resources("AWS::S3::Bucket").values()
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert template["Resources"]["SchedulesBucket"]["DeletionPolicy"] == "Retain"
    (policy,) = Stack(template, SchedulesBucketCreate="true").resources("AWS::S3::BucketPolicy").values()
    assert {statement["Effect"] for statement in policy["PolicyDocument"]["Statement"]} == {"Deny"}


def test_two_places_of_schedules_are_refused_before_anything_is_made(template: dict[str, Any]) -> None:
    asserted = [one["Assert"] for one in template["Rules"]["OnePlaceOfSchedules"]["Assertions"]]
    places = {"SchedulesUri": "s3://plans", "SchedulesBucketCreate": "true", "SchedulesPath": "/opt/schedules"}
    for one, other in combinations(places, 2):
        both = Stack(template, **{one: places[one], other: places[other]})
        assert not all(map(both.holds, asserted)), (one, other)
    for alone in ({}, *({name: value} for name, value in places.items())):
        assert all(map(Stack(template, **alone).holds, asserted))


@pytest.mark.parametrize(("value", "taken"), [("", True), ("/opt/schedules/compiled.json", True), ("schedules", False)])
def test_the_path_is_an_absolute_one_or_nothing(template: dict[str, Any], value: str, taken: bool) -> None:
    pattern = template["Parameters"]["SchedulesPath"]["AllowedPattern"]
    assert (re.fullmatch(pattern, value) is not None) is taken
