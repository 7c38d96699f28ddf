"""What Lambda answers in a function's stead when its process did not. Pure.

Each of these ends the process; the next invoke of the environment starts another one.
Source: AWS Lambda developer guide, "Troubleshoot execution issues in Lambda", and the Lambda Runtime Interface
Emulator's error texts.
"""

import json
import signal

from emulator.dataplane.channel import InitFailed
from emulator.dataplane.invocation import Reply


def timeout_reply(request_id: str, timeout_s: float) -> Reply:
    """The function did not answer within its timeout."""
    text = f"Task timed out after {timeout_s:.2f} seconds"
    return _reply(request_id, "Sandbox.Timedout", text, timed_out=True, log_line=f"{request_id} {text}\n")


def exit_reply(request_id: str, code: int) -> Reply:
    """The process ended before it answered; `code` is negative for a signal."""
    return _reply(request_id, "Runtime.ExitError", _exit_text(code))


def no_entrypoint_reply(request_id: str, error: OSError) -> Reply:
    """The runtime could not be started at all."""
    return _reply(request_id, "Runtime.InvalidEntrypoint", f"fork/exec {error.filename}: {error.strerror}")


def init_failed_reply(failed: InitFailed) -> Reply:
    """The runtime said why it could not initialise: its own words are the reply."""
    return Reply(payload=failed.body, status="error", error_type=failed.error_type, fatal=True)


def _reply(
    request_id: str, error_type: str, text: str, *, timed_out: bool = False, log_line: str | None = None
) -> Reply:
    message = f"RequestId: {request_id} Error: {text}"
    return Reply(
        payload=json.dumps({"errorType": error_type, "errorMessage": message}).encode(),
        status="timeout" if timed_out else "error",
        error_type=error_type,
        log_line=log_line or f"{message}\n{error_type}\n",
        fatal=True,
    )


def _exit_text(code: int) -> str:
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    name = signal.strsignal(-code) or f"signal {-code}"
    return f"Runtime exited with error: signal: {name.lower()}"
