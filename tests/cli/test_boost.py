"""`caretaker boost` against the emulator's topic and table, with a warmer that takes what is published."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from cli.command import main
from emulator.stack import RunningEmulator
from tests.cli.boost_stack import Stack, a_boost, created
from tests.warmer.raw_server import serving
from tests.warmer.test_switch import Parameters

ASKED = ("shop", "--at-least", "40", "--for", "30m", "--reason", "the newsletter went out")


@pytest.fixture
def stack(emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Stack:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    return created(emulator, f"boosts-{abs(hash(request.node.name))}")


@pytest.fixture
def taking(stack: Stack) -> Iterator[Stack]:
    stop = threading.Event()
    warmer = threading.Thread(target=stack.take, args=(stop,))
    warmer.start()
    yield stack
    stop.set()
    warmer.join()


Caretaker = Callable[..., Result]


@pytest.fixture
def caretaker() -> Caretaker:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["boost", *arguments])

    return run


def on(stack: Stack, *arguments: str) -> tuple[str, ...]:
    return (*arguments, "--stack", stack.outputs["name"])


def test_a_boost_is_published_as_an_alarm_s_would_be_and_seen_taken(taking: Stack, caretaker: Caretaker) -> None:
    found = caretaker(*on(taking, *ASKED))
    assert found.exit_code == 0, found.output
    first, second = found.stdout.splitlines()
    assert first.startswith("shop: boosted after ")
    assert second.strip().startswith("at least 40 until ")
    assert second.endswith(' by "by-hand" (the newsletter went out)')


def test_a_boost_for_machines_says_what_holds_now(taking: Stack, caretaker: Caretaker) -> None:
    taking.boosts.write(a_boost("shop-is-busy"))
    report = json.loads(caretaker(*on(taking, *ASKED, "--format", "json")).stdout)
    assert (report["outcome"], report["topic"]) == ("boosted", taking.outputs["BoostTopicArn"])
    assert [boost["boost"] for boost in report["boosts"]] == ["by-hand", "shop-is-busy"]


def test_an_end_is_seen_and_ends_alarms_boosts_too(taking: Stack, caretaker: Caretaker) -> None:
    taking.boosts.write(a_boost("shop-is-busy"))
    taking.boosts.write(replace(a_boost("other"), service="cart"))
    found = caretaker(*on(taking, "shop", "--end"))
    assert (found.exit_code, found.stdout[:17]) == (0, "shop: ended after")
    assert json.loads(caretaker(*on(taking, "--list", "--format", "json")).stdout)[0]["service"] == "cart"


def test_what_nobody_takes_is_a_finding_that_says_where_to_look(stack: Stack, caretaker: Caretaker) -> None:
    found = caretaker(*on(stack, *ASKED, "--wait", "1"))
    assert (found.exit_code, found.stdout) == (1, "")
    assert "published, but not taken within" in found.stderr
    assert "/aws/lambda/caretaker-warmer says why" in found.stderr


def test_without_waiting_nothing_is_read_but_the_stack_and_its_switch(stack: Stack, caretaker: Caretaker) -> None:
    report = json.loads(caretaker(*on(stack, *ASKED, "--wait", "0", "--format", "json")).stdout)
    (message,) = stack.messages()
    assert (report["outcome"], report["message_id"]) == ("published", message["MessageId"])
    assert json.loads(message["Message"]) == {
        "caretaker": {"boost": "shop", "atLeast": 40, "for": "30m", "reason": "the newsletter went out"}
    }


def test_a_topic_may_be_named_where_the_stack_may_not_be_read(stack: Stack, caretaker: Caretaker) -> None:
    topic = ("--topic", stack.outputs["BoostTopicArn"])
    found = caretaker(*ASKED, "--function", "shop-prod", "--name", "sale", *topic)
    assert (found.exit_code, "was not looked for" in found.stdout) == (0, True)
    (message,) = stack.messages()
    asked = json.loads(message["Message"])["caretaker"]
    assert (asked["function"], asked["name"]) == ("shop-prod", "sale")


def test_ending_what_does_not_hold_sends_nothing(stack: Stack, caretaker: Caretaker) -> None:
    found = caretaker(*on(stack, "shop", "--end"))
    assert (found.exit_code, found.stdout) == (0, "shop: no such boost holds, nothing was sent\n")
    assert stack.messages() == []


@pytest.mark.parametrize("word", ["off", "warmer-off"])
def test_switched_off_a_boost_is_kept_and_a_finding_that_says_how_to_have_it_served(
    taking: Stack, caretaker: Caretaker, word: str
) -> None:
    taking.turn(word)
    found = caretaker(*on(taking, *ASKED))
    name = taking.outputs["SwitchName"]
    assert found.exit_code == 1
    assert found.stdout.startswith("shop: kept after ")
    assert "at least 40 until " in found.stdout
    why, mend = found.stderr.splitlines()
    assert why.startswith(f'caretaker: no boost is served: the kill switch {name} says "{word}" since ')
    assert mend == f"mend: aws ssm put-parameter --overwrite --name {name} --value on"


def test_switched_off_machines_learn_why_nothing_is_served_and_how_to_mend_that(
    taking: Stack, caretaker: Caretaker
) -> None:
    taking.turn("off")
    report = json.loads(caretaker(*on(taking, *ASKED, "--format", "json")).stdout)
    assert (report["outcome"], report["problems"]) == ("kept", [])
    assert 'says "off"' in report["stopped"]
    assert report["mend"].endswith("--value on")


def test_switched_off_a_boost_that_nobody_looks_for_is_a_finding_too(stack: Stack, caretaker: Caretaker) -> None:
    stack.turn("off")
    found = caretaker(*on(stack, *ASKED, "--wait", "0"))
    assert (found.exit_code, len(stack.messages())) == (1, 1)
    assert "was not looked for" in found.stdout
    assert "no boost is served" in found.stderr


def test_the_janitor_s_word_leaves_boosts_alone(taking: Stack, caretaker: Caretaker) -> None:
    taking.turn("janitor-off")
    report = json.loads(caretaker(*on(taking, *ASKED, "--format", "json")).stdout)
    assert (report["outcome"], report["stopped"], report["mend"]) == ("boosted", None, None)


def test_switched_off_an_end_is_an_end(taking: Stack, caretaker: Caretaker) -> None:
    taking.turn("off")
    taking.boosts.write(a_boost("shop-is-busy"))
    found = caretaker(*on(taking, "shop", "--end"))
    assert (found.exit_code, found.stdout[:17], found.stderr) == (0, "shop: ended after", "")


def test_a_switch_that_may_not_be_read_hinders_no_boost_and_is_told(
    taking: Stack, caretaker: Caretaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Parameters(None)) as refusing:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", refusing.endpoint)
        found = caretaker(*on(taking, *ASKED))
        report = json.loads(caretaker(*on(taking, *ASKED, "--format", "json")).stdout)
    assert (found.exit_code, found.stdout[:19]) == (0, "shop: boosted after")
    assert found.stderr.startswith("caretaker: whether boosts are served is not known: the kill switch was not read: ")
    assert "ssm:GetParameter" in found.stderr
    assert (report["outcome"], len(report["problems"])) == ("boosted", 1)


def test_switched_off_the_list_says_that_nothing_of_it_is_served(stack: Stack, caretaker: Caretaker) -> None:
    stack.turn("warmer-off")
    stack.boosts.write(a_boost("shop-is-busy"))
    found = caretaker(*on(stack, "--list", "--format", "json"))
    assert (found.exit_code, len(json.loads(found.stdout))) == (0, 1)
    assert 'says "warmer-off"' in found.stderr


def test_the_list_has_what_holds_and_leaves_out_what_is_over(stack: Stack, caretaker: Caretaker) -> None:
    assert caretaker(*on(stack, "--list")).stdout == "no boost holds\n"
    boost = a_boost("shop-is-busy")
    stack.boosts.write(replace(boost, function="shop-prod"))
    stack.boosts.write(replace(boost, name="ended", ended=True))
    stack.boosts.write(replace(boost, name="over", until=boost.since))
    (line,) = caretaker(*on(stack, "--list")).stdout.splitlines()
    assert line.startswith("shop/shop-prod  at least 40 until 20")
    assert line.endswith(' by "shop-is-busy" (34 of 40 in use), 30 min left')


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name the service to boost, or --list"),
        (("shop",), "a boost needs --at-least N, --for TIME and --reason"),
        (("shop", "--at-least", "4", "--for", "30m"), "a boost needs"),
        (("shop", "--at-least", "0", "--for", "30m", "--reason", "x"), "0 is not in the range"),
        (("shop", "--at-least", "4", "--for", "25h", "--reason", "x"), "no length of time up to 24h"),
        (("shop", "--at-least", "4", "--for", "soon", "--reason", "x"), "no length of time up to 24h"),
        (("shop", "--end", "--for", "30m"), "--end takes neither"),
        (("--list", "shop"), "--list takes neither a service nor --end"),
        (("--list", "--topic", "arn:aws:sns:eu-west-1:123456789012:t"), "name the stack, not the topic"),
        ((*ASKED, "--topic", "t"), "is not the ARN of an SNS topic"),
        ((*ASKED, "--topic", "arn:aws:sns:eu-west-1:123456789012:t", "--stack", "s"), "not both"),
        (("sho\np", "--end"), "SERVICE: 'sho\\np' is no name"),
    ],
)
def test_arguments_that_make_no_sense_are_one_line_and_status_two(
    caretaker: Caretaker, arguments: tuple[str, ...], words: str
) -> None:
    found = caretaker(*arguments)
    assert (found.exit_code, found.stderr.count("\n")) == (2, 1)
    assert words in found.stderr


def test_a_stack_that_is_not_there_is_named(stack: Stack, caretaker: Caretaker) -> None:
    found = caretaker(*ASKED, "--stack", "nowhere")
    assert (found.exit_code, "there is no stack nowhere" in found.stderr) == (2, True)


def test_a_topic_that_is_not_there_says_what_sns_said(stack: Stack, caretaker: Caretaker) -> None:
    found = caretaker(*ASKED, "--topic", "arn:aws:sns:eu-west-1:123456789012:gone")
    assert (found.exit_code, "sns:Publish" in found.stderr) == (2, True)


def test_an_endpoint_given_by_option_wins_over_the_environment(
    stack: Stack, caretaker: Caretaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = stack.emulator.environment["AWS_ENDPOINT_URL"]
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SNS"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    found = caretaker(*on(stack, "--list", "--endpoint-url", url))
    assert (found.exit_code, found.stdout) == (0, "no boost holds\n")
