import pytest

from fleet.model import Answer, Lost
from profiles.model import PingSpec, Shape
from tests.warmer.builders import HTTP, an_answer, kit_block
from warmer.verdict import judge

DIRECT = PingSpec()


def test_an_expected_status_through_the_route_is_warmed_and_healthy() -> None:
    verdict = judge(an_answer({"statusCode": 200, "caretaker": kit_block("a1")}), HTTP)

    assert (verdict.warmed, verdict.healthy, verdict.problem) == (True, True, None)
    assert verdict.kit is not None
    assert verdict.kit.environment == "a1"


def test_a_503_is_warmed_and_unhealthy() -> None:
    verdict = judge(an_answer({"statusCode": 503}), HTTP)

    assert (verdict.warmed, verdict.healthy) == (True, False)
    assert verdict.problem == "answered 503, expected 2xx"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param({"statusCode": 301, "headers": {"Location": "/warmz/"}}, "to /warmz/", id="redirect"),
        pytest.param({"statusCode": 400}, "ALLOWED_HOSTS", id="host"),
        pytest.param({"statusCode": 403}, "without a login", id="login"),
        pytest.param({"statusCode": 404}, "no route for ping.path /warmz/", id="route"),
    ],
)
def test_an_answer_from_before_the_route_warms_nothing_and_names_the_likely_setting(reply: object, words: str) -> None:
    verdict = judge(an_answer(reply), HTTP)

    assert (verdict.warmed, verdict.healthy) == (False, False)
    assert words in (verdict.problem or "")


def test_the_settings_decide_which_status_is_healthy() -> None:
    spec = PingSpec(shape=Shape.HTTP_V2, path="/old", host="h", expect_status=(404,))

    assert judge(an_answer({"statusCode": 404}), spec).healthy
    assert judge(an_answer({"statusCode": 200}), spec).problem == "answered 200, expected 404"
    assert judge(an_answer({"statusCode": 200}), spec).warmed


def test_a_function_error_covers_nothing_and_repeats_what_the_function_said() -> None:
    error = {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 3.00 seconds"}
    verdict = judge(an_answer(error, function_error="Unhandled"), HTTP)

    assert not verdict.warmed
    said = "the function failed (Sandbox.Timedout: Task timed out after 3.00 seconds; "
    assert (verdict.problem or "").startswith(said)


def test_a_throttled_ping_names_lambdas_reason() -> None:
    verdict = judge(an_answer({}, status=429, reason="ConcurrentInvocationLimitExceeded"), HTTP)

    assert verdict.problem == "throttled (ConcurrentInvocationLimitExceeded)"


def test_a_missing_function_repeats_lambdas_words() -> None:
    verdict = judge(an_answer({"Message": "Function not found: shop:live"}, status=404), HTTP)

    assert (verdict.problem or "").startswith("Lambda answered 404: Function not found: shop:live; ")


def test_a_denied_invoke_names_the_permission() -> None:
    assert "lambda:InvokeFunction" in (judge(an_answer({"Message": "no"}, status=403), HTTP).problem or "")


@pytest.mark.parametrize("reply", [None, {"ok": True}, "warmed", []], ids=["null", "object", "text", "list"])
def test_a_direct_ping_is_healthy_whatever_the_handler_returns(reply: object) -> None:
    assert judge(an_answer(reply), DIRECT).healthy


def test_an_http_ping_answered_with_null_never_reached_the_route() -> None:
    assert "no statusCode" in (judge(an_answer(None), HTTP).problem or "")


def test_an_http_api_reply_without_a_status_is_a_200_as_api_gateway_reads_it() -> None:
    assert judge(an_answer({"message": "hello"}), HTTP).healthy


def test_a_reply_that_the_kit_had_to_wrap_is_judged_by_what_it_wraps() -> None:
    wrapped = {"caretaker": kit_block("a1"), "reply": None}

    assert judge(an_answer(wrapped), DIRECT).kit is not None
    assert not judge(an_answer(wrapped), HTTP).warmed


def test_the_kits_header_is_read_where_the_key_is_missing() -> None:
    headers = {"X-Caretaker": '{"v":1,"environment":"lwa-7"}'}
    verdict = judge(an_answer({"statusCode": 200, "headers": headers}), HTTP)

    assert verdict.kit is not None
    assert verdict.kit.environment == "lwa-7"


def test_a_lost_ping_keeps_its_reason() -> None:
    assert judge(Lost(reason="no answer in time"), HTTP).problem == "no answer in time"


@pytest.mark.parametrize("payload", [b"<html>", b'{"statusCode": 2'], ids=["html", "cut"])
def test_a_reply_that_is_no_json_warms_nothing(payload: bytes) -> None:
    answer = an_answer()

    assert "the reply is no JSON" in (judge(type(answer)(status=200, payload=payload), HTTP).problem or "")


def test_a_reply_nested_without_end_warms_nothing() -> None:
    deep = Answer(status=200, payload=b"[" * 100_000)

    assert "the reply is no JSON" in (judge(deep, HTTP).problem or "")
