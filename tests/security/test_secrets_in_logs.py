"""Nothing secret is printed or returned: no credentials, payloads, headers, reply bodies or environment variables.

A word is planted in each of these; afterwards it must be nowhere in what the functions and the command print.
"""

import io
import json
import logging
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

import janitor.handler
from tests.security.hostile import Reply, a_tick, endpoint

ROOT = Path(__file__).resolve().parents[2]
WORD = "hunter2"
SCHEDULE = f"""\
version: 1
service: shop
owner: team
timezone: UTC
profiles:
  day: {{baseline: 2}}
targets:
  - function: shop
    alias: live
    profile: day
    ping: {{shape: direct, payload: {{key: {WORD}-payload}}, prime: ["/{WORD}-prime"]}}
  - function: cart
    alias: live
    profile: day
    ping:
      shape: http-v2
      host: shop.example.com
      path: /warmz/?token={WORD}-query
      headers: {{authorization: "Bearer {WORD}-header", cookie: "session={WORD}-cookie"}}
"""
URL = f"postgres://shop:{WORD}-url@db.example.com/shop"
FORMS = {"text": [], "json": ["--format", "json"]}
REPLIES = {
    "a healthy body": {"statusCode": 200, "body": f"{WORD}-body", "headers": {"set-cookie": f"id={WORD}-set"}},
    "an unhealthy body": {"statusCode": 503, "body": json.dumps({"status": "DOWN", "details": f"{WORD}-details"})},
    "a failing part": {"statusCode": 503, "body": json.dumps({"checks": {"db": f"down: {URL}"}})},
    "a redirect": {"statusCode": 302, "headers": {"location": f"https://u:{WORD}@x.example.com/login?t={WORD}#{WORD}"}},
    "a refusal": {"statusCode": 403, "body": f"token {WORD}-refused", "headers": {"www-authenticate": WORD}},
    "a kit's block": {
        "statusCode": 200,
        "body": "",
        "caretaker": {"v": 1, "environment": f"{WORD}-env", "arrived_ms": 1, "cold": False, WORD: WORD},
    },
    "an unknown block": {"statusCode": 200, "caretaker": {"v": 2, "secret": WORD}},
    "hints": {"statusCode": 200, "body": json.dumps({"hints": [f"password={WORD}-hint", f"see {URL}"]})},
}
ERRORS = {
    "an address": f"could not connect to {URL}",
    "a password": f"login failed: password={WORD}-word, user=shop",
    "a dump of the environment": json.dumps({"DB_PASSWORD": WORD, "API_TOKEN": f"{WORD}1", "SECRET_KEY": WORD}),
    "a header": f"refused with Authorization: Bearer {WORD}{WORD}",
    "a session": f"https://example.com/?X-Amz-Security-Token={WORD}&X-Amz-Signature={WORD}&a=1",
}


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DB_PASSWORD", "CARETAKER_TOKEN", "HUNTER", "AWS_SESSION_TOKEN", "HTTPS_PROXY_PASSWORD"):
        monkeypatch.setenv(name, f"{WORD}-{name}")


@pytest.fixture
def schedules(tmp_path: Path) -> Path:
    folder = tmp_path / "schedules"
    folder.mkdir()
    (folder / "shop.yaml").write_text(SCHEDULE)
    return folder


def answers() -> dict[str, Reply]:
    replies = {name: Reply(body=json.dumps(value).encode(), log=f"{WORD}-log\n") for name, value in REPLIES.items()}
    errors = {
        name: Reply(
            body=json.dumps({"errorType": "OperationalError", "errorMessage": text, "stackTrace": [WORD]}).encode(),
            error="Unhandled",
            log=f"{WORD}-log\n",
        )
        for name, text in ERRORS.items()
    }
    denied = {"Message": f"User: arn:aws:iam::1:user/a is not allowed; token={WORD}"}
    refused = Reply(body=json.dumps(denied).encode(), status="403 Forbidden", headers=f"x-secret: {WORD}\r\n")
    return {**replies, **errors, "a refusal by Lambda": refused}


@pytest.mark.parametrize("reply", answers().values(), ids=answers().keys())
def test_a_tick_prints_and_returns_nothing_secret(
    monkeypatch: pytest.MonkeyPatch, schedules: Path, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        told = a_tick(monkeypatch, schedules, reply)

    sent = "".join(request.head + request.body.decode() for request in told.requests)
    assert f"{WORD}-payload" in sent, "the word must have been at stake"
    assert f"{WORD}-header" in sent
    assert WORD not in told.everything
    assert WORD not in caplog.text
    assert [item["service"] for item in told.report["targets"]] == ["shop", "shop"]


@pytest.mark.parametrize("form", FORMS)
def test_the_command_prints_nothing_secret_of_what_it_warms(schedules: Path, form: str) -> None:
    for reply in (answers()["an address"], answers()["hints"], answers()["a redirect"]):
        with endpoint(lambda _, reply=reply: reply) as (url, requests):
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "cli",
                    "warm",
                    "shop",
                    "--schedules",
                    str(schedules),
                    "--endpoint-url",
                    url,
                    *FORMS[form],
                ],
                cwd=ROOT,
                env={**os.environ, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": WORD},
                capture_output=True,
                text=True,
                check=False,
            )

        assert requests, done.stderr
        assert WORD not in done.stdout + done.stderr


def test_a_mistake_in_a_schedule_shows_no_payload_and_no_header(
    monkeypatch: pytest.MonkeyPatch, schedules: Path
) -> None:
    broken = SCHEDULE.replace("owner: team", "owner: 7").replace("profile: day", "profile: night", 1)
    (schedules / "shop.yaml").write_text(broken)

    told = a_tick(monkeypatch, schedules, Reply(body=b"{}"))

    assert told.report["schedules"]
    assert WORD not in told.everything


def test_a_proxy_s_password_is_not_repeated(monkeypatch: pytest.MonkeyPatch, schedules: Path) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://me:{WORD}@127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", f"http://me:{WORD}@127.0.0.1:9")

    told = a_tick(monkeypatch, schedules, Reply(body=b"{}"))

    assert "the proxy does not answer" in told.everything, "the word must have been at stake"
    assert WORD not in told.everything


def planned(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], message: str) -> Any:
    denied = Reply(
        body=json.dumps({"Message": message, "Code": "AccessDeniedException"}).encode(), status="403 Forbidden"
    )
    with endpoint(lambda _: denied) as (url, _):
        for name, value in {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": f"AKIA{'A' * 16}",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"{WORD}-key")
        capsys.readouterr()
        report = janitor.handler.lambda_handler({"caretaker": {"run": "plan"}}, None)
    printed = capsys.readouterr()
    return report, printed.out + printed.err


def test_the_janitor_prints_and_returns_nothing_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report, printed = planned(monkeypatch, capsys, f"denied; {URL}; password={WORD}")

    assert report["problems"]
    assert [json.loads(line) for line in printed.splitlines()]
    assert WORD not in printed + json.dumps(report)
    assert "AKIAAAAA" not in printed + json.dumps(report)


def test_the_janitor_shows_nothing_of_the_functions_that_it_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lambda's listings hold every function's environment variables; whoever reads them sees them."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    with mock_aws():
        _a_function_with_secrets()
        capsys.readouterr()
        report = janitor.handler.lambda_handler({"caretaker": {"run": "plan"}}, None)
    printed = capsys.readouterr()

    assert [item["function"] for item in report["functions"]] == ["shop"]
    assert WORD not in printed.out + printed.err + json.dumps(report)


def _a_function_with_secrets() -> None:
    role = boto3.client("iam").create_role(RoleName="shop", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", f"SECRET = '{WORD}'")
    functions = boto3.client("lambda", region_name="us-east-1")
    functions.create_function(
        FunctionName="shop",
        Runtime="python3.13",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"DB_PASSWORD": WORD}},
        Description=f"password={WORD}",
        Tags={"token": WORD},
    )
    for _ in range(3):
        functions.publish_version(FunctionName="shop", Description=WORD)
