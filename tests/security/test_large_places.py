"""A place in S3 that holds too much is given up before it costs memory or time; what was good goes on."""

from pathlib import Path
from typing import Any

import pytest

from fleet.aws import documents
from fleet.ports import Refused
from profiles.bounds import MOST_BYTES, MOST_DOCUMENTS
from tests.profiles.shelf import Reader, Shelf
from tests.security.test_poisoned_object import COMPILED, GOOD


def test_thousands_of_files_are_not_read(tmp_path: Path) -> None:
    shelf = Shelf(shop=GOOD)
    reader = Reader(shelf, tmp_path)
    good = reader.tick()
    fetched = len(shelf.fetched)
    for number in range(MOST_DOCUMENTS):
        shelf.put(f"service-{number}.yaml", b"version: 1\n")

    bad = reader.tick()

    assert bad.schedules.services == good.schedules.services
    assert "holds 5,001 YAML files, 5,000 at most" in (bad.problem or "")
    assert len(shelf.fetched) == fetched


def test_files_that_are_too_large_together_are_not_parsed(tmp_path: Path) -> None:
    shelf = Shelf(shop=GOOD)
    reader = Reader(shelf, tmp_path)
    good = reader.tick()
    for number in range(9):
        shelf.put(f"service-{number}.yaml", b"a: [" + b"1," * 500_000 + b"1]")

    bad = reader.tick()

    assert bad.schedules.services == good.schedules.services
    assert "8,388,608 at most" in (bad.problem or "")


class _Bucket:
    """An S3 client whose bucket has no end."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.asked = 0

    def list_objects_v2(self, **_: Any) -> dict[str, Any]:
        self.asked += 1
        found = [{"Key": f"prod/{self.asked}-{number}.yaml", "ETag": '"1"'} for number in range(1000)]
        return {"Contents": found, "IsTruncated": True, "NextContinuationToken": "more"}

    def get_object(self, **_: Any) -> dict[str, Any]:
        self.asked += 1
        return {"ETag": '"1"', "Body": self}

    def read(self, most: int) -> bytes:
        return self.document[:most]


def test_a_bucket_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = _Bucket(b"")
    monkeypatch.setattr(documents, "s3_client", lambda: bucket)

    with pytest.raises(Refused, match="over 20,000 objects below s3://plans/prod/"):
        documents.S3Documents("plans", "prod/").listing()
    assert bucket.asked == 20


def test_one_fetch_takes_no_more_memory_than_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = _Bucket(b"x" * 1_000_000)
    monkeypatch.setattr(documents, "s3_client", lambda: bucket)

    found = documents.S3Documents("plans", "prod/").fetch({f"{n}.yaml": None for n in range(500)}, most_bytes=2**20)

    refused = [one for one in found.values() if isinstance(one, Refused)]
    assert "over 67,108,864 bytes" in str(refused[0])
    assert len(found) - len(refused) == bucket.asked < 100


def test_an_object_is_never_read_beyond_its_bound(tmp_path: Path) -> None:
    asked: list[int] = []

    class Counting(Shelf):
        def fetch(self, known: Any, *, most_bytes: int) -> Any:
            asked.append(most_bytes)
            return super().fetch(known, most_bytes=most_bytes)

    yaml, compiled = Counting(shop=GOOD), Counting()
    compiled.put("compiled.json", COMPILED)
    Reader(yaml, tmp_path).tick()
    Reader(compiled, tmp_path, at="s3://shop/other").tick()

    assert asked == [2**20 + 1, MOST_BYTES + 1]
