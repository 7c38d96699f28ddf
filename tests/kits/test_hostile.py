"""Applications, contexts and events that nobody wishes for: a request stays the application's, a ping stays bounded."""

import contextvars
import functools
import threading
from typing import Any

import pytest

from caretaker_kit import current_ping, prime_also, warmable
from tests.kits.stage import NOW_MS, Stage, block_text, invocation, ping
from tests.kits.wrapped import EVENT


class Unusual(BaseException):
    """Like asyncio's CancelledError and gevent's Timeout: no Exception."""


class Keeper:
    """A decorator as some tracing packages have it: an object around the handler."""

    def __init__(self, handler: Any) -> None:
        self.kept = handler

    def __call__(self, event: Any, context: Any) -> Any:
        return self.kept(event, context)


def route(event: Any, _context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "path": event["rawPath"]}


class TestWhatEndsAProcess:
    @pytest.mark.parametrize("error", [SystemExit(1), Unusual("cancelled")])
    def test_in_a_primed_path_ends_neither_the_environment_nor_the_priming(
        self, stage: Stage, error: BaseException
    ) -> None:
        seen: list[str] = []

        def app(event: Any, _context: Any) -> dict[str, Any]:
            seen.append(event["rawPath"])
            if event["rawPath"] == "/old/":
                raise error
            return {"statusCode": 200}

        answer = warmable(app)(EVENT, ping(block_text(prime=["/old/", "/"])))
        assert (answer["statusCode"], answer["caretaker"]["cold"]) == (200, True)
        assert seen == ["/warmz/", "/old/", "/"]

    @pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), Unusual("cancelled")])
    def test_in_the_application_itself_stays_the_application_s(self, stage: Stage, error: BaseException) -> None:
        def app(_event: Any, _context: Any) -> None:
            raise error

        for context in (invocation(), ping(block_text())):
            with pytest.raises(type(error)):
                warmable(app)(EVENT, context)
            assert current_ping() is None


class TestAnEvent:
    def test_that_the_application_changes_is_primed_from_what_came(self, stage: Stage) -> None:
        seen: list[Any] = []

        def app(event: Any, _context: Any) -> dict[str, Any]:
            seen.append((event.pop("rawPath"), event.pop("requestContext")["http"].pop("method")))
            return {"statusCode": 200}

        event = {"rawPath": "/warmz/", "requestContext": {"http": {"method": "GET", "path": "/warmz/"}}}
        warmable(app)(event, ping(block_text(prime=["/", "/products/"])))
        assert seen == [("/warmz/", "GET"), ("/", "GET"), ("/products/", "GET")]

    def test_that_cannot_be_copied_is_served_and_not_primed(self, stage: Stage) -> None:
        event = {**EVENT, "lock": threading.Lock()}
        assert warmable(route)(event, ping(block_text(prime=["/"])))["path"] == "/warmz/"


class TestAHandlerInsideAHandler:
    """Double wrapped where no mark can show it, as through a class that keeps the handler to itself."""

    def handler(self, seen: list[str]) -> Any:
        def app(event: Any, _context: Any) -> dict[str, Any]:
            seen.append(event["rawPath"])
            prime_also(["/"])
            return {"statusCode": 200}

        return warmable(Keeper(warmable(app)))

    def test_is_primed_held_and_counted_once(self, stage: Stage) -> None:
        clock, _ = stage
        seen: list[str] = []
        handler = self.handler(seen)
        answer = handler(EVENT, ping(block_text(release_at_ms=NOW_MS + 100)))
        assert seen == ["/warmz/", "/"]
        assert clock.slept_s == [pytest.approx(0.1, abs=0.001)]
        assert (answer["caretaker"]["cold"], answer["caretaker"]["invocations"]) == (True, 1)

    def test_counts_a_request_once(self, stage: Stage) -> None:
        handler = self.handler([])
        assert "caretaker" not in handler(EVENT, invocation())
        assert handler(EVENT, ping(block_text()))["caretaker"]["invocations"] == 2

    def test_that_calls_itself_for_another_route_answers_without_evidence_inside(self, stage: Stage) -> None:
        inside: list[Any] = []

        @warmable
        def app(event: Any, context: Any) -> dict[str, Any]:
            if event["rawPath"] == "/warmz/":
                inside.append(app({**event, "rawPath": "/"}, context))
            return {"statusCode": 200}

        app(EVENT, ping(block_text()))
        assert inside == [{"statusCode": 200}]


class TestWhatOutlivesAPing:
    def test_sees_no_ping_afterwards(self, stage: Stage) -> None:
        """A task that a ping started keeps the ping's context; a user's request may be served in it."""
        kept: list[contextvars.Context] = []
        handler = warmable(lambda _event, _context: kept.append(contextvars.copy_context()))
        handler(EVENT, ping(block_text()))
        assert kept[0].run(current_ping) is None

    def test_takes_no_later_invocation_for_a_part_of_that_ping(self, stage: Stage) -> None:
        kept: list[contextvars.Context] = []
        handler = warmable(lambda _event, _context: kept.append(contextvars.copy_context()))
        first = handler(EVENT, ping(block_text()))
        again = kept[0].run(handler, EVENT, ping(block_text()))
        assert again["caretaker"]["invocations"] == first["caretaker"]["invocations"] + 1


class TestAHandlerObject:
    def test_that_answers_to_every_name_is_wrapped_all_the_same(self, stage: Stage) -> None:
        class Proxy:
            def __getattr__(self, name: str) -> Any:
                return f"remote {name}"

            def __call__(self, event: Any, context: Any) -> Any:
                return route(event, context)

        assert "caretaker" in warmable(Proxy())(EVENT, ping(block_text()))

    def test_that_raises_when_it_is_looked_at_breaks_no_import(self, stage: Stage) -> None:
        class Lazy:
            def __getattr__(self, name: str) -> Any:
                raise RuntimeError(f"{name}: working outside of an application context")

            def __call__(self, event: Any, context: Any) -> Any:
                return route(event, context)

        assert warmable(Lazy())(EVENT, invocation()) == {"statusCode": 200, "path": "/warmz/"}

    def test_under_a_decorator_that_keeps_its_marks_is_wrapped_once(self, stage: Stage) -> None:
        inner = warmable(route)

        @functools.wraps(inner)
        def logged(event: Any, context: Any) -> Any:
            return inner(event, context)

        assert warmable(logged)(EVENT, ping(block_text()))["caretaker"]["invocations"] == 1


def test_one_path_may_be_given_to_prime_without_a_list(stage: Stage) -> None:
    seen: list[str] = []

    def app(event: Any, _context: Any) -> dict[str, Any]:
        seen.append(event["rawPath"])
        prime_also("/products/")
        return {"statusCode": 200}

    warmable(app)(EVENT, ping(block_text()))
    assert seen == ["/warmz/", "/products/"]


@pytest.mark.parametrize("jump_ms", [-3_600_000, 3_600_000])
def test_a_clock_that_jumps_while_the_application_runs_prolongs_no_hold(stage: Stage, jump_ms: int) -> None:
    clock, _ = stage

    def app(_event: Any, _context: Any) -> dict[str, Any]:
        clock.pass_ms(jump_ms)
        return {"statusCode": 200}

    assert warmable(app)(EVENT, ping(block_text()))["caretaker"]["held_ms"] <= 2000


def test_a_context_whose_time_left_is_no_number_is_not_held(stage: Stage) -> None:
    context = ping(block_text())
    for odd in ("soon", None, float("nan"), [1]):
        context.get_remaining_time_in_millis = lambda odd=odd: odd
        assert warmable(route)(EVENT, context)["caretaker"]["held_ms"] == 0
    assert stage[0].slept_s == []
