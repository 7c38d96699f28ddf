"""The handler as outside callers use it. Each failure is a report, never a traceback."""

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.warmer.builders import a_service, schedules
from tests.warmer.lambda_machine import Context, tick, write_schedule
from tests.warmer.raw_server import Request, http_reply, refusing, serving
from warmer.errors import UnusableEvent
from warmer.handler import lambda_handler
from warmer.request import read_event, refusal

NOW = datetime(2026, 11, 24, 8, 34, tzinfo=UTC)
DIRECT = "{shape: direct}"


def asked(event: Any) -> tuple[str, str, bool] | None:
    return refusal(read_event(event, now=NOW), schedules(a_service()), now=NOW)


def test_a_tick_within_its_interval_is_served() -> None:
    assert asked({"time": "2026-11-24T08:30:00Z"}) is None


def test_a_tick_older_than_its_interval_is_skipped_and_says_how_old_it_is() -> None:
    outcome, reason, failed = asked({"time": "2026-11-24T08:25:00Z"}) or ("", "", True)

    assert (outcome, failed) == ("stale", False)
    assert "540 s old" in reason


def test_a_tick_up_to_ten_minutes_ahead_of_the_clock_is_served() -> None:
    assert asked({"time": "2026-11-24T08:44:00Z"}) is None
    assert (asked({"time": "2026-11-24T08:44:01Z"}) or ("",))[0] == "refused"


def test_an_on_demand_run_is_never_stale() -> None:
    assert asked({"caretaker": {"run": "warm", "at": "2026-11-20T08:25:00+09:00"}}) is None


def test_an_on_demand_run_of_an_unknown_service_lists_the_known() -> None:
    outcome, reason, failed = asked({"caretaker": {"run": "warm", "service": "shoop"}}) or ("", "", False)

    assert (outcome, failed) == ("refused", True)
    assert reason.endswith("(usable: shop)")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({}, 'neither "time"'),
        (None, 'neither "time"'),
        ({"time": "yesterday"}, "not an ISO 8601 time"),
        ({"time": 7}, "not an ISO 8601 time"),
        ({"time": "2026-11-24T08:30:00"}, "needs a time zone"),
        ({"caretaker": {"run": "cool"}}, "on demand the warmer takes"),
        ({"caretaker": "warm"}, "on demand the warmer takes"),
        ({"caretaker": {"run": "warm", "sevrice": "shop"}}, "unknown keys: sevrice"),
        ({"caretaker": {"run": "warm", "service": 7}}, "not a service's name"),
    ],
)
def test_an_unusable_event_says_what_was_expected(event: Any, words: str) -> None:
    with pytest.raises(UnusableEvent, match=words):
        read_event(event, now=NOW)


def test_an_unusable_event_is_reported_not_raised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    report = tick(monkeypatch, "http://127.0.0.1:9", tmp_path, event={"hello": "world"})

    assert (report["ok"], report["targets"]) == (False, [])
    assert 'neither "time"' in report["reason"]


def test_settings_that_name_no_folder_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    report = tick(monkeypatch, "http://127.0.0.1:9", tmp_path / "nowhere")

    assert not report["ok"]
    assert "CARETAKER_SCHEDULES" in report["reason"]
    assert "no such folder" in report["reason"]


def test_an_endpoint_that_refuses_connections_fails_its_targets_in_clear_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_schedule(tmp_path, baseline=3)
    with refusing() as port:
        report = tick(monkeypatch, f"http://127.0.0.1:{port}", tmp_path)

    target = report["targets"][0]
    assert (report["ok"], target["outcome"], target["sent"], target["covered"]) == (False, "failed", 0, 0)
    assert "Connection refused" in target["reason"]


def test_missing_credentials_fail_their_targets_in_clear_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_schedule(tmp_path, baseline=1)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("CARETAKER_SCHEDULES", str(tmp_path))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with serving(lambda connection, request: None) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", server.endpoint)
        report = lambda_handler({"caretaker": {"run": "warm"}}, Context())

    assert "no AWS credentials were found" in report["targets"][0]["reason"]


def test_a_broken_file_takes_only_its_own_service_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_schedule(tmp_path, baseline=0)
    write_schedule(tmp_path, baseline=0, service="cart", function="cart")
    (tmp_path / "broken.yaml").write_text("version: 1\nservice: broken\nowner: [\n")

    report = tick(monkeypatch, "http://127.0.0.1:9", tmp_path)

    assert [target["service"] for target in report["targets"]] == ["cart", "shop"]
    assert {target["outcome"] for target in report["targets"]} == {"nothing-due"}
    assert not report["ok"]
    assert report["schedules"][0]["file"].endswith("broken.yaml")
    assert report["schedules"][0]["severity"] == "error"


def test_a_stale_tick_pings_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_schedule(tmp_path, baseline=3)
    with serving(lambda connection, request: None) as server:
        report = tick(monkeypatch, server.endpoint, tmp_path, event={"time": "2020-01-01T00:00:00Z"})

        assert server.connections == 0
    assert (report["outcome"], report["targets"]) == ("stale", [])


def test_a_dry_run_service_is_evaluated_and_nothing_is_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_schedule(tmp_path, baseline=3)
    path = tmp_path / "shop.yaml"
    path.write_text(path.read_text() + "dryRun: true\n")
    with serving(lambda connection, request: None) as server:
        report = tick(monkeypatch, server.endpoint, tmp_path)

        assert server.connections == 0
    assert (report["targets"][0]["outcome"], report["targets"][0]["wanted"]) == ("would-ping", 3)
    assert report["ok"]


def test_the_report_ends_before_lambda_would_end_the_function(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_schedule(tmp_path, baseline=2, ping=DIRECT)
    started = datetime.now(UTC)
    with serving(lambda connection, request: server.stopping.wait(300) and None) as server:
        report = tick(monkeypatch, server.endpoint, tmp_path, seconds=20)

    assert (datetime.now(UTC) - started).total_seconds() < 100
    assert report["targets"][0]["covered"] == 0
    assert "no complete answer in time" in report["targets"][0]["reason"]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (
            {"get_function": b'{"Concurrency":{"ReservedConcurrentExecutions":2}}'},
            "concurrency 2 of",
        ),
        ({"get_function_concurrency": b'{"ReservedConcurrentExecutions":2}'}, "concurrency 2 of"),
        (
            {
                "account": b'{"AccountLimit":{"ConcurrentExecutions":3,"UnreservedConcurrentExecutions":3,'
                b'"TotalCodeSize":1,"CodeSizeUnzipped":1,"CodeSizeZipped":1}}'
            },
            "unreserved concurrency 3 of",
        ),
    ],
    ids=["GetFunction", "GetFunctionConcurrency", "GetAccountSettings"],
)
def test_limits_are_read_wherever_the_endpoint_tells_them(
    limits: dict[str, bytes], words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def lambda_api(connection: socket.socket, request: Request) -> None:
        path = request.head.split(" ")[1]
        kind = (
            "invoke"
            if "/invocations" in path
            else "get_function_concurrency"
            if path.endswith("/concurrency")
            else "account"
            if "account-settings" in path
            else "get_function"
        )
        found = {"invoke": b'{"caretaker":{"v":1,"environment":"e%d"}}' % request.index, **limits}.get(kind)
        connection.sendall(http_reply(found) if found else http_reply(b"{}", status="404 Not Found"))

    write_schedule(tmp_path, baseline=10, ping=DIRECT)
    with serving(lambda_api) as server:
        target = tick(monkeypatch, server.endpoint, tmp_path)["targets"][0]

    assert (target["wanted"], target["sent"], target["covered"], target["outcome"]) == (10, 2, 2, "short")
    assert words in target["reason"]


def test_a_target_left_to_provisioned_concurrency_is_evaluated_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_schedule(tmp_path, baseline=3)
    path = tmp_path / "shop.yaml"
    path.write_text(path.read_text().replace("profile: day}", "profile: day, strategy: provisioned}"))
    with serving(lambda connection, request: None) as server:
        report = tick(monkeypatch, server.endpoint, tmp_path)

        assert server.connections == 0
    target = report["targets"][0]
    assert (target["outcome"], target["wanted"], report["ok"]) == ("left-to-provisioned", 3, True)
    assert "unproven" in target["reason"]
