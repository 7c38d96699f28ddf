"""The kill switch in the janitor: off means nothing is read or deleted, unread means nothing is deleted."""

import pytest

from fleet.aws.clients import client
from tests.janitor.conftest import World
from tests.janitor.reading import LONG_AGO, item, two_runs

NAME = "/caretaker/switch"


@pytest.fixture
def hoard(world: World) -> World:
    """A function whose versions the next run deletes, and a switch that is on."""
    turn("on")
    world.set(switch=NAME)
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    world.run()
    world.later(hours=7)
    return world


def turn(word: str) -> None:
    client("ssm").put_parameter(Name=NAME, Value=word, Type="String", Overwrite=True)


def test_a_switch_that_is_on_changes_nothing(hoard: World) -> None:
    assert item(hoard.run())["deleted"] == ["1", "2", "3"]


@pytest.mark.parametrize("word", ["off", "janitor-off", "halt"])
def test_switched_off_the_janitor_does_not_even_look(hoard: World, word: str) -> None:
    turn(word)
    asked = len(hoard.account.seen)
    report = hoard.run()
    assert (report["ok"], report["run"], report["functions"]) == (True, "none", [])
    assert f'the kill switch {NAME} says "{word}"' in report["reason"]
    assert len(hoard.account.seen) == asked


def test_the_warmer_s_word_does_not_stop_the_janitor(hoard: World) -> None:
    turn("warmer-off")
    assert item(hoard.run())["deleted"] == ["1", "2", "3"]


def test_a_switch_that_cannot_be_read_keeps_every_version_and_says_so(hoard: World) -> None:
    hoard.set(switch="/not/there")
    report = hoard.run()
    assert not report["ok"]
    assert [line["version"] for line in item(report)["delete"]] == ["1", "2", "3"]
    assert item(report)["deleted"] == []
    assert "nothing is deleted: the kill switch was not read" in report["reason"]


def test_switched_off_during_a_sweep_the_functions_after_it_keep_their_versions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn("on")
    world.set(switch=NAME)
    for name in ("one", "two", "three"):
        world.account.add(name, range(1, 6), published=LONG_AGO)
    world.run()
    world.later(hours=7)
    monkeypatch.setattr("janitor.handler.Watch", lambda **_: lambda: "the kill switch says off")
    report = world.run()
    assert len(world.account.deleted) == 3
    assert report["reason"].startswith("scheduled run, but the kill switch says off")
    monkeypatch.undo()


def test_two_runs_under_a_switch_delete_as_without(world: World) -> None:
    turn("on")
    world.set(switch=NAME)
    world.account.add("shop", range(1, 6), published=LONG_AGO)
    assert item(two_runs(world))["deleted"] == ["1", "2", "3"]
