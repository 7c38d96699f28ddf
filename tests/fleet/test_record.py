"""The janitor's memory in DynamoDB: what goes in comes out, and a table that does not answer says so."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from fleet.aws.rate import TimeBox
from fleet.aws.record import DynamoRecord
from fleet.ports import FleetError, FunctionMemory, OutOfTime, Refused
from tests.janitor.builders import a_memory, v

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def table(monkeypatch):
    for name, value in {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        client.create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.fixture
def record(table):
    return DynamoRecord.connect("state", TimeBox())


def test_a_function_never_seen_has_an_empty_memory(record):
    assert record.recall("shop") == FunctionMemory()


def test_marks_and_history_come_back_as_they_went_in(record):
    memory = a_memory(marked=range(1, 121), at=NOW, live=[9, 10, 128], superseded={3: NOW - timedelta(days=1)})
    record.remember("shop", memory, before=FunctionMemory())
    assert record.recall("shop") == memory
    assert record.recall("shop-2") == FunctionMemory()


def test_marks_that_are_no_more_are_forgotten(record):
    before = a_memory(marked=[1, 2, 3], at=NOW)
    record.remember("shop", before, before=FunctionMemory())
    record.remember("shop", a_memory(marked=[2], at=NOW), before=before)
    assert record.recall("shop") == a_memory(marked=[2], at=NOW)


def test_a_mark_made_anew_replaces_the_old_one(record):
    before = a_memory(marked=[1], at=NOW - timedelta(days=9))
    record.remember("shop", before, before=FunctionMemory())
    record.remember("shop", a_memory(marked=[1], at=NOW), before=before)
    assert record.recall("shop") == a_memory(marked=[1], at=NOW)


def test_a_mark_expires_and_the_history_does_not(record, table):
    record.remember("shop", a_memory(marked=[1], at=NOW, live=[2]), before=FunctionMemory())
    items = {item["sk"]["S"]: item for item in table.scan(TableName="state")["Items"]}
    assert items["mark#000000000001"]["expires_at"] == {"N": str(int(NOW.timestamp()) + 180 * 86400)}
    assert "expires_at" not in items["history"]


def test_the_cursor_comes_back(record):
    assert record.cursor() is None
    record.save_cursor("shop")
    assert record.cursor() == "shop"


def test_an_item_that_cannot_be_understood_is_refused_not_skipped(record, table):
    table.put_item(TableName="state", Item={"pk": {"S": "function#shop"}, "sk": {"S": "mark#x"}})
    with pytest.raises(Refused, match="function#shop"):
        record.recall("shop")


def test_a_table_that_is_not_there_says_so(table):
    with pytest.raises(FleetError, match="dynamodb:Query"):
        DynamoRecord.connect("other", TimeBox()).recall("shop")


def test_no_call_is_made_without_time_for_it(table):
    with pytest.raises(OutOfTime):
        DynamoRecord.connect("state", TimeBox(iter([60.0, 0.1]).__next__)).recall("shop")


def test_unrelated_items_of_the_function_are_left_alone(record, table):
    table.put_item(TableName="state", Item={"pk": {"S": "function#shop"}, "sk": {"S": "deleted#000000000001"}})
    record.remember("shop", a_memory(live=[7]), before=FunctionMemory())
    assert record.recall("shop").live == {v(7)}
