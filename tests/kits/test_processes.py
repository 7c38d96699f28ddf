"""The kit in real processes, under Lambda's own runtime client: what the runtime makes of its answers."""

import base64
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.model import FunctionVersion
from emulator.threaded import running

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Lambda client for an emulator where the functions `plain` and `primed` are deployed with the kit."""
    code = tmp_path_factory.mktemp("package")
    shutil.copy(Path(__file__).parent / "code" / "plain.py", code)
    kit = ROOT / "kits" / "python" / "caretaker_kit"
    shutil.copytree(kit, code / "caretaker_kit", ignore=shutil.ignore_patterns("__pycache__"))
    catalog = StaticCatalog()
    for function in ("plain", "primed"):
        catalog.put(
            FunctionVersion(
                function=function,
                version="$LATEST",
                arn=f"arn:aws:lambda:eu-west-1:000000000000:function:{function}",
                handler="plain.handler",
                runtime="python3.11",
                code_dir=code,
                timeout_s=20.0,
                identity="one",
            )
        )
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
    with running(catalog) as emulator:
        config = Config(retries={"total_max_attempts": 1})
        yield boto3.client("lambda", endpoint_url=emulator.endpoint, config=config, **keys)


def invoke(
    client: Any, event: Any, *, hold_ms: int | None = None, function: str = "plain", prime: tuple[str, ...] = ()
) -> tuple[Any, str | None]:
    """The decoded reply and the FunctionError; with `hold_ms` it is a ping."""
    given = {}
    if hold_ms is not None:
        release_at_ms = int(time.time() * 1000) + hold_ms
        block = {"v": 1, "burst": "0f8c", "of": 1, "release_at_ms": release_at_ms, "max_hold_ms": 2000}
        block["prime"] = list(prime)
        context = json.dumps({"custom": {"caretaker": json.dumps(block)}})
        given["ClientContext"] = base64.b64encode(context.encode()).decode()
    answer = client.invoke(FunctionName=function, Payload=json.dumps(event), **given)
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


@pytest.mark.parametrize("reply", ["done", ["a", 1], None, 7, True])
def test_a_reply_that_is_no_object_comes_back_beside_the_evidence(client: Any, reply: Any) -> None:
    assert invoke(client, {"reply": reply}) == (reply, None)
    answer, error = invoke(client, {"reply": reply}, hold_ms=0)
    assert (answer["reply"], error) == (reply, None)
    assert answer["caretaker"]["environment"]


def test_bytes_that_the_runtime_would_send_as_they_are_carry_the_evidence_too(client: Any) -> None:
    raw = {"bytes": '{"statusCode": 200}'}
    assert invoke(client, raw) == ({"statusCode": 200}, None)
    answer, error = invoke(client, raw, hold_ms=0)
    assert (answer["statusCode"], error) == (200, None)
    assert answer["caretaker"]["environment"]


@pytest.mark.parametrize("event", ["#warmup", ["a"], None, 7, {}])
def test_an_event_that_is_no_http_event_reaches_the_application(client: Any, event: Any) -> None:
    answer, error = invoke(client, event, hold_ms=0)
    assert (answer.get("reply", {}), error) == (event, None)


def test_an_application_that_fails_a_ping_is_seen_to_have_failed_after_the_hold(client: Any) -> None:
    started = time.monotonic()
    answer, error = invoke(client, {"fail": "no such table"}, hold_ms=400)
    assert time.monotonic() - started >= 0.3
    assert (error, answer["errorType"], answer["errorMessage"]) == ("Unhandled", "StockError", "no such table")


def test_an_environment_that_failed_a_ping_lives_on_and_has_counted_it(client: Any) -> None:
    before, _ = invoke(client, {}, hold_ms=0)
    invoke(client, {"fail": "no such table"}, hold_ms=0)
    after, _ = invoke(client, {}, hold_ms=0)
    assert after["caretaker"]["environment"] == before["caretaker"]["environment"]
    assert after["caretaker"]["invocations"] == before["caretaker"]["invocations"] + 2


def test_a_request_that_fails_fails_as_without_the_kit(client: Any) -> None:
    answer, error = invoke(client, {"fail": "sold out"})
    assert (error, answer["errorType"]) == ("Unhandled", "StockError")
    assert [line for line in answer["stackTrace"] if "plain.py" in line]


def test_a_new_environment_is_primed_once_and_answers_the_ping_s_own_path(client: Any) -> None:
    event = {"rawPath": "/warmz/", "requestContext": {"http": {"method": "GET", "path": "/warmz/"}}}
    first, _ = invoke(client, event, hold_ms=0, function="primed", prime=("/", "/products/?page=2"))
    second, _ = invoke(client, event, hold_ms=0, function="primed", prime=("/", "/products/?page=2"))
    assert first["seen"] == ["/warmz/"]
    assert second["seen"] == ["/warmz/", "/", "/products/", "/warmz/"]
