import base64

import pytest

from fleet.model import Interval, LogFacts
from fleet.reply import answer, log_facts

TEXT = """START RequestId: 8f5 Version: 7
hello
END RequestId: 8f5
REPORT RequestId: 8f5\tDuration: 12.34 ms\tBilled Duration: 853 ms\tInit Duration: 840.10 ms
"""
JSON = """{"time":"2026-11-24T12:00:00.100Z","type":"platform.start","record":{"requestId":"8f5","version":"7"}}
{"level":"INFO","message":"a line of the application"}
{"time":"2026-11-24T12:00:00.190Z","type":"platform.report","record":{"requestId":"8f5","metrics":{"durationMs":50.5,"billedDurationMs":51,"restoreDurationMs":88.0},"status":"success"}}
"""


def test_a_text_tail_tells_the_billed_time_and_the_init() -> None:
    facts = log_facts(TEXT)

    assert (facts.billed_ms, facts.init_ms, facts.service) == (853, 840.1, None)


def test_one_invocation_right_after_another_never_seems_to_overlap_it() -> None:
    tail = (
        '{"time":"2026-11-24T12:00:00.%sZ","type":"platform.start","record":{}}\n'
        '{"time":"2026-11-24T12:00:00.%sZ","type":"platform.report","record":{"metrics":{"durationMs":%s}}}'
    )
    # One ran from 100.0 to 105.9, the other from 105.95 on; the stamps are cut to whole milliseconds.
    first, second = log_facts(tail % (100, 105, 5.9)).service, log_facts(tail % (105, 111, 5.9)).service

    assert first is not None
    assert second is not None
    assert first.end_ms <= second.start_ms


def test_an_invocation_shorter_than_its_stamps_took_no_time_for_certain() -> None:
    service = log_facts(JSON.replace('"durationMs":50.5', '"durationMs":0.4')).service

    assert service is not None
    assert service.start_ms == service.end_ms


def test_a_json_tail_tells_when_the_invocation_ran() -> None:
    facts = log_facts(JSON)

    assert (facts.billed_ms, facts.init_ms, facts.restore_ms) == (51, None, 88.0)
    assert facts.service == Interval(start_ms=1795521600101.0, end_ms=1795521600150.5)


def test_a_tail_that_lost_its_start_proves_no_interval() -> None:
    assert log_facts(JSON.split("\n", 1)[1]).service is None


def test_what_is_no_log_gives_no_facts() -> None:
    assert log_facts('{"type":"platform.report"') == log_facts("") == log_facts("[1, 2]")


def test_lambdas_headers_are_read() -> None:
    headers = {
        "x-amz-function-error": "Unhandled",
        "x-amz-executed-version": "7",
        "x-amz-log-result": base64.b64encode(TEXT.encode()).decode(),
    }

    read = answer(status=200, headers=headers, body=b"{}")

    assert (read.function_error, read.executed_version, read.log.billed_ms) == ("Unhandled", "7", 853)


def test_a_throttle_keeps_its_reason() -> None:
    body = b'{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"}'

    assert (
        answer(status=429, headers={}, body=body).throttle_reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
    )
    assert answer(status=429, headers={}, body=b"<html>").throttle_reason == "no reason given"


def test_a_broken_log_header_is_no_fault_of_the_answer() -> None:
    assert answer(status=200, headers={"x-amz-log-result": "%%%"}, body=b"{}").log == log_facts("")


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity", "1" + "0" * 400])
def test_a_number_that_is_none_is_left_out_of_the_facts(number: str) -> None:
    facts = log_facts(JSON.replace("51,", f"{number},"))

    assert (facts.billed_ms, facts.restore_ms) == (None, 88.0)


def test_a_report_line_with_odd_numbers_gives_no_facts() -> None:
    assert log_facts(f"REPORT Billed Duration: {'9' * 400} ms Init Duration: 1.2.3 ms") == LogFacts()
