"""What an Invoke's HTTP reply says: status, Lambda's headers, and the facts in the log tail. Pure.

Source: Lambda API reference, Invoke (headers); Lambda developer guide, "Log formats" (REPORT, platform lines).
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fleet.model import Answer, Interval, LogFacts
from fleet.words import said

# What `platform.start` leaves unsaid of its instant: its time is in whole milliseconds.
_STAMP_MS = 1.0
_REPORT = {
    "billed": re.compile(r"\bBilled Duration: (\d+) ms"),
    "init": re.compile(r"\bInit Duration: (\d+(?:\.\d+)?) ms"),
    "restore": re.compile(r"\bRestore Duration: (\d+(?:\.\d+)?) ms"),
}


def answer(
    *, status: int, headers: Mapping[str, str], body: bytes, sent_ms: float = 0.0, received_ms: float = 0.0
) -> Answer:
    """The reply as a value. `headers` has lower-case names; nothing in them or in `body` makes this raise."""
    return Answer(
        status=status,
        payload=body,
        function_error=headers.get("x-amz-function-error"),
        executed_version=headers.get("x-amz-executed-version"),
        throttle_reason=_throttle_reason(body) if status == 429 else None,
        log=log_facts(_decoded_tail(headers.get("x-amz-log-result"))),
        sent_ms=sent_ms,
        received_ms=received_ms,
    )


def log_facts(tail: str) -> LogFacts:
    """The facts in an invocation's log tail, in text or JSON format; empty facts when the tail holds none."""
    start: float | None = None
    for line in tail.splitlines():
        if line.startswith("REPORT "):
            return LogFacts(
                billed_ms=_whole(_found("billed", line)),
                init_ms=_found("init", line),
                restore_ms=_found("restore", line),
            )
        record = _platform_line(line)
        match record.get("type"):
            case "platform.start":
                start = _epoch_ms(record.get("time"))
            case "platform.report":
                return _platform_report(record, start)
    return LogFacts()


def _platform_report(record: dict[str, Any], start_ms: float | None) -> LogFacts:
    body = record.get("record")
    metrics = body.get("metrics") if isinstance(body, dict) else None
    if not isinstance(metrics, dict):
        return LogFacts()
    duration = _number(metrics.get("durationMs"))
    service = _surely_running(start_ms, duration) if start_ms is not None and duration is not None else None
    return LogFacts(
        billed_ms=_whole(_number(metrics.get("billedDurationMs"))),
        init_ms=_number(metrics.get("initDurationMs")),
        restore_ms=_number(metrics.get("restoreDurationMs")),
        service=service,
    )


def _surely_running(start_ms: float, duration_ms: float) -> Interval:
    """When the invocation ran for certain: its start is known to the millisecond only, and may be that much later.

    The report line may be written later than the invocation ended, so the duration is the tighter bound. Without the
    millisecond two invocations of one environment, one right after the other, would seem to overlap.
    """
    end_ms = start_ms + duration_ms
    return Interval(start_ms=min(start_ms + _STAMP_MS, end_ms), end_ms=end_ms)


def _throttle_reason(body: bytes) -> str:
    try:
        error = json.loads(body)
    except (ValueError, RecursionError):
        return "no reason given"
    return said(error.get("Reason") or "no reason given") if isinstance(error, dict) else "no reason given"


def _decoded_tail(header: str | None) -> str:
    try:
        return base64.b64decode(header or "").decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _platform_line(line: str) -> dict[str, Any]:
    if '"platform.' not in line:
        return {}
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _found(what: str, line: str) -> float | None:
    match = _REPORT[what].search(line)
    return _number(float(match[1])) if match else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _number(value: Any) -> float | None:
    """A finite number; Python's JSON reader also takes NaN, Infinity and integers of any length."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _epoch_ms(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp() * 1000
    except (ValueError, OverflowError):
        return None
