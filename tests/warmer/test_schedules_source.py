"""The warmer with compiled schedules, and with schedules in S3 that is there, breaks off, or holds a bad document."""

import json
import tempfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

import warmer.handler
import warmer.settings
from profiles.compiled import compile_schedules, digest_of
from profiles.reader import read_folder
from tests.warmer.lambda_machine import tick, write_schedule
from tests.warmer.raw_server import http_reply, serving

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_schedule(tmp_path / "schedules", baseline=0)
    write_schedule(tmp_path / "schedules", baseline=0, service="cart", function="cart")
    return tmp_path / "schedules"


@pytest.fixture
def store(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A bucket that holds those files below `prod/`, and an SDK that is pointed at it."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    warmer.handler._library.cache_clear()
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="plans")
        for path in written.iterdir():
            client.put_object(Bucket="plans", Key=f"prod/{path.name}", Body=path.read_bytes())
        yield client
    warmer.handler._library.cache_clear()


def at(monkeypatch: pytest.MonkeyPatch, location: object) -> dict[str, Any]:
    return tick(monkeypatch, NOWHERE, location)  # type: ignore[arg-type]


def test_a_compiled_file_serves_as_its_folder_does(
    monkeypatch: pytest.MonkeyPatch, written: Path, tmp_path: Path
) -> None:
    compiled = tmp_path / "compiled.json"
    compiled.write_bytes(compile_schedules(read_folder(written)))
    plain, report = at(monkeypatch, written), at(monkeypatch, compiled)
    assert report["targets"] == plain["targets"]
    assert (plain["schedules_source"]["from"], report["schedules_source"]["from"]) == ("folder", "file")
    assert report["ok"]


def test_the_report_tells_which_compiled_schedules_it_served_wherever_they_were(
    monkeypatch: pytest.MonkeyPatch, written: Path, store: Any, tmp_path: Path
) -> None:
    compiled = tmp_path / "compiled.json"
    compiled.write_bytes(compile_schedules(read_folder(written), revision="3f2a91c"))
    store.put_object(Bucket="plans", Key="all/compiled.json", Body=compiled.read_bytes())
    for place in (compiled, "s3://plans/all"):
        source = at(monkeypatch, place)["schedules_source"]
        assert (source["hash"], source["revision"]) == (digest_of(read_folder(written)), "3f2a91c")
    store.put_object(Bucket="plans", Key="all/compiled.json", Body=b"{")
    assert at(monkeypatch, "s3://plans/all")["schedules_source"]["hash"] == digest_of(read_folder(written))
    assert at(monkeypatch, written)["schedules_source"]["hash"] is None


def test_a_compiled_file_of_another_format_is_refused_in_clear_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "c.json").write_text('{"format": 2, "schedules": {}}')
    report = at(monkeypatch, tmp_path / "c.json")
    assert (report["ok"], report["outcome"]) == (False, "refused")
    assert "has format 2" in report["reason"]


def test_a_place_that_is_no_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    report = at(monkeypatch, "s3://")
    assert (report["ok"], report["targets"]) == (False, [])
    assert report["reason"] == 'CARETAKER_SCHEDULES is "s3://": it is not of the form s3://bucket/prefix'


def test_schedules_in_s3_are_served_live(monkeypatch: pytest.MonkeyPatch, store: Any) -> None:
    report = at(monkeypatch, "s3://plans/prod")
    assert sorted(target["service"] for target in report["targets"]) == ["cart", "shop"]
    assert report["schedules_source"] == {
        "from": "live",
        "location": "s3://plans/prod/",
        "age_s": 0,
        "rejected": [],
        "problem": None,
        "hash": None,
        "revision": None,
    }
    assert report["ok"]


def test_a_bad_document_is_reported_and_its_service_served_from_the_last_good_one(
    monkeypatch: pytest.MonkeyPatch, store: Any
) -> None:
    at(monkeypatch, "s3://plans/prod")
    store.put_object(Bucket="plans", Key="prod/shop.yaml", Body=b"version: 1\nservice: [")
    report = at(monkeypatch, "s3://plans/prod")
    assert sorted(target["service"] for target in report["targets"]) == ["cart", "shop"]
    assert report["schedules_source"]["rejected"] == ["shop.yaml"]
    assert [mistake["file"] for mistake in report["schedules"]] == ["shop.yaml"]
    assert not report["ok"]
    assert "2 targets, 1 errors in 1 schedule files, not taken from s3://plans/prod/: shop.yaml; " in report["reason"]


def test_out_of_reach_the_last_good_ones_are_served_and_counted(
    monkeypatch: pytest.MonkeyPatch, store: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    at(monkeypatch, "s3://plans/prod")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", NOWHERE)
    capsys.readouterr()
    report = at(monkeypatch, "s3://plans/prod")
    assert len(report["targets"]) == 2
    assert report["schedules_source"]["from"] == "memory"
    assert "s3:ListBucket: the endpoint does not answer" in report["reason"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (counts,) = [line for line in lines if "ConfigSourceMemory" in line]
    assert (counts["ConfigSourceMemory"], counts["ConfigSourceLive"]) == ([1.0], [0.0])
    warmer.handler._library.cache_clear()
    assert at(monkeypatch, "s3://plans/prod")["schedules_source"]["from"] == "tmp"


@pytest.fixture
def bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Older schedules that came with the code."""
    monkeypatch.setattr(warmer.settings, "_ROOT", tmp_path / "code")
    (tmp_path / "code").mkdir()
    write_schedule(tmp_path / "code" / "schedules", baseline=0, service="old", function="old")


def new_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """Nothing in memory and nothing in /tmp."""
    (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / name))
    warmer.handler._library.cache_clear()


def empty(store: Any) -> None:
    for key in [item["Key"] for item in store.list_objects_v2(Bucket="plans").get("Contents", [])]:
        store.delete_object(Bucket="plans", Key=key)


def poison(store: Any) -> None:
    store.put_object(Bucket="plans", Key="prod/compiled.json", Body=b'{"format": 99, "schedules": {}}')


def poison_yaml(store: Any) -> None:
    for name in ("shop", "cart"):
        store.put_object(Bucket="plans", Key=f"prod/{name}.yaml", Body=b"version: 1\nservice: [")


def gone(store: Any) -> None:
    empty(store)
    store.delete_bucket(Bucket="plans")


TROUBLES = {
    "emptied": (empty, "holds neither compiled.json nor YAML files; fill it with caretaker push"),
    "poisoned": (poison, "has format 99"),
    "poisoned YAML": (poison_yaml, "not taken from s3://plans/prod/: cart.yaml, shop.yaml"),
    "gone": (gone, "s3:ListBucket was refused (NoSuchBucket)"),
    "denied": (lambda _: None, "s3:ListBucket"),
}
DENIED = b"<Error><Code>AccessDenied</Code><Message>not authorized to perform</Message></Error>"


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.usefixtures("bundle")
def test_a_place_whose_schedules_are_not_served_is_counted_and_told_of_in_new_environments_too_until_it_is_mended(
    monkeypatch: pytest.MonkeyPatch, store: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], trouble: str
) -> None:
    harm, words = TROUBLES[trouble]

    def ticked() -> tuple[dict[str, Any], float]:
        capsys.readouterr()
        report = at(monkeypatch, "s3://plans/prod")
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        (counts,) = [line for line in lines if "ConfigRejected" in line]
        return report, counts["ConfigRejected"][0]

    def not_taken() -> None:
        report, rejected = ticked()
        assert rejected >= 1
        assert [problem for problem in report["problems"] if words in problem] != []
        assert words in report["reason"]

    assert ticked()[1] == 0
    harm(store)
    with serving(lambda connection, _: connection.sendall(http_reply(DENIED, status="403 Forbidden"))) as refusing:
        if trouble == "denied":
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", refusing.endpoint)
        not_taken()
        new_environment(monkeypatch, tmp_path, "second")
        not_taken()
        not_taken()
        monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    if trouble == "gone":
        store.create_bucket(Bucket="plans")
    empty(store)
    good = compile_schedules(read_folder(tmp_path / "schedules"))
    store.put_object(Bucket="plans", Key="prod/compiled.json", Body=good)
    report, rejected = ticked()
    assert (report["ok"], rejected, report["problems"], report["schedules_source"]["from"]) == (True, 0, [], "live")


@pytest.mark.usefixtures("bundle")
def test_a_poisoned_compiled_document_is_a_place_not_taken_and_no_mistake_in_any_environment(
    monkeypatch: pytest.MonkeyPatch, store: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.put_object(
        Bucket="plans", Key="prod/compiled.json", Body=compile_schedules(read_folder(tmp_path / "schedules"))
    )
    at(monkeypatch, "s3://plans/prod")
    poison(store)
    capsys.readouterr()
    before = at(monkeypatch, "s3://plans/prod")
    new_environment(monkeypatch, tmp_path, "second")
    after = at(monkeypatch, "s3://plans/prod")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counts = [(line["ScheduleErrors"], line["ConfigRejected"]) for line in lines if "ConfigRejected" in line]
    assert counts == [([0.0], [1.0])] * 2
    for report, instead in ((before, "from memory, "), (after, "from bundled, ")):
        assert (report["ok"], report["schedules"]) == (True, [])
        assert report["schedules_source"]["rejected"] == ["compiled.json"]
        (problem,) = report["problems"]
        assert problem.startswith(f"schedules {instead}")
        assert "s3://plans/prod/compiled.json: has format 99" in problem
        assert "push it again" in problem
        assert report["reason"].endswith(problem)
        assert "left out" not in report["reason"]
