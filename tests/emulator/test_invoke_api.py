"""The Invoke API as an unmodified boto3 client sees it."""

import base64
import http.client
import json
import math
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.exchange import Answer, Request, json_answer
from emulator.dataplane.settings import Settings
from emulator.threaded import Running, running
from tests.emulator.deployed import ARN, Caller, until, version


def context(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def refused(call: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        call()
    return {"class": type(raised.value).__name__, **raised.value.response}


@pytest.mark.parametrize(
    ("name", "qualifier"),
    [
        ("app", None),
        ("app:1", None),
        ("app", "1"),
        ("app:1", "1"),
        ("000000000000:function:app", "1"),
        (ARN + "app", "1"),
        (ARN + "app:1", None),
        (ARN + "app:live", None),
        ("app", "live"),
    ],
)
def test_a_function_is_named_by_name_or_arn_and_by_qualifier(
    catalog: StaticCatalog, name: str, qualifier: str | None
) -> None:
    answers_with_itself = ("python3", "-c", _ANSWER_ONCE)
    catalog.put(version(command=answers_with_itself))
    catalog.put(version(number="1", command=answers_with_itself))
    catalog.alias("app", "live", "1")
    with running(catalog) as emulator:
        given = {"Qualifier": qualifier} if qualifier else {}
        got = Caller(emulator.endpoint)(function=name, **given)
    asked = qualifier or ("live" if name.endswith("live") else "1" if name.endswith("1") else None)
    assert got.version == ("1" if asked else "$LATEST")
    assert got.payload == ARN + "app" + (f":{asked}" if asked else "")


# Answers its first invocation with the ARN that it was invoked by, then asks for ever.
_ANSWER_ONCE = """
import http.client, json, os
def ask(method, path, body=None):
    line = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    line.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    reply = line.getresponse()
    reply.read()
    return reply.headers
while True:
    got = ask("GET", "next")
    arn = json.dumps(got["Lambda-Runtime-Invoked-Function-Arn"])
    ask("POST", got["Lambda-Runtime-Aws-Request-Id"] + "/response", arn)
"""


def test_an_invocation_carries_event_context_and_arn_to_the_handler(invoke: Caller) -> None:
    got = invoke({"a": [1, "ü"]}, ClientContext=context({"custom": {"caretaker": "ü"}}))
    assert got.status == 200
    assert got.error is None
    assert got.version == "$LATEST"
    assert got.payload["event"] == {"a": [1, "ü"]}
    assert got.payload["custom"] == {"caretaker": "ü"}
    assert got.payload["arn"] == ARN + "app"
    assert got.payload["version"] == "$LATEST"
    assert 10_000 < got.payload["left_ms"] <= 20_000


def test_no_payload_is_an_empty_object(invoke: Caller) -> None:
    assert invoke(Payload=b"").payload["event"] == {}


def test_a_handlers_exception_is_a_function_error_with_its_stack(invoke: Caller) -> None:
    got = invoke({"act": "fail"})
    assert (got.status, got.error, got.version) == (200, "Unhandled", "$LATEST")
    assert got.payload["errorType"] == "ValueError"
    assert got.payload["errorMessage"] == "broken on purpose"
    assert invoke({}).payload["invocations"] == 2, "a handled exception keeps its environment"


def test_a_very_long_error_reaches_the_caller(invoke: Caller) -> None:
    got = invoke({"act": "fail_at_length"})
    assert got.payload["errorType"] == "ValueError"
    assert len(got.payload["errorMessage"]) == 500_000


def test_a_weighted_alias_sends_each_version_its_share(settings: Settings) -> None:
    drawn = iter([0.05, 0.1, 0.95, 0.09])
    catalog = StaticCatalog(draw=lambda: next(drawn))
    catalog.put(version(number="1"))
    catalog.put(version(number="2"))
    catalog.alias("app", "live", "1", weights={"2": 0.1})
    with running(catalog, settings=settings) as emulator:
        invoke = Caller(emulator.endpoint)
        got = [invoke(Qualifier="live") for _ in range(4)]
    assert [one.version for one in got] == ["2", "1", "1", "2"]
    assert [one.payload["version"] for one in got] == ["2", "1", "1", "2"]


def test_a_dry_run_runs_nothing(emulator: Running, invoke: Caller) -> None:
    got = invoke(InvocationType="DryRun")
    assert got.status == 204
    assert emulator.snapshot().environments == ()


@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
@pytest.mark.parametrize("given", [{"function": "nobody"}, {"Qualifier": "9"}, {"Qualifier": "nowhere"}])
def test_what_does_not_exist_is_not_found(invoke: Caller, kind: str, given: dict[str, str]) -> None:
    error = refused(lambda: invoke(InvocationType=kind, **given))
    assert error["class"] == "ResourceNotFoundException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert error["ResponseMetadata"]["RequestId"]
    assert "Function not found: " in error["Error"]["Message"]


def test_another_region_is_not_found(invoke: Caller) -> None:
    error = refused(lambda: invoke(function=ARN.replace("eu-west-1", "us-east-1") + "app"))
    assert error["class"] == "ResourceNotFoundException"
    assert "us-east-1" in error["Error"]["Message"]


def test_two_qualifiers_that_differ_are_refused(invoke: Caller) -> None:
    assert refused(lambda: invoke(function="app:1", Qualifier="2"))["class"] == "InvalidParameterValueException"


@pytest.mark.parametrize("payload", [b"{", b"{'a': 1}", b'{"a": NaN}', b"[" * 200_000])
def test_a_payload_that_is_no_json_is_refused(invoke: Caller, payload: bytes) -> None:
    error = refused(lambda: invoke(Payload=payload))
    assert error["class"] == "InvalidRequestContentException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("bad", ["%%%", context("text"), base64.b64encode(b"{").decode(), context({"a": "x" * 3000})])
def test_a_client_context_that_is_no_small_object_is_refused(invoke: Caller, bad: str) -> None:
    assert refused(lambda: invoke(ClientContext=bad))["class"] == "InvalidRequestContentException"


@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", 6 * 1024 * 1024), ("Event", 1024 * 1024)])
def test_a_payload_over_the_limit_is_refused(invoke: Caller, kind: str, limit: int) -> None:
    fitting = invoke(Payload=b'"%s"' % (b"x" * (limit - 2)), InvocationType=kind, function="app")
    assert fitting.status in (200, 202)
    error = refused(lambda: invoke(Payload=b'"%s"' % (b"x" * (limit - 1)), InvocationType=kind))
    assert error["Error"]["Code"] == "RequestEntityTooLargeException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_a_response_over_the_limit_is_a_function_error(invoke: Caller) -> None:
    limit = 6 * 1024 * 1024 + 100
    assert len(invoke({"act": "big", "size": limit - 2}).payload) == limit - 2
    got = invoke({"act": "big", "size": limit - 1})
    assert got.error == "Unhandled"
    assert got.payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert invoke({}).error is None, "the next invocation is well again"


def test_an_event_is_accepted_at_once_and_retried_twice(catalog: StaticCatalog, tmp_path: Path) -> None:
    file = tmp_path / "attempts"
    with running(catalog, settings=Settings(event_retry_delays_s=(0.01, 0.01))) as emulator:
        invoke = Caller(emulator.endpoint)
        got = invoke({"act": "write", "file": str(file), "fail": True}, InvocationType="Event")
        assert (got.status, got.payload, got.version) == (202, None, None)
        until(lambda: len(emulator.snapshot().invocations) == 3)
        invoke({})
        attempts = file.read_text().split()
    assert len(attempts) == 3
    assert set(attempts) == {got.headers["x-amzn-requestid"]}, "retries keep the request id"


def test_everything_but_an_invocation_goes_to_the_hook(catalog: StaticCatalog) -> None:
    seen: list[Request] = []

    async def forward(request: Request) -> Answer:
        seen.append(request)
        return json_answer(200, {"Functions": [], "NextMarker": "more"})

    with running(catalog, forward=forward) as emulator:
        client = Caller(emulator.endpoint).client
        assert client.list_functions(MaxItems=7)["NextMarker"] == "more"
        client.update_function_code(FunctionName=ARN + "app", ZipFile=b"z" * 3_000_000)
    assert (seen[0].method, seen[0].target) == ("GET", "/2015-03-31/functions?MaxItems=7")
    assert seen[0].query == {"MaxItems": "7"}
    assert "arn%3Aaws%3Alambda" in seen[1].path
    assert len(seen[1].body) == 4_000_000 + len('{"ZipFile": ""}')


def test_a_client_that_waits_for_permission_to_send_its_body_gets_it(emulator: Running) -> None:
    line = http.client.HTTPConnection(emulator.endpoint.removeprefix("http://"))
    line.putrequest("POST", "/2015-03-31/functions/app/invocations")
    line.putheader("Content-Length", "2")
    line.putheader("Expect", "100-continue")
    line.endheaders()
    assert line.sock.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.send(b"{}")
    reply = line.getresponse()
    assert (reply.status, json.load(reply)["event"]) == (200, {})
    line.close()


def test_without_a_hook_other_operations_do_not_exist(invoke: Caller) -> None:
    assert refused(invoke.client.list_functions)["class"] == "ResourceNotFoundException"


def test_the_emulators_own_pages_tell_what_it_counted(emulator: Running, invoke: Caller) -> None:
    got = invoke({})
    (environment,) = _page(emulator, "environments")
    (invocation,) = _page(emulator, "invocations")
    assert environment["pid"] == got.payload["pid"]
    assert (environment["state"], environment["invocations"]) == ("idle", 1)
    assert invocation["environment"] == environment["id"]
    assert invocation["request_id"] == got.headers["x-amzn-requestid"]
    moments = [
        invocation[f"{name}_ms"] for name in ("arrival", "init_start", "init_end", "service_start", "service_end")
    ]
    assert moments == sorted(moments)
    assert all(math.isfinite(moment) for moment in moments)
    assert (invocation["cold"], invocation["suppressed"], invocation["status"]) == (True, False, "success")


def test_a_reset_makes_the_next_invocation_cold(emulator: Running, invoke: Caller) -> None:
    before = invoke({}).payload["pid"]
    _page(emulator, "reset", method="POST")
    assert emulator.snapshot().environments == ()
    assert not Path(f"/proc/{before}").exists()
    assert invoke({}).payload["pid"] != before


def test_an_unknown_policy_is_refused_with_the_known_ones(emulator: Running) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        _page(emulator, "policy", method="POST", body=b'{"policy": "fifo"}')
    assert raised.value.code == 400
    assert "mru, lru, random" in raised.value.read().decode()


def test_a_port_in_use_is_refused(emulator: Running, catalog: StaticCatalog) -> None:
    port = int(emulator.endpoint.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"), running(catalog, port=port):
        pass


def _page(emulator: Running, name: str, *, method: str = "GET", body: bytes | None = None) -> Any:
    request = urllib.request.Request(f"{emulator.endpoint}/_emulator/{name}", method=method, data=body)
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)
