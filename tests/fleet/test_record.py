"""The janitor's memory in DynamoDB: what goes in comes out, and a table that does not answer says so."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.aws.rate import TimeBox
from fleet.aws.record import DynamoRecord
from fleet.ports import (
    AliasHistory,
    Baseline,
    FleetError,
    FunctionMemory,
    OutOfTime,
    Quarantine,
    RecordMoved,
    Refused,
)
from tests.janitor.builders import a_memory, v

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


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
    record.remember("shop", a_memory(marked=[2], at=NOW), before=record.recall("shop"))
    assert record.recall("shop") == a_memory(marked=[2], at=NOW)


def test_a_mark_made_anew_replaces_the_old_one(record):
    before = a_memory(marked=[1], at=NOW - timedelta(days=9))
    record.remember("shop", before, before=FunctionMemory())
    record.remember("shop", a_memory(marked=[1], at=NOW), before=record.recall("shop"))
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


def test_what_aliases_pointed_to_and_what_is_left_alone_come_back_as_they_went_in(record):
    memory = FunctionMemory(
        history=(
            AliasHistory(alias="live", versions=((v(12), NOW), (v(9), NOW - timedelta(days=3)))),
            AliasHistory(alias="next", versions=()),
        ),
        quarantine=(
            Quarantine(until=NOW + timedelta(days=1), reason="InvalidParameterValueException: no", edge=True),
            Quarantine(until=NOW, reason="odd", version=v(7)),
        ),
    )
    record.remember("shop", memory, before=FunctionMemory())
    assert record.recall("shop") == memory


def test_of_two_runs_that_read_the_same_only_the_first_writes_and_the_other_learns_of_it(record):
    seen = record.recall("shop")
    record.remember("shop", a_memory(marked=[1], at=NOW), before=seen)
    with pytest.raises(RecordMoved, match="shop"):
        record.remember("shop", a_memory(marked=[1, 2], at=NOW - timedelta(days=1)), before=seen)
    assert record.recall("shop") == a_memory(marked=[1], at=NOW)


def test_more_marks_than_one_transaction_takes_are_all_written_and_forgotten(record):
    memory = a_memory(marked=range(1, 251), at=NOW, live=[300])
    record.remember("shop", memory, before=FunctionMemory())
    assert record.recall("shop") == memory
    record.remember("shop", a_memory(live=[301]), before=record.recall("shop"))
    assert record.recall("shop") == a_memory(live=[301])


def test_a_run_that_ends_between_two_transactions_leaves_the_history_as_it_was(record, monkeypatch):
    before = a_memory(live=[300])
    record.remember("shop", before, before=FunctionMemory())
    sent = []

    def once(writes):
        sent.append(writes)
        if len(sent) == 2:
            raise OutOfTime("no time")
        return together(writes)

    together = record._table.together
    monkeypatch.setattr(record._table, "together", once)
    with pytest.raises(OutOfTime):
        record.remember("shop", a_memory(marked=range(1, 150), at=NOW, live=[301]), before=record.recall("shop"))
    assert record.recall("shop").live == {v(300)}
    assert len(record.recall("shop").marks) == 99


def test_an_item_of_another_schema_is_refused(record, table):
    record.remember("shop", a_memory(marked=[1], at=NOW), before=FunctionMemory())
    table.update_item(
        TableName="state",
        Key={"pk": {"S": "function#shop"}, "sk": {"S": "history"}},
        UpdateExpression="SET #s = :two",
        ExpressionAttributeNames={"#s": "schema"},
        ExpressionAttributeValues={":two": {"N": "2"}},
    )
    with pytest.raises(Refused, match="schema 2, this release reads 1"):
        record.recall("shop")


def test_every_item_says_its_schema(record, table):
    record.remember("shop", a_memory(marked=[1], at=NOW), before=FunctionMemory())
    record.save_cursor("shop")
    record.save_baseline(Baseline(size=3))
    assert {item["schema"]["N"] for item in table.scan(TableName="state")["Items"]} == {"1"}


def test_the_baseline_comes_back(record):
    assert record.baseline() is None
    record.save_baseline(Baseline(size=3, tripped_at=NOW))
    assert record.baseline() == Baseline(size=3, tripped_at=NOW)
    record.save_baseline(Baseline(size=40))
    assert record.baseline() == Baseline(size=40)
