"""Boosts in DynamoDB: what goes in comes out, an older word never wins, and a table that does not answer says so."""

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet.aws.boosts import TableBoosts
from fleet.boosts import Boost, BoostOutdated, Kept
from fleet.ports import AccessDenied, FleetError, OutOfTime, Unreachable
from tests.warmer.raw_server import Request, http_reply, serving

NOON = datetime(2026, 11, 24, 12, 0, 0, 532_000, tzinfo=UTC)
BOOST = Boost(
    service="shop",
    function="shop-prod",
    at_least=40,
    until=NOON + timedelta(minutes=30),
    name='shop "is" busy # 1',
    reason="34 of 40 in use",
    since=NOON,
)


@pytest.mark.usefixtures("table")
def test_boosts_come_back_as_they_went_in() -> None:
    whole = replace(BOOST, function=None, ended=True)
    boosts = TableBoosts("state")
    boosts.write(BOOST)
    boosts.write(whole)
    assert set(TableBoosts("state").read().boosts) == {BOOST, whole}


@pytest.mark.usefixtures("table")
def test_an_empty_table_holds_none() -> None:
    assert TableBoosts("state").read() == Kept()


@pytest.mark.usefixtures("table")
def test_a_later_word_takes_an_earlier_one_s_place_and_an_earlier_one_is_refused() -> None:
    boosts = TableBoosts("state")
    later = replace(BOOST, since=NOON + timedelta(milliseconds=1), ended=True)
    boosts.write(BOOST)
    boosts.write(BOOST)
    boosts.write(later)
    with pytest.raises(BoostOutdated, match=r"something later than 2026-11-24T12:00:00\.532000"):
        boosts.write(BOOST)
    assert boosts.read().boosts == (later,)


def test_an_item_says_its_schema_and_when_the_table_may_forget_it(table: Any) -> None:
    TableBoosts("state").write(BOOST)
    TableBoosts("state").write(replace(BOOST, name="ended", ended=True))
    ended, over = sorted(table.scan(TableName="state")["Items"], key=lambda item: str(item["sk"]["S"]))
    assert (ended["pk"], ended["schema"]) == ({"S": "boosts"}, {"N": "1"})
    assert [item["sk"]["S"] for item in (ended, over)] == ["shop/shop-prod#ended", 'shop/shop-prod#shop "is" busy # 1']
    until = int(BOOST.until.timestamp())
    assert int(over["expires_at"]["N"]) == until + 1
    assert int(ended["expires_at"]["N"]) == until + 86_400 + 1


def test_an_item_that_this_release_cannot_read_takes_only_itself_out(table: Any) -> None:
    TableBoosts("state").write(BOOST)
    table.put_item(TableName="state", Item={"pk": {"S": "boosts"}, "sk": {"S": "x"}, "schema": {"N": "2"}})
    table.put_item(TableName="state", Item={"pk": {"S": "boosts"}, "sk": {"S": "y\n"}, "schema": {"N": "1"}})
    kept = TableBoosts("state").read()
    assert kept.boosts == (BOOST,)
    assert kept.unreadable[0] == "'x' ('an item of schema 2, this release reads 1')"
    assert kept.unreadable[1].startswith("'y\\n' (")


def test_what_else_is_in_the_table_is_no_boost(table: Any) -> None:
    table.put_item(TableName="state", Item={"pk": {"S": "mark#shop"}, "sk": {"S": "7"}, "schema": {"N": "1"}})
    assert TableBoosts("state").read() == Kept()


@pytest.mark.usefixtures("table")
def test_a_table_that_is_not_there_is_named() -> None:
    with pytest.raises(FleetError, match=r"dynamodb:Query.*ResourceNotFoundException"):
        TableBoosts("elsewhere").read()


@pytest.mark.usefixtures("table")
def test_without_time_left_nothing_is_asked() -> None:
    with pytest.raises(OutOfTime):
        TableBoosts("state", lambda: 0.5).read()


class _Door:
    """DynamoDB that answers with these, one after the other."""

    def __init__(self, *replies: tuple[str, bytes]) -> None:
        self.replies = list(replies)
        self.asked = 0

    def __call__(self, connection: socket.socket, request: Request) -> None:
        self.asked += 1
        status, body = self.replies.pop(0)
        connection.sendall(http_reply(body, status=status))


BROKEN = ("500 Internal Server Error", b'{"__type": "InternalServerError", "message": "no"}')
DENIED = ("400 Bad Request", b'{"__type": "AccessDeniedException", "message": "not authorized to perform"}')
NOTHING = ("200 OK", b'{"Items": [], "Count": 0, "ScannedCount": 0}')


def asked(monkeypatch: pytest.MonkeyPatch, door: _Door) -> Kept:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    with serving(door) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.endpoint)
        return TableBoosts("state").read()


def test_a_read_without_an_answer_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    door = _Door(BROKEN, NOTHING)
    assert (asked(monkeypatch, door), door.asked) == (Kept(), 2)


def test_a_second_failure_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    door = _Door(BROKEN, BROKEN)
    with pytest.raises(Unreachable, match="dynamodb:Query answered 500"):
        asked(monkeypatch, door)
    assert door.asked == 2


def test_a_missing_permission_is_named_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    door = _Door(DENIED)
    with pytest.raises(AccessDenied, match="dynamodb:Query"):
        asked(monkeypatch, door)
    assert door.asked == 1
