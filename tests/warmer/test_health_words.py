"""What a report says of an answer that was not the expected one: which setting of Django or Spring likely causes it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model import Answer
from profiles.model import PingSpec, Shape
from tests.warmer.builders import HTTP, an_answer, kit_block
from warmer.verdict import judge

ACTUATOR = PingSpec(shape=Shape.HTTP_V2, path="/actuator/health", host="shop.example.com")
SPRING_ERROR = {"timestamp": "2026-11-24T12:00:00.000+00:00", "status": 404, "error": "Not Found", "path": "/warmz/"}


def http(status: int, body: Any = "", **headers: str) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"statusCode": status, "headers": {k.replace("_", "-"): v for k, v in headers.items()}, "body": text}


def problem(reply: Any, spec: PingSpec = HTTP) -> str:
    return judge(an_answer(reply), spec).problem or ""


# what the application answered, what the report must say, what it must not
NOT_THE_ROUTE = [
    ("the slash", http(301, location="/warmz/health/"), "ping.path /warmz/health lacks the slash", "SSL"),
    (
        "the slash, whole address",
        http(301, Location="https://shop.example.com/warmz/health/"),
        "Django: APPEND_SLASH",
        "SSL",
    ),
    ("SSL", http(301, location="https://shop.example.com/warmz/health"), "SECURE_PROXY_SSL_HEADER", "login"),
    ("SSL in Spring", http(302, location="https://shop.example.com/warmz/health"), "server.forward-headers", "login"),
    ("login", http(302, location="/accounts/login/?next=/warmz/health"), "login_not_required", "next="),
    ("OAuth", http(302, location="https://id.example.com/oauth2/authorize?state=s3cr3t"), "permitAll()", "s3cr3t"),
    ("www", http(301, location="https://www.shop.example.com/warmz/health"), "PREPEND_WWW", "login"),
    ("unnamed", http(302), "an unnamed place", "None"),
    ("broken address", http(302, location="http://[::1"), "a redirect warms nothing", "None"),
    ("host", http(400), "ALLOWED_HOSTS", "None"),
    ("host in Django", http(400, "<h1>Bad Request (400)</h1>"), "add shop.example.com to ALLOWED_HOSTS", "Spring"),
    ("host in Tomcat", http(400, "<h1>HTTP Status 400 \u2013 Bad Request</h1>"), "malformed", "Django"),
    (
        "login of REST framework",
        http(401, {"detail": "Authentication credentials were not provided."}),
        "AllowAny",
        "Spring",
    ),
    ("security filter", http(401, "", set_cookie="JSESSIONID=1; Path=/"), 'requestMatchers("/warmz/health")', "Django"),
    ("CSRF", http(403, "CSRF verification failed. Request aborted."), "came as a POST", "Spring"),
    ("either's login", http(403), "SecurityFilterChain", "None"),
    ("no route", http(404), "no route for ping.path /warmz/health", "None"),
    (
        "no route in Django",
        http(404, "The requested resource was not found on this server."),
        "urls.py has no such path",
        "Spring",
    ),
    ("no route in Spring", http(404, SPRING_ERROR), "server.servlet.context-path", "Django"),
    ("only POST", http(405), "takes no GET", "None"),
    ("teapot", http(418), "refused ping.path /warmz/health", "None"),
]


@pytest.mark.parametrize(
    ("reply", "says", "says_not"), [row[1:] for row in NOT_THE_ROUTE], ids=[r[0] for r in NOT_THE_ROUTE]
)
def test_an_answer_from_before_the_route_warms_nothing_and_names_the_setting(
    reply: Any, says: str, says_not: str
) -> None:
    spec = PingSpec(shape=Shape.UNIVERSAL, path="/warmz/health", host="shop.example.com")
    verdict = judge(an_answer(reply), spec)

    assert (verdict.warmed, verdict.healthy) == (False, False)
    assert says in (verdict.problem or "")
    assert says_not not in (verdict.problem or "")


@pytest.mark.parametrize("words", ["management.endpoints.web.exposure.include", "management.server.port"])
def test_a_missing_actuator_names_exposure_and_its_own_port(words: str) -> None:
    assert words in problem(http(404, SPRING_ERROR), ACTUATOR)


# what the application answered from behind its route, what the report says after "answered 5xx, expected 2xx"
BEHIND = [
    (http(503), ""),
    (http(503, {"status": "DOWN", "components": {"db": {"status": "DOWN"}, "ping": {"status": "UP"}}}), ": failing db"),
    (
        http(503, {"status": "unavailable", "checks": {"database default": "error", "cache": "ok"}}),
        ": failing database",
    ),
    (http(500, {"message": "Internal Server Error"}), ": Spring's container could not read the event"),
    (http(502, {"message": "Gateway timeout"}), ": Spring's context did not start"),
    (http(500, "<h1>Server Error (500)</h1>"), ": a Django view raised"),
]


@pytest.mark.parametrize(("reply", "words"), BEHIND)
def test_an_answer_from_behind_the_route_warms_and_says_what_is_ill(reply: Any, words: str) -> None:
    verdict = judge(an_answer(reply), HTTP)

    assert (verdict.warmed, verdict.healthy) == (True, False)
    assert (verdict.problem or "").startswith(f"answered {reply['statusCode']}, expected 2xx{words}")


# errorType, errorMessage, what the report says besides
FAULTS = [
    ("Sandbox.Timedout", "RequestId: 7 Error: Task timed out after 3.00 seconds", "raise Timeout"),
    ("Runtime.OutOfMemory", "", "raise MemorySize"),
    ("Runtime.ExitError", "RequestId: 7 Error: Runtime exited with error: signal: killed", "raise MemorySize"),
    ("Runtime.ExitError", "RequestId: 7 Error: Runtime exited with error: exit status 1", "last words"),
    ("java.lang.OutOfMemoryError", "Java heap space", "raise MemorySize"),
    ("Runtime.ImportModuleError", "Unable to import module 'app': No module named 'django'", "the package lacks"),
    ("ModuleNotFoundError", "No module named 'shop.settings'", "DJANGO_SETTINGS_MODULE"),
    ("ImproperlyConfigured", "Set the SECRET_KEY environment variable", "Django's settings"),
    ("Runtime.HandlerNotFound", "Handler 'handle' missing on module 'app'", "Handler names"),
    ("Runtime.UserCodeSyntaxError", "Syntax error in module 'app'", "newer Runtime"),
    ("java.lang.UnsupportedClassVersionError", "class file version 65.0", "newer Runtime"),
    ("java.lang.ClassNotFoundException", "Class not found: com.example.Handler", "the archive does not hold"),
    ("com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException", "Unrecognized field", "http-v2"),
    ("KeyError", "'httpMethod'", "another ping.shape"),
    ("RuntimeError", "The adapter was unable to infer a handler to use for the event.", "another ping.shape"),
    ("DisallowedHost", "Invalid HTTP_HOST header: 'x'", "ALLOWED_HOSTS"),
    ("AppRegistryNotReady", "Apps aren't loaded yet.", "get_wsgi_application()"),
    ("OperationalError", "connection to server failed", "its database does not answer"),
    ("org.springframework.beans.factory.BeanCreationException", "Error creating bean", "Spring's context did not"),
    ("Runtime.InvalidEntrypoint", "exec format error", "another architecture"),
    ("Extension.Crash", "exit code 1", "an extension"),
    ("Function.ResponseSizeTooLarge", "exceeded maximum", "over 6 MB"),
    ("Runtime.MarshalError", "Unable to marshal response", "JSON cannot hold"),
    ("ClientError", "User is not authorized to perform: dynamodb:GetItem", "own role"),
]


@pytest.mark.parametrize(("kind", "message", "says"), FAULTS, ids=[f"{row[0]}: {row[1]}"[:60] for row in FAULTS])
def test_a_function_error_covers_nothing_and_names_its_likely_cause(kind: str, message: str, says: str) -> None:
    verdict = judge(an_answer({"errorType": kind, "errorMessage": message}, function_error="Unhandled"), HTTP)

    assert (verdict.warmed, verdict.healthy) == (False, False)
    assert kind in (verdict.problem or "")
    assert says in (verdict.problem or "")


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-24T12:00:03.004Z 7f3c1b2a-1111-2222-3333-444455556666 Task timed out after 3.00 seconds",
        "RequestId: 7f3c1b2a-1111-2222-3333-444455556666 Error: Task timed out after 3.00 seconds",
        "Task timed out after 3.00 seconds",
    ],
)
def test_pings_that_failed_alike_have_one_problem_whatever_their_request_ids(said: str) -> None:
    error = {"errorType": "Sandbox.Timedout", "errorMessage": said}
    problem = judge(an_answer(error, function_error="Unhandled"), HTTP).problem or ""

    assert problem.startswith("the function failed (Sandbox.Timedout: Task timed out after 3.00 seconds; ")


def test_an_error_that_no_row_knows_is_repeated_and_not_explained() -> None:
    error = {"errorType": "TeapotError", "errorMessage": "short and stout"}

    assert (
        judge(an_answer(error, function_error="Unhandled"), HTTP).problem
        == "the function failed (TeapotError: short and stout)"
    )


@pytest.mark.parametrize(
    ("status", "said", "says"),
    [
        (403, "User: x is not authorized to perform: lambda:InvokeFunction", "allow lambda:InvokeFunction"),
        (403, "The security token included in the request is expired", "renew the warmer's credentials"),
        (403, "Signature expired: 20261124T120000Z is now earlier than", "look at its clock"),
        (404, "Function not found: shop:live", "the alias and the region"),
        (409, "The operation cannot be performed at this time.", "next tick"),
        (502, "EC2 Error", "Lambda answered 502: EC2 Error"),
    ],
)
def test_what_lambda_refuses_says_what_to_do(status: int, said: str, says: str) -> None:
    assert says in (judge(an_answer({"Message": said}, status=status), HTTP).problem or "")


# the preset, the reply that its own package gives, and the environment that it proves
REPLIES = [
    (Shape.LAMBDA_WARMER, "warmed", None),
    (Shape.LAMBDA_WARMER, None, None),
    (Shape.SERVERLESS_PLUGIN_WARMUP, "Lambda is warm!", None),
    (Shape.SERVERLESS_PLUGIN_WARMUP, {}, None),
    (Shape.ZAPPA_KEEP_WARM, None, None),
    (Shape.OPENNEXT, {"type": "warmer", "serverId": "k3x9q1"}, "opennext:k3x9q1"),
    (Shape.OPENNEXT, {"type": "warmer", "serverId": "server-k3x9q1"}, None),
    (Shape.OPENNEXT, {"type": "warmer", "serverId": ""}, None),
    (Shape.OPENNEXT, {"type": "warmer", "serverId": 7}, None),
    (Shape.OPENNEXT, {"serverId": "k3x9q1"}, None),
    (Shape.SST, {"type": "warmer", "serverId": "server-k3x9q1"}, None),
    (Shape.SST, {"type": "warmer", "serverId": "k3x9q1"}, None),
    (Shape.THUNDRA, None, None),
    (Shape.THUNDRA, {"instanceId": "9f3c", "latestRequestTime": "2026-11-24 12:00:00.000"}, "thundra:9f3c"),
]


@pytest.mark.parametrize(("shape", "reply", "environment"), REPLIES)
def test_another_warmers_answer_is_healthy_and_an_id_only_where_it_is_one(
    shape: Shape, reply: Any, environment: str | None
) -> None:
    verdict = judge(an_answer(reply), PingSpec(shape=shape))

    assert (verdict.warmed, verdict.healthy, verdict.problem) == (True, True, None)
    assert (verdict.kit.environment if verdict.kit else None) == environment


def test_the_kit_goes_before_another_warmers_id() -> None:
    reply = {"type": "warmer", "serverId": "k3x9q1", "caretaker": kit_block("a1")}
    verdict = judge(an_answer(reply), PingSpec(shape=Shape.OPENNEXT))

    assert verdict.kit is not None
    assert verdict.kit.environment == "a1"


def test_a_handler_that_does_not_know_the_other_warmer_says_so_by_its_status() -> None:
    assert "does not know" in problem(http(404), PingSpec(shape=Shape.LAMBDA_WARMER))


def test_a_kit_of_a_later_version_is_healthy_not_counted_and_named() -> None:
    verdict = judge(an_answer({"statusCode": 200, "caretaker": kit_block("a1", v=2)}), HTTP)

    assert (verdict.warmed, verdict.healthy, verdict.kit) == (True, True, None)
    assert verdict.problem == "its kit reports in version 2, this warmer reads 1: update the warmer"


KEYS = st.sampled_from(
    [
        "statusCode",
        "headers",
        "multiValueHeaders",
        "location",
        "body",
        "status",
        "components",
        "checks",
        "caretaker",
        "v",
        "environment",
        "serverId",
        "type",
        "instanceId",
        "errorType",
        "errorMessage",
        "Message",
        "reply",
        "db",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner, max_size=5),
    max_leaves=12,
)


@given(
    ANYTHING,
    st.sampled_from([200, 301, 400, 401, 404, 500, 502, 503]),
    st.sampled_from(list(Shape)),
    st.sampled_from([None, "Unhandled"]),
)
def test_no_reply_whatever_raises(reply: Any, status: int, shape: Shape, error: str | None) -> None:
    whole = {**reply, "statusCode": status, "body": json.dumps(reply)} if isinstance(reply, dict) else reply
    payload = json.dumps(whole).encode()

    verdict = judge(Answer(status=200, payload=payload, function_error=error), PingSpec(shape=shape, path="/warmz/"))
    assert verdict.warmed or not verdict.healthy
