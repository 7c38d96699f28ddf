"""What a wrapped handler does with requests and with pings."""

from typing import Any

import pytest

from caretaker_kit import current_ping, prime_also, warmable
from tests.kits.stage import NOW_MS, Stage, block_text, invocation, ping
from tests.kits.wrapped import EVENT, AppError, failing, ok


class TestARequest:
    def test_gets_the_very_object_that_the_application_returned(self, stage: Stage) -> None:
        reply = {"statusCode": 200}
        assert warmable(lambda _event, _context: reply)(EVENT, invocation()) is reply

    def test_gets_the_application_s_own_exception(self, stage: Stage) -> None:
        with pytest.raises(AppError, match="no such table"):
            warmable(failing)(EVENT, invocation())

    def test_is_never_held(self, stage: Stage) -> None:
        clock, _ = stage
        warmable(ok)(EVENT, invocation())
        assert clock.slept_s == []

    def test_that_carries_the_block_in_body_header_query_or_event_is_still_a_request(self, stage: Stage) -> None:
        clock, _ = stage
        text = block_text()
        event = {
            **EVENT,
            "body": text,
            "headers": {"caretaker": text, "x-amzn-lambda-context": text, "x-amz-client-context": text},
            "queryStringParameters": {"caretaker": text},
            "caretaker": text,
            "client_context": {"custom": {"caretaker": text}},
        }
        assert warmable(ok)(event, invocation()) == ok(None, None)
        assert clock.slept_s == []

    def test_is_counted_in_what_the_next_ping_reports(self, stage: Stage) -> None:
        clock, _ = stage
        handler = warmable(ok)
        handler(EVENT, invocation())
        clock.pass_ms(61_234)
        evidence = handler(EVENT, ping(block_text()))["caretaker"]
        assert (evidence["cold"], evidence["invocations"]) == (False, 2)
        assert evidence["last_request_ms"] == pytest.approx(61_234, abs=1)

    def test_that_failed_is_counted_too(self, stage: Stage) -> None:
        handler = warmable(failing)
        with pytest.raises(AppError):
            handler(EVENT, invocation())
        assert warmable(ok)(EVENT, ping(block_text()))["caretaker"]["last_request_ms"] == 0


class TestAPing:
    def test_runs_through_the_application_and_then_holds_until_the_release(self, stage: Stage) -> None:
        clock, _ = stage

        def slow(_event: Any, _context: Any) -> dict[str, Any]:
            clock.pass_ms(40)
            return {"statusCode": 200, "body": "ok"}

        answer = warmable(slow)(EVENT, ping(block_text(release_at_ms=NOW_MS + 100)))
        evidence = answer.pop("caretaker")
        assert answer == {"statusCode": 200, "body": "ok"}
        assert clock.slept_s == [pytest.approx(0.060, abs=0.001)]
        assert evidence["held_ms"] == pytest.approx(60, abs=1)
        assert evidence["arrived_ms"] == NOW_MS

    def test_reports_every_field_of_the_contract_and_no_other(self, stage: Stage) -> None:
        clock, _ = stage
        handler = warmable(ok)
        clock.pass_ms(12)
        evidence = handler(EVENT, ping(block_text(release_at_ms=0)))["caretaker"]
        environment, init_ms = evidence.pop("environment"), evidence.pop("init_ms")
        assert len(environment) == 32
        assert init_ms >= 0
        assert evidence == {
            "v": 1,
            "arrived_ms": NOW_MS + 12,
            "cold": True,
            "age_ms": 12,
            "invocations": 1,
            "last_request_ms": None,
            "held_ms": 0,
        }

    def test_that_follows_a_ping_finds_the_same_environment_no_longer_cold(self, stage: Stage) -> None:
        handler = warmable(ok)
        first, second = (handler(EVENT, ping(block_text()))["caretaker"] for _ in range(2))
        assert first["environment"] == second["environment"]
        assert (first["cold"], second["cold"]) == (True, False)
        assert second["last_request_ms"] is None

    def test_that_arrives_after_the_release_answers_at_once(self, stage: Stage) -> None:
        clock, _ = stage
        warmable(ok)(EVENT, ping(block_text(release_at_ms=NOW_MS - 1)))
        assert clock.slept_s == []

    def test_is_held_no_longer_than_the_kit_s_own_limit(self, stage: Stage) -> None:
        clock, _ = stage
        far = block_text(release_at_ms=NOW_MS + 60_000, max_hold_ms=60_000)
        warmable(ok)(EVENT, ping(far, remaining_ms=90_000))
        warmable(ok, max_hold_ms=300)(EVENT, ping(far, remaining_ms=90_000))
        assert clock.slept_s == [2.0, 0.3]

    def test_takes_the_kit_s_limit_from_the_environment_variable(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock, _ = stage
        monkeypatch.setenv("CARETAKER_MAX_HOLD_MS", "750")
        warmable(ok)(EVENT, ping(block_text(release_at_ms=NOW_MS + 60_000)))
        monkeypatch.setenv("CARETAKER_MAX_HOLD_MS", "long")
        warmable(ok)(EVENT, ping(block_text(release_at_ms=NOW_MS + 60_000)))
        assert clock.slept_s == [0.75, 2.0]

    def test_leaves_half_a_second_of_the_function_s_timeout(self, stage: Stage) -> None:
        clock, _ = stage
        warmable(ok)(EVENT, ping(block_text(release_at_ms=NOW_MS + 5000), remaining_ms=1100))
        assert clock.slept_s == [pytest.approx(0.6)]

    def test_whose_context_knows_no_time_left_is_not_held(self, stage: Stage) -> None:
        clock, _ = stage
        context = ping(block_text())
        del context.get_remaining_time_in_millis
        assert warmable(ok)(EVENT, context)["caretaker"]["held_ms"] == 0
        assert clock.slept_s == []

    def test_that_the_application_fails_raises_after_the_hold(self, stage: Stage) -> None:
        clock, _ = stage
        with pytest.raises(AppError, match="no such table"):
            warmable(failing)(EVENT, ping(block_text(release_at_ms=NOW_MS + 100)))
        assert clock.slept_s == [pytest.approx(0.1, abs=0.001)]

    def test_works_when_the_event_is_no_object(self, stage: Stage) -> None:
        answer = warmable(lambda event, _context: event)(["a", 1], ping(block_text(prime=["/"])))
        assert answer["reply"] == ["a", 1]
        assert answer["caretaker"]["cold"] is True


class TestPriming:
    def paths_seen(self, text: str, *, pings: int = 1, remaining_ms: int = 10_000, fail_on: str = "") -> list[str]:
        seen: list[str] = []

        def app(event: Any, _context: Any) -> dict[str, Any]:
            seen.append(event["rawPath"])
            if event["rawPath"] == fail_on:
                raise AppError(fail_on)
            return {"statusCode": 200}

        handler = warmable(app)
        for _ in range(pings):
            answer = handler(EVENT, ping(text, remaining_ms=remaining_ms))
            assert answer["statusCode"] == 200
        return seen

    def test_a_new_environment_replays_the_paths_after_the_ping_s_own(self, stage: Stage) -> None:
        assert self.paths_seen(block_text(prime=["/", "/products/"])) == ["/warmz/", "/", "/products/"]

    def test_a_warm_environment_replays_nothing(self, stage: Stage) -> None:
        assert self.paths_seen(block_text(prime=["/"]), pings=2) == ["/warmz/", "/", "/warmz/"]

    def test_a_path_that_raises_spoils_neither_the_others_nor_the_ping(self, stage: Stage) -> None:
        assert self.paths_seen(block_text(prime=["/", "/b"]), fail_on="/") == ["/warmz/", "/", "/b"]

    def test_paths_that_the_application_asks_for_come_after_the_ping_s_and_once(self, stage: Stage) -> None:
        seen: list[str] = []

        def app(event: Any, _context: Any) -> dict[str, Any]:
            seen.append(event["rawPath"])
            prime_also(["/", "/products/", "no path", 7])  # type: ignore[list-item]
            return {"statusCode": 200}

        handler = warmable(app)
        handler(EVENT, invocation())
        assert seen == ["/warmz/"]
        seen.clear()
        stage[1].renew()
        handler(EVENT, ping(block_text(prime=["/about/", "/"])))
        assert seen == ["/warmz/", "/about/", "/", "/products/"]

    def test_a_primed_path_that_is_refused_is_logged(self, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
        def app(event: Any, _context: Any) -> dict[str, Any]:
            return {"statusCode": 200 if event["rawPath"] == "/warmz/" else 301}

        warmable(app)(EVENT, ping(block_text(prime=["/about"])))
        assert caplog.messages == ["caretaker_kit: priming /about was answered 301"]

    def test_nothing_is_replayed_into_the_end_of_the_timeout(self, stage: Stage) -> None:
        assert self.paths_seen(block_text(prime=["/"]), remaining_ms=500) == ["/warmz/"]


class TestTheLine:
    def test_works_as_a_decorator_with_and_without_arguments(self, stage: Stage) -> None:
        @warmable
        def plain(event: Any, context: Any) -> str:
            return "plain"

        @warmable(max_hold_ms=10)
        def limited(event: Any, context: Any) -> str:
            return "limited"

        assert (plain({}, invocation()), limited({}, invocation())) == ("plain", "limited")
        assert plain.__name__ == "plain"

    def test_wraps_an_adapter_object_and_leaves_its_attributes_alone(self, stage: Stage) -> None:
        class Adapter:
            def __init__(self) -> None:
                self.app = "secret"

            def __call__(self, _event: Any, _context: Any) -> str:
                return self.app

        handler = warmable(Adapter())
        assert handler({}, invocation()) == "secret"
        assert not hasattr(handler, "app")

    def test_twice_is_as_good_as_once(self, stage: Stage) -> None:
        handler = warmable(ok)
        assert warmable(handler) is handler

    def test_short_circuit_answers_without_the_application_and_only_pings(self, stage: Stage) -> None:
        handler = warmable(failing, short_circuit=True)
        assert handler({}, ping(block_text()))["reply"] is None
        with pytest.raises(AppError):
            handler({}, invocation())


class TestCurrentPing:
    def test_is_there_for_the_application_during_a_ping_and_gone_after(self, stage: Stage) -> None:
        seen: list[Any] = []
        handler = warmable(lambda _event, _context: seen.append(current_ping()))
        answer = handler({}, ping(block_text()))
        handler({}, invocation())
        assert seen[0]["environment"] == answer["caretaker"]["environment"]
        assert seen[1] is None
        assert current_ping() is None

    def test_is_gone_after_a_ping_that_failed(self, stage: Stage) -> None:
        with pytest.raises(AppError):
            warmable(failing)({}, ping(block_text()))
        assert current_ping() is None
