"""The janitor with schedules that are compiled or in S3: whatever cannot be read there keeps every version."""

import tempfile

import boto3
import pytest

from profiles.compiled import compile_schedules
from profiles.reader import read_text
from tests.janitor.reading import LONG_AGO, kept, two_runs

NAMES_VERSION_3 = """\
version: 1
service: shop
owner: team
timezone: UTC
profiles: {day: {baseline: 1}}
targets:
  - {function: shop, version: "3", profile: day}
"""


@pytest.fixture
def store(world, monkeypatch, tmp_path):
    """A bucket with a schedule that names version 3 of shop, and a janitor that reads it."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="plans")
    client.put_object(Bucket="plans", Key="prod/shop.yaml", Body=NAMES_VERSION_3.encode())
    world.set(schedules="s3://plans/prod")
    world.account.add("shop", range(1, 8), published=LONG_AGO)
    return client


def test_a_compiled_file_protects_the_version_it_names(world, tmp_path):
    (tmp_path / "c.json").write_bytes(compile_schedules(read_text(NAMES_VERSION_3)))
    world.set(schedules=str(tmp_path / "c.json"))
    world.account.add("shop", range(1, 8), published=LONG_AGO)
    assert two_runs(world)["ok"]
    assert world.account.numbers("shop") == [3, 6, 7]


def test_a_damaged_compiled_file_keeps_everything(world, tmp_path):
    (tmp_path / "c.json").write_bytes(compile_schedules(read_text(NAMES_VERSION_3))[:-9])
    world.set(schedules=str(tmp_path / "c.json"))
    world.account.add("shop", range(1, 8), published=LONG_AGO)
    report = two_runs(world)
    assert (report["ok"], world.account.deleted) == (False, [])
    assert "c.json: not JSON" in report["problems"][0]


def test_a_schedule_in_s3_protects_the_version_it_names(world, store):
    assert two_runs(world)["ok"]
    assert world.account.numbers("shop") == [3, 6, 7]


def test_out_of_reach_every_version_stays_though_the_last_good_schedules_are_known(world, store, monkeypatch):
    world.run()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    report = two_runs(world)
    assert (report["ok"], world.account.deleted) == (False, [])
    assert "s3:ListBucket: the endpoint does not answer" in report["problems"][0]
    assert set(kept(report).values()) == {"unverified", "newest", "schedule"}


def test_one_bad_document_in_s3_keeps_every_version_of_every_function(world, store):
    world.run()
    store.put_object(Bucket="plans", Key="prod/other.yaml", Body=b"version: 1\nservice: [")
    world.account.add("cart", range(1, 8), published=LONG_AGO)
    report = two_runs(world)
    assert (report["ok"], world.account.deleted) == (False, [])
    assert "other.yaml:3:" in report["problems"][0]


@pytest.mark.parametrize("known", [True, False], ids=["a last good one is known", "new"])
def test_a_damaged_compiled_document_in_s3_keeps_every_version_of_every_function(world, store, known):
    if known:
        store.put_object(Bucket="plans", Key="prod/compiled.json", Body=compile_schedules(read_text(NAMES_VERSION_3)))
        world.run()
    store.put_object(Bucket="plans", Key="prod/compiled.json", Body=b'{"format": 99, "schedules": {}}')
    world.account.add("cart", range(1, 8), published=LONG_AGO)
    report = two_runs(world)
    assert (report["ok"], world.account.deleted) == (False, [])
    assert "compiled.json: has format 99" in report["problems"][0]
