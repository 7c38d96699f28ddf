"""What a caller sees when a function is slow, breaks or never starts, and how the next invocation fares."""

import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.settings import Settings
from emulator.threaded import Running, running
from tests.emulator.deployed import Caller, until, version


def start(kind: str, tmp_path: Path, more: Mapping[str, str] | None = None) -> tuple[tuple[str, str], ...]:
    """The variables that a function of tests/emulator/code reads."""
    return (("FLAG", str(tmp_path / "flag")), ("START_FAILURE", kind), *(more or {}).items())


def test_a_timeout_is_reported_in_lambdas_words_and_resets_the_environment(
    catalog: StaticCatalog, emulator: Running, invoke: Caller
) -> None:
    catalog.put(version(timeout_s=4.25))  # time enough for the next init, which it bounds as well
    before = invoke({}).payload["pid"]
    got = invoke({"sleep_s": 30}, tail=True)
    after = invoke({}, tail=True)
    assert (got.status, got.error) == (200, "Unhandled")
    assert got.payload["errorType"] == "Sandbox.Timedout"
    request_id = got.headers["x-amzn-requestid"]
    assert got.payload["errorMessage"] == f"RequestId: {request_id} Error: Task timed out after 4.25 seconds"
    assert f"{request_id} Task timed out after 4.25 seconds\n" in got.log
    assert "Status: timeout" in got.log
    assert after.payload["pid"] != before
    assert not Path(f"/proc/{before}").exists()
    assert len(emulator.snapshot().environments) == 1, "the environment is the same, its process another"


def test_after_a_crash_the_init_is_suppressed_into_the_duration(emulator: Running, invoke: Caller) -> None:
    invoke({})
    crashed = invoke({"act": "leave", "code": 3}, tail=True)
    after = invoke({}, tail=True)
    warm = [invoke({}, tail=True) for _ in range(5)]
    assert crashed.payload["errorType"] == "Runtime.ExitError"
    assert crashed.payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert "Status: error\tError Type: Runtime.ExitError" in crashed.log
    assert "Init Duration" not in after.log
    assert "loading app" in after.log
    assert duration(after.log) > 2 * min(duration(one.log) for one in warm)
    facts = emulator.snapshot().invocations
    assert [(one.cold, one.suppressed) for one in facts] == [
        (True, False),
        (False, False),
        (True, True),
        *[(False, False)] * 5,
    ]
    assert len({one.environment for one in facts}) == 1


def test_a_runtime_that_leaves_without_an_error_is_still_an_error(invoke: Caller) -> None:
    got = invoke({"act": "leave", "code": 0})
    assert got.payload["errorMessage"].endswith("Error: Runtime exited without providing a reason")


def test_an_environment_whose_process_died_while_idle_starts_again(invoke: Caller) -> None:
    pid = invoke({}).payload["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{pid}").exists())
    got = invoke({}, tail=True)
    assert got.error is None
    assert got.payload["invocations"] == 1


def test_a_missing_module_is_told_by_the_runtime_itself(catalog: StaticCatalog, invoke: Caller) -> None:
    catalog.put(version(handler="nothing.handler"))
    got = invoke({}, tail=True)
    assert (got.status, got.error) == (200, "Unhandled")
    assert got.payload["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'nothing'" in got.payload["errorMessage"]
    assert re.search(
        r"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime.Import", got.log
    )
    assert "Init Duration" not in got.log.split("REPORT RequestId")[1]


def test_a_command_that_does_not_exist_is_an_invalid_entrypoint(catalog: StaticCatalog, invoke: Caller) -> None:
    catalog.put(version(command=("/nowhere/runtime",)))
    got = invoke({})
    assert got.payload["errorType"] == "Runtime.InvalidEntrypoint"
    assert "/nowhere/runtime" in got.payload["errorMessage"]


@pytest.mark.parametrize("kind", ["raise", "exit"])
def test_a_failed_init_is_tried_once_more_at_the_first_invoke(
    catalog: StaticCatalog, invoke: Caller, tmp_path: Path, kind: str
) -> None:
    catalog.put(version(handler="flaky_start.handler", environment=start(kind, tmp_path)))
    got = invoke({}, tail=True)
    assert got.payload == "start 2"
    assert "Status: error" in got.log.split("START RequestId")[0]


@pytest.mark.parametrize(("kind", "error_type"), [("raise", "RuntimeError"), ("exit", "Runtime.ExitError")])
def test_an_init_that_always_fails_is_tried_twice_then_once_an_invoke(
    catalog: StaticCatalog, invoke: Caller, tmp_path: Path, kind: str, error_type: str
) -> None:
    variables = start(kind, tmp_path, {"ALWAYS": "1"})
    catalog.put(version(handler="flaky_start.handler", environment=variables))
    first, second = invoke({}), invoke({})
    assert (first.error, second.error) == ("Unhandled", "Unhandled")
    assert (first.payload["errorType"], second.payload["errorType"]) == (error_type, error_type)
    assert (tmp_path / "flag").read_text() == "xxx"


def test_an_init_over_the_limit_is_repeated_under_the_functions_timeout(catalog: StaticCatalog, tmp_path: Path) -> None:
    catalog.put(version(handler="slow_start.handler", environment=start("none", tmp_path)))
    with running(catalog, settings=Settings(init_limit_s=5.0)) as emulator:
        got = Caller(emulator.endpoint)({}, tail=True)
        (facts,) = emulator.snapshot().invocations
    assert got.payload == "started"
    ended = re.search(r"INIT_REPORT Init Duration: (\d+\.\d\d) ms\tPhase: init\tStatus: timeout", got.log)
    assert ended is not None
    assert 5_000 <= float(ended[1]) < 50_000, "it would have gone on for a minute"
    assert "the slow start" in got.log
    assert (facts.cold, facts.suppressed, facts.status) == (True, True, "success")


def duration(log: str) -> float:
    found = re.search(r"\tDuration: ([\d.]+) ms", log)
    assert found is not None
    return float(found[1])
