"""AWS as the adapters' tests meet it: moto's for what the SDK asks of tables and buckets, a fake Lambda behind HTTP."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from fleet.aws.rate import Pace, TimeBox
from fleet.aws.versions import LambdaVersions
from tests.fleet import state_table
from tests.janitor.fake_lambda import FakeLambda, serving


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region and keys for the SDK."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-west-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


@pytest.fixture
def aws(sdk: None) -> Iterator[None]:
    """An account with nothing in it."""
    with mock_aws():
        yield


@pytest.fixture
def table(aws: None) -> Any:
    """The state table, empty, by a client of DynamoDB."""
    return state_table.made(boto3.client("dynamodb"))


@pytest.fixture
def lambda_(sdk: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLambda]:
    """A Lambda that the SDK asks, of which no whole function was deleted in the end."""
    fake = FakeLambda()
    with serving(fake) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        yield fake
    assert fake.whole_function_deletes == []


@pytest.fixture
def port(lambda_: FakeLambda) -> LambdaVersions:
    """The adapter that lists and deletes versions, in no hurry."""
    return LambdaVersions.connect(Pace(1000.0, TimeBox()), timeout_s=5.0)
