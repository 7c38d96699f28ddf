"""What is loaded at init, and what init does when that fails or takes too long."""

import logging
from typing import Any

import pytest

import caretaker_kit.loading
from caretaker_kit import Loaded, eager
from caretaker_kit.loading import loaders_named

CALLED: list[str] = []


def load_routes() -> None:
    CALLED.append("routes")


def load_nothing() -> None:
    raise RuntimeError("no settings")


@pytest.fixture(autouse=True)
def young(monkeypatch: pytest.MonkeyPatch) -> None:
    CALLED.clear()
    monkeypatch.setattr(caretaker_kit.loading, "process_age_ms", lambda: 100)


def test_loaders_are_called_at_once_in_their_order() -> None:
    order: list[int] = []
    outcomes = eager(lambda: order.append(1), lambda: order.append(2))
    assert order == [1, 2]
    assert [outcome.problem for outcome in outcomes] == [None, None]


def test_a_loader_may_be_given_by_its_name() -> None:
    (outcome,) = eager(f"{__name__}.load_routes")
    assert CALLED == ["routes"]
    assert outcome == Loaded(f"{__name__}.load_routes", outcome.took_ms, None)


def test_a_class_is_a_loader_as_zappa_s_handler_is() -> None:
    class Handler:
        made = 0

        def __init__(self) -> None:
            Handler.made += 1

    eager(Handler)
    assert Handler.made == 1


def test_a_loader_that_fails_is_logged_and_the_next_one_is_called(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        failed, loaded = eager(load_nothing, load_routes)
    assert (failed.problem, loaded.problem, CALLED) == ("RuntimeError: no settings", None, ["routes"])
    assert "load_nothing: RuntimeError: no settings" in caplog.text


def test_a_loader_that_cannot_be_named_or_its_failure_shown_is_logged_by_its_type() -> None:
    class UnreadableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    class Lazy:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __call__(self) -> None:
            raise UnreadableError

    (outcome,) = eager(Lazy())
    assert (outcome.name, outcome.problem) == ("Lazy", "UnreadableError")


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit()])
def test_a_loader_that_would_end_the_process_ends_nothing(error: BaseException) -> None:
    def leave() -> None:
        raise error

    left, loaded = eager(leave, load_routes)
    assert (left.problem, loaded.problem, CALLED) == (f"{type(error).__name__}: {error}", None, ["routes"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("load", "give the loader as package.module.attribute"),
        ("absent_module.load", "No module named 'absent_module'"),
        (f"{__name__}.absent", "has no attribute 'absent'"),
        (f"{__name__}.CALLED", "'list' object is not callable"),
    ],
)
def test_a_name_that_names_no_loader_is_said_and_raises_nothing(name: str, words: str) -> None:
    (outcome,) = eager(name)
    assert outcome.problem is not None
    assert words in outcome.problem


def test_an_init_that_has_taken_long_starts_no_further_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caretaker_kit.loading, "process_age_ms", lambda: 8_001)
    (outcome,) = eager(load_routes)
    assert outcome.problem == "not called: init has taken 8 s already"
    assert CALLED == []


@pytest.mark.parametrize("kind", ["snap-start", "provisioned-concurrency"])
def test_where_init_may_take_minutes_there_is_no_limit(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(caretaker_kit.loading, "process_age_ms", lambda: 60_000)
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    eager(load_routes)
    assert CALLED == ["routes"]


def test_the_time_that_a_loader_took_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        now_s = 5.0

        def monotonic(self) -> float:
            return self.now_s

    clock = Clock()

    def slow() -> Any:
        clock.now_s += 1.25

    monkeypatch.setattr(caretaker_kit.loading, "time", clock)
    (outcome,) = eager(slow)
    assert outcome.took_ms == 1250


def test_the_variable_s_names_are_separated_by_commas() -> None:
    assert loaders_named(" zappa.handler.LambdaHandler , caretaker_kit.django.load.everything,") == (
        "zappa.handler.LambdaHandler",
        "caretaker_kit.django.load.everything",
    )
    assert loaders_named("") == ()
