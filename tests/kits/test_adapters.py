"""Every adapter that people put in front of a Python application, as a real process under Lambda's runtime client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.model import FunctionVersion
from emulator.threaded import running
from tests.examples.caller import Caller, event
from tests.kits.packages import adapters
from tests.warmer.lambda_machine import tick, write_schedule

SHAPES = {
    "apig_wsgi": ("universal", "http-v2", "http-v1", "alb"),
    "serverless": ("universal", "http-v2", "http-v1", "alb"),
    "aws_wsgi": ("universal", "http-v1", "alb"),
    "powertools_rest": ("universal", "http-v1"),
    "powertools_http": ("universal", "http-v2"),
    "powertools_url": ("universal", "http-v2"),
    "powertools_alb": ("universal", "alb"),
    # Chalice routes on the resource's template, which only its own API knows; the universal event has the path there.
    "chalice_app": ("universal",),
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    catalog = StaticCatalog()
    for function in SHAPES:
        catalog.put(
            FunctionVersion(
                function=function,
                version="1",
                arn=f"arn:aws:lambda:us-east-1:123456789012:function:{function}",
                handler=f"functions.{function}",
                runtime="python3.11",
                code_dir=adapters(),
                timeout_s=30.0,
                memory_mb=512,
                identity="one",
            )
        )
        catalog.alias(function, "live", "1")
    with running(catalog) as emulator:
        yield emulator.endpoint


@pytest.mark.parametrize("function", SHAPES)
def test_pings_at_once_go_through_the_application_and_are_counted(endpoint: str, function: str) -> None:
    burst = Caller.of(endpoint, f"{function}:live").burst(event("universal"), count=3, hold_ms=2000)
    assert len({evidence["environment"] for evidence in burst}) == 3


def test_one_tick_of_the_warmer_counts_them_all(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for function in SHAPES:
        write_schedule(tmp_path, baseline=3, service=function.replace("_", "-"), function=function)
    report = tick(monkeypatch, endpoint, tmp_path)
    seen = {item["function"]: (item["evidence"], item["covered"], item["healthy"]) for item in report["targets"]}
    assert seen == dict.fromkeys(SHAPES, ("counted", 3, 3))


@pytest.mark.parametrize(("function", "shape"), [(name, shape) for name in SHAPES for shape in SHAPES[name]])
def test_each_event_shape_that_an_adapter_reads_brings_status_and_evidence(
    endpoint: str, function: str, shape: str
) -> None:
    caller = Caller.of(endpoint, f"{function}:live")
    answer = caller.ping(event(shape))
    assert int(answer["statusCode"]) == 200
    assert answer["caretaker"]["environment"]
    public = caller.request(event(shape))
    assert public == {name: value for name, value in answer.items() if name != "caretaker"}
