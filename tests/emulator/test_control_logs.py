"""What invocations leave in CloudWatch."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from emulator.controlplane.cloudwatch import Metric, embedded_metrics
from emulator.stack import RunningEmulator
from tests.emulator.controlled import client_of, controlled, create

PATIENCE_S = 60.0
Found = TypeVar("Found")

EMBEDDED = {
    "_aws": {
        "Timestamp": 1795305600123,
        "CloudWatchMetrics": [
            {
                "Namespace": "Shop",
                "Dimensions": [["service"], ["service", "target"]],
                "Metrics": [{"Name": "Covered", "Unit": "Count"}, {"Name": "Spread"}],
            }
        ],
    },
    "service": "warmer",
    "target": "checkout",
    "Covered": [3, 4.5],
    "Spread": 12,
}
SOURCE = f"""
import json

def handler(event, context):
    print("hello", event)
    print(json.dumps({EMBEDDED!r} | {{"_aws": {EMBEDDED["_aws"]!r} | {{"Timestamp": event["now_ms"]}}}}))
    if event.get("fail"):
        raise ValueError("no stock")
"""


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    """An emulator in which `shop:live`, version 1, ran once well and once not."""
    with controlled() as (running, aws):
        create(aws, "shop", source=SOURCE, versions=1)
        aws.create_alias(FunctionName="shop", Name="live", FunctionVersion="1")
        for event in ({}, {"fail": True}):
            payload = json.dumps({**event, "now_ms": int(time.time() * 1000)})
            aws.invoke(FunctionName="shop", Qualifier="live", Payload=payload)
        yield running


def eventually(look: Callable[[], Found]) -> Found:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing after {PATIENCE_S} s"
        time.sleep(0.1)
    return found


def come_to(look: Callable[[], list[float]], wanted: list[float]) -> bool:
    """Whether that is what is seen in the end: the one invocation's metrics may be there before the other's."""
    return eventually(lambda: look() == wanted)


def sums(emulator: RunningEmulator, namespace: str, name: str, dimensions: dict[str, str]) -> list[float]:
    client, now = client_of(emulator, "cloudwatch"), datetime.now(UTC)
    found = client.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=5),
        Period=86400,
        Statistics=["Sum"],
    )
    client.close()
    return [sum(point["Sum"] for point in found["Datapoints"])] if found["Datapoints"] else []


def test_the_log_of_each_invocation_is_in_the_functions_group(emulator: RunningEmulator) -> None:
    logs = client_of(emulator, "logs")

    def messages() -> list[str]:
        if not logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/shop")["logGroups"]:
            return []
        found = [event["message"] for event in logs.filter_log_events(logGroupName="/aws/lambda/shop")["events"]]
        return found if sum(message.startswith("REPORT") for message in found) == 2 else []

    found = eventually(messages)
    logs.close()
    assert sum(message.startswith("hello") for message in found) == 2
    assert any("Init Duration" in message for message in found)
    assert any("no stock" in message for message in found)


@pytest.mark.parametrize(
    "dimensions",
    [
        {"FunctionName": "shop"},
        {"FunctionName": "shop", "Resource": "shop:live"},
        {"FunctionName": "shop", "Resource": "shop:live", "ExecutedVersion": "1"},
    ],
)
def test_invocations_and_errors_are_counted_by_function_alias_and_version(
    emulator: RunningEmulator, dimensions: dict[str, str]
) -> None:
    assert come_to(lambda: sums(emulator, "AWS/Lambda", "Invocations", dimensions), [2.0])
    assert come_to(lambda: sums(emulator, "AWS/Lambda", "Errors", dimensions), [1.0])


def test_metrics_in_log_lines_become_metrics(emulator: RunningEmulator) -> None:
    assert come_to(lambda: sums(emulator, "Shop", "Covered", {"service": "warmer"}), [15.0])


def test_every_value_of_a_line_is_a_metric_in_each_set_of_its_dimensions() -> None:
    found = list(embedded_metrics(b"plain text\n" + json.dumps(EMBEDDED).encode() + b"\n"))
    assert [(metric.name, metric.value, len(metric.dimensions)) for metric in found] == [
        ("Covered", 3.0, 1),
        ("Covered", 4.5, 1),
        ("Spread", 12.0, 1),
        ("Covered", 3.0, 2),
        ("Covered", 4.5, 2),
        ("Spread", 12.0, 2),
    ]
    assert found[-1] == Metric(
        namespace="Shop",
        name="Spread",
        unit="None",
        dimensions=(("service", "warmer"), ("target", "checkout")),
        at_ms=1795305600123.0,
        value=12.0,
    )


@pytest.mark.parametrize("line", ['{"_aws": 1}', '{"_aws": {"CloudWatchMetrics": [{}]}}', '"_aws"', '{"_aws": ['])
def test_a_line_that_breaks_the_format_has_no_metrics(line: str) -> None:
    assert list(embedded_metrics(line.encode())) == []
