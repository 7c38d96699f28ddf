"""What a message on the boost topic asks for; the events are in `tests/golden/events/boost`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warmer.boosting import a_message, an_alarm, by_hand, golden
from warmer.boost_message import Ask, Begin, End, Idle, Unusable, read_notification

CHANGED_AT = datetime(2026, 11, 24, 12, 1, 12, 532_000, tzinfo=UTC)
SENT_AT = datetime(2026, 11, 24, 12, 1, 12, 580_000, tzinfo=UTC)


def asks(event: dict[str, Any]) -> tuple[Ask, ...]:
    found = read_notification(event)
    assert found is not None
    return found


def only(event: dict[str, Any]) -> Ask:
    (ask,) = asks(event)
    return ask


def why_not(event: dict[str, Any]) -> str:
    ask = only(event)
    assert isinstance(ask, Unusable), ask
    return ask.reason


def test_an_alarm_begins_the_boost_that_its_description_names() -> None:
    ask = only(golden("alarm"))
    assert isinstance(ask, Begin)
    assert (ask.service, ask.function, ask.at_least, ask.lasts) == ("shop", None, 40, timedelta(minutes=30))
    assert (ask.name, ask.at) == ("shop-is-busy", CHANGED_AT)
    assert ask.reason.startswith('alarm "shop-is-busy": Threshold Crossed: 2 out of the last 2 datapoints')


def test_an_alarm_that_is_over_ends_its_boost() -> None:
    assert only(an_alarm(NewStateValue="OK")) == End(service="shop", function=None, name="shop-is-busy", at=CHANGED_AT)


def test_an_alarm_that_lacks_data_changes_nothing() -> None:
    ask = only(an_alarm(NewStateValue="INSUFFICIENT_DATA"))
    assert ask == Idle(reason='the alarm "shop-is-busy" is in the state "INSUFFICIENT_DATA", which changes nothing')


def test_an_alarm_may_boost_one_function_and_several_services() -> None:
    text = "caretaker: boost shop/shop-prod at-least 8 for 1h\ncaretaker: boost cart at-least 4 for 90s"
    first, second = asks(an_alarm(AlarmDescription=text))
    assert isinstance(first, Begin)
    assert isinstance(second, Begin)
    assert (first.service, first.function, first.lasts) == ("shop", "shop-prod", timedelta(hours=1))
    assert (second.service, second.function, second.lasts) == ("cart", None, timedelta(seconds=90))


@pytest.mark.parametrize(
    "description",
    [
        "The shop is busy. caretaker: boost shop at-least 40 for 30m. Call nobody.",
        "Caretaker: Boost shop At-Least 40 For 30m",
        "caretaker:boost   shop\n  at-least 40\n  for 30m",
    ],
)
def test_the_line_may_stand_anywhere_in_a_description_as_yaml_folds_it(description: str) -> None:
    ask = only(an_alarm(AlarmDescription=description))
    assert isinstance(ask, Begin)
    assert (ask.service, ask.at_least, ask.lasts) == ("shop", 40, timedelta(minutes=30))


def test_one_line_that_cannot_be_read_leaves_the_others_as_they_are() -> None:
    bad, good = asks(an_alarm(AlarmDescription="caretaker: boost shop\ncaretaker: boost cart at-least 4 for 1h"))
    assert isinstance(bad, Unusable)
    assert 'says "caretaker: boost shop' in bad.reason
    assert isinstance(good, Begin)
    assert good.service == "cart"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"AlarmDescription": None}, 'has no line such as "caretaker: boost SERVICE at-least 40 for 30m"'),
        ({"AlarmDescription": "mycaretaker: boosted"}, "has no line such as"),
        ({"AlarmDescription": "caretaker: boost shop at-least many for 30m"}, 'at least "many" environments'),
        ({"AlarmDescription": "caretaker: boost shop at-least 0 for 30m"}, "write a whole number from 1"),
        ({"AlarmDescription": "caretaker: boost shop at-least 4 for ever"}, 'for "ever" is no length of time'),
        ({"AlarmDescription": ["caretaker: boost"]}, "is no text"),
        ({"AlarmName": 7}, "is no text"),
        ({"StateChangeTime": "yesterday"}, '"StateChangeTime" is "yesterday", not a time'),
        ({"StateChangeTime": None}, '"StateChangeTime" is None, not a time'),
    ],
)
def test_an_alarm_that_asks_for_nothing_readable_is_told_so(fields: dict[str, Any], words: str) -> None:
    assert words in why_not(an_alarm(**fields))


def test_a_person_s_message_begins_a_boost_at_the_time_it_was_sent() -> None:
    assert only(golden("by-hand")) == Begin(
        service="shop",
        function=None,
        at_least=40,
        lasts=timedelta(minutes=30),
        name="by-hand",
        reason="the newsletter went out",
        at=SENT_AT,
    )


def test_a_person_s_message_may_name_a_function_and_the_boost() -> None:
    ask = only(by_hand(boost="shop", function="shop-prod", name="sale", atLeast=5, **{"for": "2h"}))
    assert isinstance(ask, Begin)
    assert (ask.function, ask.name, ask.reason) == ("shop-prod", "sale", "no reason given")


def test_a_person_s_message_ends_all_of_a_service_s_boosts_or_the_one_it_names() -> None:
    assert only(by_hand(boost="shop", end=True)) == End(service="shop", function=None, name=None, at=SENT_AT)
    assert only(by_hand(boost="shop/f", end=True, name="sale")) == End(
        service="shop", function="f", name="sale", at=SENT_AT
    )


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (a_message("hello"), "neither a CloudWatch alarm's nor"),
        (a_message(""), "neither a CloudWatch alarm's nor"),
        (a_message(None), "neither a CloudWatch alarm's nor"),
        (a_message("[1]"), "neither a CloudWatch alarm's nor"),
        (a_message("[" * 100_000), "neither a CloudWatch alarm's nor"),
        (a_message('{"caretaker": 7}'), "neither a CloudWatch alarm's nor"),
        (a_message('{"caretaker": {"end": true}}'), "neither a CloudWatch alarm's nor"),
        (a_message('{"caretaker": {"boost": "shop", "end": true}}', "soon"), '"Timestamp" is "soon"'),
        (by_hand(boost="shop", end="yes"), '"end" is neither true nor false'),
        (by_hand(boost="shop", atleast=4, **{"for": "30m"}), 'unknown keys: "atleast"'),
        (by_hand(boost="shop", atLeast=True, **{"for": "30m"}), "at least True environments"),
        (by_hand(boost="shop", atLeast=4.5, **{"for": "30m"}), "at least 4.5 environments"),
        (by_hand(boost="shop", atLeast=10**9, **{"for": "30m"}), "write a whole number from 1"),
        (by_hand(boost="shop", atLeast=4), "for None is no length of time"),
        (by_hand(boost="shop", atLeast=4, **{"for": "0m"}), 'for "0m" is no length of time'),
        (by_hand(boost="shop", atLeast=4, reason=["x"], **{"for": "30m"}), "\"reason\" is ['x'], no text"),
    ],
)
def test_a_message_that_asks_for_nothing_readable_is_told_so(event: dict[str, Any], words: str) -> None:
    assert words in why_not(event)


def test_another_service_s_records_are_no_notification() -> None:
    event = golden("by-hand")
    event["Records"][0]["EventSource"] = "aws:sqs"
    assert read_notification(event) is None
    assert read_notification({"Records": []}) is None
    assert read_notification({"Records": "aws:sns"}) is None


def test_a_record_without_a_notification_is_told_so() -> None:
    assert why_not({"Records": [{"EventSource": "aws:sns"}]}) == 'the notification has no "Sns"'


HOSTILE = 'x\n{"level":"ERROR"}\x1b[2J\u202e한국 \ud800' + "y" * 5000


def test_what_comes_from_outside_is_cut_and_escaped_wherever_it_is_repeated() -> None:
    found = [
        *asks(an_alarm(AlarmName=HOSTILE, NewStateReason=HOSTILE)),
        *asks(an_alarm(AlarmName=HOSTILE, NewStateValue=HOSTILE)),
        *asks(an_alarm(AlarmName=HOSTILE, AlarmDescription=f"caretaker: boost {HOSTILE} at-least 4 for 30m")),
        *asks(by_hand(boost="shop", atLeast=4, name=HOSTILE, reason=HOSTILE, **{"for": "30m"})),
        *asks(by_hand(boost="shop", atLeast=HOSTILE)),
        *asks(by_hand(boost="shop", **{HOSTILE: 1})),
        *asks(a_message(HOSTILE)),
    ]
    said = [ask.reason for ask in found if not isinstance(ask, End)] + [
        ask.name for ask in found if isinstance(ask, Begin)
    ]
    assert len(said) == len(found) + 2
    for words in said:
        assert words.isascii(), words
        assert words.isprintable(), words
        assert len(words) < 700, words


_TEXTS = st.one_of(st.text(max_size=80), st.sampled_from(["ALARM", "OK", "shop", "30m", "", HOSTILE]))
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)),
    max_leaves=6,
)
_KEYS = st.sampled_from(["boost", "function", "name", "atLeast", "for", "reason", "end"])
_ALARMS = st.fixed_dictionaries(
    {"AlarmName": _VALUES, "NewStateValue": _VALUES, "StateChangeTime": _VALUES},
    optional={"AlarmDescription": st.one_of(_VALUES, _TEXTS.map(lambda text: f"caretaker: boost {text}"))},
)
_PLAIN = st.fixed_dictionaries({"caretaker": st.one_of(_VALUES, st.dictionaries(_KEYS, _VALUES))})


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.one_of(_VALUES, _ALARMS, _PLAIN), _VALUES)
def test_no_message_whatever_raises_or_is_repeated_unescaped(message: Any, timestamp: Any) -> None:
    for ask in asks(a_message(json.dumps(message), timestamp)):
        words = ask.name or "" if isinstance(ask, End) else ask.reason
        assert words.isascii()
        assert words.isprintable()
        assert len(words) < 700


def test_names_that_are_cut_stay_apart() -> None:
    first, second = (only(an_alarm(AlarmName="x" * 200 + end)) for end in "ab")
    assert isinstance(first, Begin)
    assert isinstance(second, Begin)
    assert first.name != second.name
    assert len(first.name) == 120


def test_a_description_of_a_thousand_lines_is_read_as_far_as_cloudwatch_would_allow() -> None:
    text = "caretaker: boost shop at-least 4 for 30m\n" * 1000
    assert len(asks(an_alarm(AlarmDescription=text))) == 20


def test_the_golden_alarm_is_one_message_of_the_size_that_cloudwatch_sends() -> None:
    message = json.loads(golden("alarm")["Records"][0]["Sns"]["Message"])
    assert {"AlarmName", "NewStateValue", "StateChangeTime", "Trigger", "AlarmArn"} <= set(message)


def test_the_alarm_in_the_manual_asks_for_what_it_says() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "warmer.md").read_text(encoding="utf-8")
    example = manual.split("```yaml\nShopIsBusy:", 1)[1].split("```", 1)[0]
    (line,) = [line.strip() for line in example.splitlines() if "caretaker: boost" in line]
    ask = only(an_alarm(AlarmDescription=line))
    assert isinstance(ask, Begin)
    assert (ask.service, ask.at_least, ask.lasts) == ("shop", 60, timedelta(hours=2))
