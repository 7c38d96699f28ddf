"""Functions that carry another warmer's own package are warmed without a change, and it is said what is proven.

The packages are the real ones, from npm and PyPI, in real processes. `make setup` puts npm's into `.tools/node`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.model import FunctionVersion
from emulator.threaded import running
from tests.kits.packages import ROOT, adapters
from tests.warmer.lambda_machine import tick, write_schedule

NODE = ROOT / ".tools" / "node"
PYTHON = {"warmed_by_lambda_warmer": "lambda-warmer"}
IN_NODE = {
    "lambdaWarmer": "lambda-warmer",
    "middyWarmup": "serverless-plugin-warmup",
    "thundra": "thundra",
    "openNext": "opennext",
}
PINGS = 4


def version(function: str, log_format: str, **fields: Any) -> FunctionVersion:
    return FunctionVersion(
        function=function,
        version="1",
        arn=f"arn:aws:lambda:us-east-1:123456789012:function:{function}",
        timeout_s=30.0,
        memory_mb=512,
        identity="one",
        log_format=log_format,  # type: ignore[arg-type]
        **fields,
    )


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    catalog = StaticCatalog()
    for function in PYTHON:
        fields = {"handler": f"functions.{function}", "runtime": "python3.11", "code_dir": adapters()}
        catalog.put(version(function, "JSON", **fields))
        catalog.alias(function, "live", "1")
    for function in IN_NODE:
        command = ("node", str(NODE / "bootstrap.mjs"), function)
        fields = {"handler": function, "runtime": "nodejs20.x", "code_dir": NODE, "command": command}
        catalog.put(version(function, "JSON", **fields))
        catalog.alias(function, "live", "1")
    with running(catalog) as emulator:
        yield emulator.endpoint


@pytest.fixture
def warmed(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the second tick says of a function that is pinged with a preset."""

    def twice(function: str, preset: str) -> dict[str, Any]:
        write_schedule(tmp_path / "s", baseline=PINGS, function=function, ping=f"{{shape: {preset}}}")
        tick(monkeypatch, endpoint, tmp_path / "s")
        report = tick(monkeypatch, endpoint, tmp_path / "s")
        target: dict[str, Any] = report["targets"][0]
        return target

    return twice


def test_lambda_warmer_for_python_is_proven_by_its_own_hold_and_the_logs(warmed: Any) -> None:
    target = warmed("warmed_by_lambda_warmer", "lambda-warmer")
    assert (target["evidence"], target["errors"], target["healthy"]) == ("overlap", 0, target["covered"])
    assert 1 <= target["covered"] <= PINGS


@pytest.mark.node
@pytest.mark.parametrize("function", [name for name in IN_NODE if name != "openNext"])
def test_other_warmers_for_node_are_healthy_and_their_coverage_is_what_the_logs_show(
    warmed: Any, function: str
) -> None:
    target = warmed(function, IN_NODE[function])
    assert (target["evidence"], target["errors"], target["healthy"]) == ("overlap", 0, target["covered"])
    assert 1 <= target["covered"] <= PINGS


@pytest.mark.node
def test_opennext_s_server_is_healthy(warmed: Any) -> None:
    target = warmed("openNext", "opennext")
    assert (target["errors"], target["healthy"]) == (0, target["covered"])
    assert target["covered"] == PINGS
