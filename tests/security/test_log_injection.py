"""A log stays one JSON object a line, whatever functions, files, names and events say; nobody can add a line to it."""

import json
from pathlib import Path
from typing import Any

import pytest

import janitor.handler
from tests.security.hostile import Reply, a_tick, endpoint
from tests.warmer.lambda_machine import tick, write_schedule

FORGED = '{"level":"INFO","message":"tick","ok":true,"forged":true}'
BREAKS = ("\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c")
HOSTILE = "".join(f"{end}{FORGED}" for end in BREAKS) + "\x1b[2J\x1b]0;t\x07\x00\x7f\x9b\u202e\ud800\udfff"


def a_body(value: Any) -> bytes:
    return json.dumps(value).encode()


REPLIES = {
    "an error": Reply(body=a_body({"errorType": f"E{HOSTILE}", "errorMessage": HOSTILE}), error="Unhandled"),
    "an error of another shape": Reply(body=a_body([HOSTILE]), error="Unhandled"),
    "an error without end": Reply(
        body=a_body({"errorType": "E" * 10**6, "errorMessage": "m" * 10**6}), error="Handled"
    ),
    "a redirect": Reply(body=a_body({"statusCode": 302, "headers": {"location": f"https://x/{HOSTILE}"}})),
    "a failing part": Reply(
        body=a_body(
            {"statusCode": 503, "body": json.dumps({"status": "DOWN", "components": {HOSTILE: {"status": "DOWN"}}})}
        )
    ),
    "a header": Reply(body=a_body({"statusCode": 400, "headers": {HOSTILE: HOSTILE}, "body": HOSTILE})),
    "a status of many digits": Reply(body=a_body({"statusCode": "9" * 100_000})),
    "a status that is no number": Reply(body=b'{"statusCode": 1e999}'),
    "a kit's block": Reply(
        body=a_body({"statusCode": 200, "caretaker": {"v": HOSTILE, "environment": HOSTILE, "arrived_ms": 10**30}})
    ),
    "a kit's environment": Reply(
        body=a_body({"statusCode": 200, "caretaker": {"v": 1, "environment": HOSTILE * 1000}})
    ),
    "a log of its own": Reply(
        body=a_body({"statusCode": 500}), log=f"REPORT x{HOSTILE}\nREPORT Billed Duration: {'9' * 400} ms"
    ),
    "brackets": Reply(body=b"[" * 100_000),
    "no text": Reply(body=bytes(range(256))),
    "a refusal": Reply(body=a_body({"Message": HOSTILE}), status="403 Forbidden"),
    "a throttle": Reply(body=a_body({"Reason": HOSTILE}), status="429 Too Many Requests"),
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
def test_whatever_a_function_answers_is_one_json_object_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reply: Reply
) -> None:
    write_schedule(tmp_path, baseline=2)
    told = a_tick(monkeypatch, tmp_path, reply)

    # More than `splitlines` counts as a line's end is a line's end to some reader of logs.
    assert [line for line in told.lines if "forged" in line] == []
    assert all(letter.isprintable() or letter == "\n" for letter in told.printed)
    assert [item["service"] for item in told.report["targets"]] == ["shop"]
    assert len(told.report["targets"][0]["reason"]) < 3_000
    assert json.dumps(told.report, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("key", ["run", "service", "at", HOSTILE])
@pytest.mark.parametrize("value", [HOSTILE, [HOSTILE], "x" * 200_000, {"a": HOSTILE}])
def test_whatever_an_event_says_is_one_json_object_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str, value: Any
) -> None:
    write_schedule(tmp_path, baseline=0)
    told = a_tick(monkeypatch, tmp_path, Reply(body=b"{}"), event={"caretaker": {"run": "warm", key: value}})

    assert [line for line in told.lines if "forged" in line] == []
    assert all(letter.isprintable() or letter == "\n" for letter in told.printed)
    assert (told.report["ok"], told.report["outcome"]) == (False, "refused")
    assert len(told.report["reason"]) < 1_000


def test_whatever_a_schedule_says_is_one_json_object_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_schedule(tmp_path, baseline=0)
    escaped = json.dumps(HOSTILE[:-2])
    (tmp_path / f"bad{HOSTILE[:40]}.yaml".replace("/", "")).write_text(f"version: 1\nowner: {escaped}\n{escaped}: 1\n")

    report = tick(monkeypatch, "http://127.0.0.1:9", tmp_path)

    printed = capsys.readouterr()
    lines = [json.loads(line) for line in (printed.out + printed.err).splitlines()]
    assert [line for line in lines if "forged" in line] == []
    assert {item["code"] for item in report["schedules"]} >= {"E003", "E101"}
    assert all(letter.isprintable() or letter == "\n" for letter in printed.out + printed.err)


EVENTS = (
    {"caretaker": {"run": "drain", "stack": HOSTILE}},
    {"caretaker": {"run": "plan", "stack": f"arn{HOSTILE}"}},
    {"caretaker": {"run": HOSTILE}},
    {"caretaker": {"run": "plan", "functions": [HOSTILE]}},
    {"caretaker": {"run": "plan", HOSTILE: 1}},
    {"caretaker": HOSTILE * 1000},
    {
        "source": "aws.cloudformation",
        "detail": {"stack-id": HOSTILE, "status-details": {"status": "DELETE_IN_PROGRESS"}},
    },
    {"source": "aws.cloudformation", "detail": {"stack-id": HOSTILE, "status-details": {"status": HOSTILE}}},
)


@pytest.mark.parametrize("event", EVENTS)
def test_whatever_an_event_tells_the_janitor_is_one_json_object_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], event: Any
) -> None:
    denied = Reply(body=a_body({"Message": HOSTILE, "Code": f"Access{HOSTILE}"}), status="403 Forbidden")
    with endpoint(lambda _: denied) as (url, _):
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA"):
            monkeypatch.setenv(name, url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        capsys.readouterr()
        report = janitor.handler.lambda_handler(event, None)
    printed = capsys.readouterr()

    lines = [json.loads(line) for line in (printed.out + printed.err).splitlines()]
    assert [line for line in lines if "forged" in line] == []
    assert all(letter.isprintable() or letter == "\n" for letter in printed.out + printed.err)
    assert not report["ok"]
    assert json.dumps(report, ensure_ascii=False).encode("utf-8")
    assert len(report["reason"]) < 2_000
