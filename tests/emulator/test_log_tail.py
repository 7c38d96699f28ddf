"""The log tail of an invocation, in both formats, as a reader of AWS's own would read it."""

import json
import re
from datetime import datetime

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.model import SystemLogLevel
from emulator.threaded import Running
from tests.emulator.deployed import Caller, version

REPORT = re.compile(
    r"REPORT RequestId: (?P<id>\S+)\tDuration: (?P<duration>[\d.]+) ms\tBilled Duration: (?P<billed>\d+) ms\t"
    r"Memory Size: (?P<size>\d+) MB\tMax Memory Used: (?P<used>\d+) MB(\tInit Duration: (?P<init>[\d.]+) ms)?\t\n"
)


def test_the_text_format_brackets_what_the_function_printed(invoke: Caller) -> None:
    got = invoke({"act": "speak"}, tail=True)
    request_id = got.headers["x-amzn-requestid"]
    lines = got.log.splitlines()
    assert lines[0] == "loading app"
    assert lines[1] == f"START RequestId: {request_id} Version: $LATEST"
    assert lines[2] == "a printed line"
    assert re.fullmatch(rf"\[WARNING\]\t[-\dT:.]+Z\t{request_id}\ta logged line", lines[3])
    assert lines[4:6] == ["a line on stderr", f"END RequestId: {request_id}"]
    assert REPORT.search(got.log) is not None


def test_only_a_cold_start_has_an_init_duration_and_its_init_is_billed(invoke: Caller) -> None:
    cold, warm = (REPORT.search(invoke({"sleep_s": 0.1}, tail=True).log) for _ in range(2))
    assert cold is not None
    assert warm is not None
    assert 10 < float(cold["init"]) < 10_000
    assert 100 <= float(cold["duration"]) < 5_000
    assert int(cold["billed"]) >= float(cold["duration"]) + float(cold["init"])
    assert warm["init"] is None
    assert 0 <= int(warm["billed"]) - float(warm["duration"]) <= 1


def test_the_memory_is_what_the_process_really_used(invoke: Caller) -> None:
    small = REPORT.search(invoke({}, tail=True).log)
    large = REPORT.search(invoke({"act": "big", "size": 4_000_000}, tail=True).log)
    assert small is not None
    assert large is not None
    assert 5 < int(small["used"]) < int(large["used"])
    assert small["size"] == "128"


def test_the_tail_is_the_last_four_kilobytes(invoke: Caller) -> None:
    log = invoke({"act": "chatter"}, tail=True).log
    assert len(log.encode()) == 4096
    assert "line 1999 of a long story\nEND RequestId" in log
    assert "line 1000 of" not in log


def test_no_tail_is_sent_unasked(invoke: Caller) -> None:
    assert "x-amz-log-result" not in invoke({}).headers


def test_the_emulator_keeps_the_last_lines_for_debugging(emulator: Running, invoke: Caller) -> None:
    invoke({"act": "chatter"})
    (environment,) = emulator.snapshot().environments
    assert len(environment.log) == 200
    assert environment.log[-1] == "line 1999 of a long story"


def test_the_json_format_has_platform_records_with_the_true_interval(
    catalog: StaticCatalog, emulator: Running, invoke: Caller
) -> None:
    catalog.put(version(log_format="JSON"))
    got = invoke({"act": "speak", "sleep_s": 0.2}, tail=True)
    lines = got.log.splitlines()
    records = [json.loads(line) for line in lines if line.startswith('{"time"')]
    assert [record["type"] for record in records] == ["platform.initStart", "platform.start", "platform.report"]
    _, start, report = records
    request_id = got.headers["x-amzn-requestid"]
    assert start["record"] == {"requestId": request_id, "version": "$LATEST"}
    assert report["record"]["requestId"] == request_id
    assert report["record"]["status"] == "success"
    metrics = report["record"]["metrics"]
    assert set(metrics) == {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs"}
    span_ms = (datetime.fromisoformat(report["time"]) - datetime.fromisoformat(start["time"])).total_seconds() * 1000
    assert abs(span_ms - metrics["durationMs"]) <= 2
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["time"]) for record in records)
    logged = next(json.loads(line) for line in lines if "a logged line" in line)
    assert (logged["level"], logged["requestId"]) == ("WARNING", request_id)
    assert "a printed line" in lines
    warm = invoke({}, tail=True)
    assert "initStart" not in warm.log
    assert "initDurationMs" not in warm.log


def test_a_failure_in_json_format_carries_its_status_and_type(catalog: StaticCatalog, invoke: Caller) -> None:
    catalog.put(version(log_format="JSON", timeout_s=3.0))
    failed = _report(invoke({"act": "fail"}, tail=True).log)
    late = _report(invoke({"sleep_s": 30}, tail=True).log)
    assert (failed["status"], failed["errorType"]) == ("error", "ValueError")
    assert late["status"] == "timeout"


@pytest.mark.parametrize(
    ("level", "event", "shown"),
    [
        ("WARN", {}, []),
        ("WARN", {"act": "fail"}, ["runtimeDone", "report"]),
        ("INFO", {}, ["initStart", "start", "report"]),
        ("DEBUG", {}, ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"]),
    ],
)
def test_the_system_log_level_decides_which_records_are_shown(
    catalog: StaticCatalog, invoke: Caller, level: SystemLogLevel, event: dict[str, str], shown: list[str]
) -> None:
    catalog.put(version(log_format="JSON", system_log_level=level))
    log = invoke(event, tail=True).log
    assert re.findall(r'"type":"platform\.(\w+)"', log) == shown


def _report(log: str) -> dict[str, str]:
    record: dict[str, str] = json.loads(log.splitlines()[-1])["record"]
    return record
