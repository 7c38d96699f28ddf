"""What the two roles may read of the schedules in S3, by where those are."""

import re
from typing import Any

import pytest

from fleet.policy import decide, statements_of
from profiles.location import Store, location_of
from tests.template.reading import Stack, listed, may, read_template, statements

ROLES = ["WarmerRole", "JanitorRole"]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_read_schedules_in_s3_only_when_they_are_there(role: str) -> None:
    granted = statements(Stack(read_template()), role)
    assert not [action for statement in granted for action in listed(statement["Action"]) if action.startswith("s3:")]
    granted = statements(Stack(read_template(), SchedulesPath="/opt/schedules"), role)
    assert not [action for statement in granted for action in listed(statement["Action"]) if action.startswith("s3:")]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("key", "inside", "outside"),
    [
        ("prod", "plans/prod/shop.yaml", "plans/production/shop.yaml"),
        ("prod/eu", "plans/prod/eu/shop.yaml", "plans/prod/us/shop.yaml"),
        ("a/b.json", "plans/a/b.json", "plans/a/c.json"),
    ],
)
def test_a_role_may_read_one_prefix_of_one_bucket_and_write_nothing(
    role: str, key: str, inside: str, outside: str
) -> None:
    granted = statements(Stack(read_template(), SchedulesUri=f"s3://plans/{key}"), role)
    assert may(granted, "s3:GetObject", f"arn:aws:s3:::{inside}")
    assert not may(granted, "s3:GetObject", f"arn:aws:s3:::{outside}")
    assert not may(granted, "s3:PutObject", f"arn:aws:s3:::{inside}")


def may_list(granted: list[dict[str, Any]], bucket: str, prefix: str) -> bool:
    context = {"s3:prefix": (prefix,)}
    return decide(statements_of({"Statement": granted}), "s3:ListBucket", bucket, context).allowed


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "key", ["", "/prod", "/prod/eu", "/a.b/c_d/e-f/g/h", "/h.json", "/a/h.json", "/a/b/c/d/h.json"]
)
def test_a_role_may_list_what_the_functions_ask_for_and_no_other_prefix(role: str, key: str) -> None:
    template, uri = read_template(), f"s3://plans{key}"
    assert re.fullmatch(template["Parameters"]["SchedulesUri"]["AllowedPattern"], uri)
    granted = statements(Stack(template, SchedulesUri=uri), role)
    place = location_of(uri)
    assert isinstance(place, Store)
    # Below the key of one document there is nothing.
    listed_here = {place.prefix if place.name is None else f"{place.prefix}{place.name}/"}
    parts = [part for part in key.split("/") if part]
    others = {"", "prod", "production/", "other/", "/", ":/", "h.json"} | {
        "/".join(parts[:depth]) + "/" for depth in range(1, 1 + len(parts))
    }
    assert {prefix for prefix in others | listed_here if may_list(granted, "arn:aws:s3:::plans", prefix)} == listed_here
    assert not may_list(granted, "arn:aws:s3:::others", place.prefix)
    assert not may(granted, "s3:ListBucket", "arn:aws:s3:::plans")


@pytest.mark.parametrize("role", ROLES)
def test_of_a_bucket_of_the_stack_s_own_a_role_may_read_the_schedules_only(role: str) -> None:
    granted = statements(Stack(read_template(), SchedulesBucketCreate="true"), role)
    assert may_list(granted, "SchedulesBucket.Arn", "schedules/")
    assert not may_list(granted, "SchedulesBucket.Arn", "")
    assert may(granted, "s3:GetObject", "SchedulesBucket.Arn/schedules/compiled.json")
    assert not may(granted, "s3:GetObject", "SchedulesBucket.Arn/other/compiled.json")
    assert not may(granted, "s3:PutObject", "SchedulesBucket.Arn/schedules/compiled.json")
