"""The log of one invocation as Lambda writes it, in text and in JSON format. Pure.

Source: AWS Lambda developer guide, "Log formats" (platform lines), "Lambda Telemetry API Event schema reference"
(JSON records), "System log level event mapping" (which records a level shows).
"""

import base64
import json
import math
from datetime import UTC, datetime
from typing import Any

from emulator.dataplane.invocation import Invocation, Phase, Served
from emulator.dataplane.model import FunctionVersion

# Source: Lambda API reference, Invoke, X-Amz-Log-Result: the last 4 KB of the log.
TAIL_BYTES = 4096


def tail(version: FunctionVersion, invocation: Invocation, served: Served) -> str:
    """The last 4 KB of the invocation's log in base64: the value of X-Amz-Log-Result."""
    return base64.b64encode(log(version, invocation, served)[-TAIL_BYTES:]).decode("ascii")


def log(version: FunctionVersion, invocation: Invocation, served: Served) -> bytes:
    """Everything that the invocation and the init before it wrote, in the function's log format."""
    before, after = (
        _json_lines(version, invocation, served)
        if version.log_format == "JSON"
        else _text_lines(version, invocation, served)
    )
    return b"".join((*before, served.output, _newline(served.output), *after))


def billed_ms(served: Served) -> int:
    """Billed duration: the init phase counts.

    Source: AWS Compute Blog, "AWS Lambda standardizes billing for INIT Phase" (from August 2025).
    """
    return math.ceil(served.service.duration_ms + (served.init.duration_ms if served.init else 0))


def _text_lines(version: FunctionVersion, invocation: Invocation, served: Served) -> tuple[list[bytes], list[bytes]]:
    ref = f"RequestId: {invocation.request_id}"
    before = [served.init_output, _newline(served.init_output)]
    if served.init and served.init.status != "success":
        before.append(
            f"INIT_REPORT Init Duration: {served.init.duration_ms:.2f} ms\t{_failed_init(served.init)}\n".encode()
        )
    before.append(f"START {ref} Version: {version.version}\n".encode())
    after = [f"END {ref}\n".encode(), _report_line(version, ref, served).encode()]
    if served.reply.log_line:
        stamp = f"{_iso(served.service.end_ms)} " if served.reply.status == "timeout" else ""
        after.insert(0, f"{stamp}{served.reply.log_line}".encode())
    return before, after


def _failed_init(init: Phase) -> str:
    return f"Phase: init\tStatus: {init.status}" + (
        f"\tError Type: {init.error_type}" if init.status == "error" else ""
    )


def _report_line(version: FunctionVersion, ref: str, served: Served) -> str:
    fields = [
        f"REPORT {ref}",
        f"Duration: {served.service.duration_ms:.2f} ms",
        f"Billed Duration: {billed_ms(served)} ms",
        f"Memory Size: {version.memory_mb} MB",
        f"Max Memory Used: {served.peak_memory_mb} MB",
    ]
    if served.init and served.init.status == "success":
        fields.append(f"Init Duration: {served.init.duration_ms:.2f} ms")
    if served.reply.status == "timeout":
        fields.append("Status: timeout")
    elif served.reply.fatal:
        fields += ["Status: error", f"Error Type: {served.reply.error_type}"]
    return "\t".join(fields) + "\t\n"


def _json_lines(version: FunctionVersion, invocation: Invocation, served: Served) -> tuple[list[bytes], list[bytes]]:
    level = version.system_log_level
    reply, service = served.reply, served.service
    bad = reply.status != "success"
    started = {"requestId": invocation.request_id, "version": version.version}
    outcome: dict[str, Any] = {"requestId": invocation.request_id, "status": reply.status}
    if reply.status == "error":
        outcome["errorType"] = reply.error_type
    done = {**outcome, "metrics": {"durationMs": round(service.duration_ms, 3)}}
    report = {**outcome, "metrics": _metrics(version, served)}
    return [
        *(_init_records(version, served.init) if served.init else ()),
        served.init_output,
        _newline(served.init_output),
        _record(service.start_ms, "platform.start", started, shown=level != "WARN"),
    ], [
        _record(service.end_ms, "platform.runtimeDone", done, shown=bad or level == "DEBUG"),
        _record(service.end_ms, "platform.report", report, shown=bad or level != "WARN"),
    ]


def _init_records(version: FunctionVersion, init: Phase) -> list[bytes]:
    level, bad = version.system_log_level, init.status != "success"
    kind = {"initializationType": "on-demand", "phase": "init"}
    start = {
        **kind,
        "runtimeVersion": version.runtime,
        "functionName": version.function,
        "functionVersion": version.version,
    }
    done: dict[str, Any] = {**kind, "status": init.status}
    if init.status == "error":
        done["errorType"] = init.error_type
    report = {**done, "metrics": {"durationMs": round(init.duration_ms, 3)}}
    return [
        _record(init.start_ms, "platform.initStart", start, shown=level != "WARN"),
        _record(init.end_ms, "platform.initRuntimeDone", done, shown=bad or level == "DEBUG"),
        _record(init.end_ms, "platform.initReport", report, shown=bad or level == "DEBUG"),
    ]


def _metrics(version: FunctionVersion, served: Served) -> dict[str, float]:
    metrics = {
        "durationMs": round(served.service.duration_ms, 3),
        "billedDurationMs": billed_ms(served),
        "memorySizeMB": version.memory_mb,
        "maxMemoryUsedMB": served.peak_memory_mb,
    }
    if served.init and served.init.status == "success":
        metrics["initDurationMs"] = round(served.init.duration_ms, 3)
    return metrics


def _record(at_ms: float, kind: str, record: dict[str, Any], *, shown: bool) -> bytes:
    if not shown:
        return b""
    line = json.dumps({"time": _iso(at_ms), "type": kind, "record": record}, separators=(",", ":"))
    return line.encode() + b"\n"


def _iso(epoch_ms: float) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _newline(output: bytes) -> bytes:
    """What completes a last line that has no end."""
    return b"" if not output or output.endswith(b"\n") else b"\n"
