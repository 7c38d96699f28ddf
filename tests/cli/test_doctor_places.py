"""Where the doctor finds the schedules that it judges by, with a bucket that holds some, none, or is not there."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

import warmer.handler
from cli.doctor.places import Found, found_schedules
from fleet.deployed import Unread
from profiles.model import ScheduleSet
from tests.warmer.lambda_machine import write_schedule

NOW = datetime(2026, 11, 24, 12, 1, tzinfo=UTC)


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket, and the folder `schedules` here with a service in it."""
    write_schedule(tmp_path / "schedules", baseline=0)
    (tmp_path / "scratch").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    warmer.handler._library.cache_clear()
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="plans")
        yield client
    warmer.handler._library.cache_clear()


def found(uri: str, named: str | None = None) -> Found:
    return found_schedules(named, {"SchedulesUri": uri}, NOW)


def services(one: Found) -> list[str]:
    assert isinstance(one.schedules, ScheduleSet)
    return [service.name for service in one.schedules.services]


@pytest.mark.parametrize("uri", ["s3://plans/prod", "s3://plans", "s3://plans/prod/compiled.json"])
def test_a_place_that_holds_none_yet_is_named_and_the_folder_here_read(bucket: Any, uri: str) -> None:
    bucket.put_object(Bucket="plans", Key="elsewhere/notes.txt", Body=b"")
    seen = found(uri)
    assert (seen.place, seen.empty, services(seen)) == ("schedules", uri, ["shop"])


def test_a_place_that_holds_some_is_read(bucket: Any, tmp_path: Path) -> None:
    write_schedule(tmp_path / "other", baseline=0, service="cart", function="cart")
    for path in (tmp_path / "other").iterdir():
        bucket.put_object(Bucket="plans", Key=f"prod/{path.name}", Body=path.read_bytes())
    seen = found("s3://plans/prod")
    assert (seen.place, seen.empty, services(seen)) == ("s3://plans/prod", "", ["cart"])


@pytest.mark.parametrize("uri", ["s3://nobodys/prod", "s3://plans/prod"])
def test_what_cannot_be_read_is_not_called_empty(bucket: Any, uri: str) -> None:
    bucket.put_object(Bucket="plans", Key="prod/compiled.json", Body=b"{")
    seen = found(uri)
    assert (seen.place, seen.empty, isinstance(seen.schedules, Unread)) == (uri, "", True)


def test_a_place_that_was_named_is_the_one_whatever_it_holds(bucket: Any) -> None:
    seen = found("bundled", named="s3://plans/prod")
    assert (seen.place, seen.empty, isinstance(seen.schedules, Unread)) == ("s3://plans/prod", "", True)


@pytest.mark.parametrize("uri", ["bundled", "", "/opt/schedules"])
def test_what_came_with_the_code_is_looked_for_here(bucket: Any, uri: str) -> None:
    assert (found(uri).place, services(found(uri))) == ("schedules", ["shop"])
