"""The S3 door to documents: names, tags, conditional reads, and failures in words."""

import boto3
import pytest

from fleet.aws.documents import S3Documents
from fleet.ports import FleetError, Refused, StoredDocument, Unreachable


@pytest.fixture
def bucket(aws):
    client = boto3.client("s3")
    client.create_bucket(Bucket="plans", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


@pytest.fixture
def documents(bucket) -> S3Documents:
    for key, text in {
        "prod/shop.yaml": "a: 1",
        "prod/users.yaml": "b: 2",
        "prod/old/x.yaml": "c: 3",
        "stage/x.yaml": "",
    }.items():
        bucket.put_object(Bucket="plans", Key=key, Body=text.encode())
    return S3Documents("plans", "prod/")


def read(documents: S3Documents, name: str, etag: str | None = None) -> StoredDocument | FleetError | None:
    return documents.fetch({name: etag}, most_bytes=100)[name]


def test_the_listing_has_what_lies_right_below_the_prefix(documents: S3Documents) -> None:
    assert sorted(documents.listing()) == ["shop.yaml", "users.yaml"]


def test_the_listing_follows_every_page(bucket, documents: S3Documents) -> None:
    for number in range(1005):
        bucket.put_object(Bucket="plans", Key=f"prod/{number:04d}.yaml", Body=b"x")
    assert len(documents.listing()) == 1007


def test_a_document_comes_with_the_tag_of_the_listing(documents: S3Documents) -> None:
    found = read(documents, "shop.yaml")
    assert found == StoredDocument(etag=documents.listing()["shop.yaml"], data=b"a: 1")


def test_an_unchanged_document_is_not_sent_again(bucket, documents: S3Documents) -> None:
    etag = documents.listing()["shop.yaml"]
    assert read(documents, "shop.yaml", etag) is None
    bucket.put_object(Bucket="plans", Key="prod/shop.yaml", Body=b"a: 2")
    found = read(documents, "shop.yaml", etag)
    assert isinstance(found, StoredDocument)
    assert found.data == b"a: 2"


def test_a_long_document_is_cut_off(documents: S3Documents) -> None:
    found = documents.fetch({"shop.yaml": None}, most_bytes=2)["shop.yaml"]
    assert isinstance(found, StoredDocument)
    assert found.data == b"a:"


def test_one_missing_document_does_not_hide_the_others(documents: S3Documents) -> None:
    found = documents.fetch({"shop.yaml": None, "gone.yaml": None}, most_bytes=100)
    assert isinstance(found["shop.yaml"], StoredDocument)
    assert isinstance(found["gone.yaml"], Refused)
    assert "s3:GetObject was refused (NoSuchKey)" in str(found["gone.yaml"])


def test_a_bucket_that_is_not_there_says_so(bucket) -> None:
    with pytest.raises(Refused, match="s3:ListBucket was refused \\(NoSuchBucket\\)"):
        S3Documents("nowhere", "").listing()


def test_no_answer_is_unreachable_in_one_try(monkeypatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    documents = S3Documents("plans", "")
    with pytest.raises(Unreachable, match="s3:ListBucket: the endpoint does not answer"):
        documents.listing()
    assert isinstance(read(documents, "shop.yaml"), Unreachable)


def test_making_the_door_asks_for_no_client_and_no_credentials(monkeypatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "not a url")
    documents = S3Documents("plans", "")
    with pytest.raises(FleetError, match="s3:ListBucket"):
        documents.listing()
