"""The kill switch: what each word stops, and the parameter it is read from."""

from datetime import UTC, datetime

import boto3
import pytest

from fleet.aws.switch import ParameterSwitch
from fleet.ports import FleetError, Refused, Unreachable
from fleet.switch import Part, Reading, Watch, ask, stopped

SINCE = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def says(word: str) -> Reading:
    return Reading(name="/caretaker/switch", word=word, since=SINCE)


@pytest.mark.parametrize(
    ("word", "stops"),
    [
        ("on", set()),
        (" On\n", set()),
        ("off", {Part.WARMER, Part.JANITOR}),
        ("OFF", {Part.WARMER, Part.JANITOR}),
        ("warmer-off", {Part.WARMER}),
        ("janitor-off", {Part.JANITOR}),
        ("stop", {Part.WARMER, Part.JANITOR}),
        ("", {Part.WARMER, Part.JANITOR}),
        ("onn", {Part.WARMER, Part.JANITOR}),
    ],
)
def test_each_word_stops_what_it_says_and_an_unknown_one_stops_both(word: str, stops: set[Part]) -> None:
    assert {part for part in Part if stopped(says(word), part) is not None} == stops


def test_a_stop_says_where_the_switch_is_what_it_says_since_when_and_what_to_do() -> None:
    assert stopped(says("off"), Part.WARMER) == (
        'the kill switch /caretaker/switch says "off" since 2026-11-24 08:30 UTC; nothing is done until it says "on"'
    )


def test_an_unknown_word_is_shown_in_ascii_and_short() -> None:
    said = stopped(says("zap\n{}" + "x" * 5000), Part.WARMER) or ""
    assert 'says "zap\\n{}xxxx' in said
    assert "\n" not in said
    assert len(said) < 200


def test_the_parameter_is_read_as_it_is_now(aws: None) -> None:
    ssm = boto3.client("ssm", region_name="eu-west-1")
    ssm.put_parameter(Name="/caretaker/switch", Value="on", Type="String")
    switch = ParameterSwitch("/caretaker/switch")
    assert ask(switch, Part.JANITOR).stop is None
    ssm.put_parameter(Name="/caretaker/switch", Value="janitor-off", Type="String", Overwrite=True)
    assert switch.read().since is not None
    asked = ask(switch, Part.JANITOR)
    assert 'says "janitor-off" since' in (asked.stop or "")
    assert asked.mend == "aws ssm put-parameter --overwrite --name /caretaker/switch --value on"
    assert ask(switch, Part.WARMER) == ask(None, Part.WARMER)


def test_no_such_parameter_is_a_problem_with_what_to_do(aws: None) -> None:
    with pytest.raises(
        Refused, match=r"there is no parameter /gone; make it again: .*--type String --name /gone --value on"
    ):
        ParameterSwitch("/gone").read()
    asked = ask(ParameterSwitch("/gone"), Part.WARMER)
    assert asked.stop is None
    assert "the kill switch was not read: ssm:GetParameter" in (asked.problem or "")


class Silent:
    def __init__(self) -> None:
        self.asked = 0

    def read(self) -> Reading:
        self.asked += 1
        raise Unreachable("ssm:GetParameter: the endpoint does not answer")


def test_long_work_asks_again_in_time_and_stops_when_nobody_answers() -> None:
    now, switch = [0.0], Silent()
    watch = Watch(switch=switch, part=Part.JANITOR, clock=lambda: now[0], every_s=10, asked_at=0.0)
    now[0] = 9.9
    assert watch() is None
    assert switch.asked == 0
    now[0] = 10.0
    assert "does not answer" in (watch() or "")
    assert switch.asked == 1


def test_every_failure_of_the_door_is_a_fleet_error(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9")
    with pytest.raises(FleetError, match="ssm:GetParameter"):
        ParameterSwitch("/caretaker/switch").read()
