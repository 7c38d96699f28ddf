"""What was deleted, in DynamoDB: what goes in comes out, and nothing that was begun is lost."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.audit import Deletion, DeletionState
from fleet.aws.audit import DynamoAudit
from fleet.aws.rate import TimeBox
from fleet.ports import FleetError, Refused
from tests.janitor.builders import v

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def audit(table):
    return DynamoAudit.connect("state", TimeBox())


def a_deletion(number=3, *, function="shop", ended=False):
    return Deletion(
        function=function,
        version=v(number),
        code_sha256="c2hh+/=",
        code_size_bytes=1234,
        description="the one with the new basket",
        runtime="python3.13",
        reason="replaced 20 days ago",
        started_at=NOW,
        state=DeletionState.DELETED if ended else DeletionState.STARTED,
        ended_at=NOW + timedelta(seconds=1) if ended else None,
    )


def test_what_was_started_is_open_and_comes_back_whole(audit):
    audit.start(a_deletion())
    assert audit.open() == (a_deletion(),)
    assert list(audit.deletions()) == [a_deletion()]


def test_what_is_finished_is_open_no_more(audit):
    audit.start(a_deletion())
    audit.finish(a_deletion(ended=True))
    assert audit.open() == ()
    assert list(audit.deletions("shop")) == [a_deletion(ended=True)]


def test_what_is_dropped_leaves_nothing(audit):
    audit.start(a_deletion())
    audit.drop(a_deletion())
    assert list(audit.deletions()) == []


def test_doing_each_step_twice_changes_nothing(audit):
    for _ in range(2):
        audit.start(a_deletion())
    for _ in range(2):
        audit.finish(a_deletion(ended=True))
    assert list(audit.deletions()) == [a_deletion(ended=True)]


def test_the_deletions_of_one_function_are_its_own_in_the_order_of_versions(audit):
    for number in (10, 9, 128):
        audit.finish(a_deletion(number, ended=True))
    audit.finish(a_deletion(1, function="shop-2", ended=True))
    audit.start(a_deletion(2, function="shop-2"))
    assert [one.version.value for one in audit.deletions("shop")] == [9, 10, 128]
    assert sorted((one.function, one.version.value) for one in audit.deletions()) == [
        ("shop", 9), ("shop", 10), ("shop", 128), ("shop-2", 1), ("shop-2", 2)
    ]  # fmt: skip


def test_every_item_is_kept_for_400_days(audit, table):
    audit.start(a_deletion(1))
    audit.finish(a_deletion(2, ended=True))
    expiries = {item["expires_at"]["N"] for item in table.scan(TableName="state")["Items"]}
    assert expiries == {str(int(NOW.timestamp()) + 400 * 86400)}


def test_an_item_that_cannot_be_understood_is_refused_and_named(audit, table):
    table.put_item(TableName="state", Item={"pk": {"S": "audit#shop"}, "sk": {"S": "000000000007#x"}})
    with pytest.raises(Refused, match="000000000007#x"):
        list(audit.deletions("shop"))


def test_a_table_that_is_not_there_says_so(table):
    with pytest.raises(FleetError, match="dynamodb:PutItem"):
        DynamoAudit.connect("other", TimeBox()).start(a_deletion())
