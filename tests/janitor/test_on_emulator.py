"""The handler on the emulator: Lambda's own answers, a real table, versions published by the API."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config

from emulator.stack import Options, RunningEmulator
from janitor.handler import lambda_handler
from tests.emulator.controlled import client_of, controlled, create
from tests.fleet import state_table

SCHEDULE = """
version: 1
service: checkout
owner: team-shop
timezone: UTC
profiles:
  p: {baseline: 1, windows: []}
targets:
  - {function: shop, version: "3", profile: p}
"""


@pytest.fixture(scope="module")
def emulator() -> Iterator[tuple[Any, Any]]:
    with controlled(Options(control_per_s=15.0)) as (running, _):
        # The rate that the janitor must live with holds for this test's own requests too: the SDK waits for them.
        patient = Config(retries={"total_max_attempts": 10, "mode": "adaptive"})
        session = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=running.account.region
        )
        yield running, session.client("lambda", endpoint_url=running.endpoint_url_lambda, config=patient)


def with_ten_versions(running: RunningEmulator, client: Any) -> None:
    """A state table, and the function `shop`, of whose ten versions aliases use three."""
    state_table.made(client_of(running, "dynamodb"))
    create(client, "shop", versions=10)
    client.create_alias(FunctionName="shop", Name="live", FunctionVersion="5")
    client.create_alias(
        FunctionName="shop",
        Name="canary",
        FunctionVersion="10",
        RoutingConfig={"AdditionalVersionWeights": {"7": 0.2}},
    )


def test_three_runs_prune_what_nobody_uses_and_nothing_else(emulator, monkeypatch, tmp_path):
    running, client = emulator
    (tmp_path / "shop.yaml").write_text(SCHEDULE, encoding="utf-8")
    with_ten_versions(running, client)
    settings = {
        "SCHEDULES": str(tmp_path),
        "STATE_TABLE": "state",
        "MODE": "delete",
        "RATE": "10",
        "KEEP": "2",
        "MIN_SUPERSEDED": "0s",
        "GRACE": "0s",
    }
    for name, value in {
        **running.environment,
        **{f"CARETAKER_{key}": value for key, value in settings.items()},
    }.items():
        monkeypatch.setenv(name, value)
    first, second, third = (lambda_handler(tick(), None) for _ in range(3))
    assert [report["ok"] for report in (first, second, third)] == [True, True, True]
    assert [report["functions"][0]["deleted"] for report in (first, second, third)] == [
        [],
        ["1", "2", "4", "6", "8"],
        [],
    ]
    kept = {line["version"]: line["code"] for line in third["functions"][0]["keep"]}
    assert kept == {"3": "schedule", "5": "alias", "7": "alias-weight", "9": "newest", "10": "newest"}
    left = client.list_versions_by_function(FunctionName="shop")["Versions"]
    assert [one["Version"] for one in left] == ["$LATEST", "3", "5", "7", "9", "10"]


def tick() -> dict[str, str]:
    return {"source": "aws.events", "detail-type": "Scheduled Event", "time": datetime.now(UTC).isoformat()}
