"""Builders and a boto3 caller for the emulator's tests."""

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from emulator.dataplane.model import FunctionVersion
from emulator.threaded import Running

CODE = Path(__file__).parent / "code"
ARN = "arn:aws:lambda:eu-west-1:000000000000:function:"


def version(function: str = "app", number: str = "$LATEST", **given: Any) -> FunctionVersion:
    settings: dict[str, Any] = {
        "function": function,
        "version": number,
        "arn": ARN + function,
        "handler": "app.handler",
        "runtime": "python3.11",
        "code_dir": CODE,
        "timeout_s": 20.0,
        "identity": "one",
    }
    return FunctionVersion(**{**settings, **given})


def until(met: Callable[[], object]) -> None:
    """Wait for what must come true; the test's own time limit ends a wait in vain."""
    while not met():
        time.sleep(0.02)


def _at_work(emulator: Running) -> int:
    return sum(facts.state != "idle" for facts in emulator.snapshot().environments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """A reply of Invoke, read."""

    status: int
    payload: Any
    error: str | None
    version: str | None
    log: str
    headers: Mapping[str, str]


class Caller:
    """An unmodified boto3 client without retries."""

    def __init__(self, endpoint: str) -> None:
        config = Config(retries={"total_max_attempts": 1}, max_pool_connections=128, read_timeout=90)
        self.client = boto3.client(
            "lambda",
            endpoint_url=endpoint,
            region_name="eu-west-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=config,
        )

    def __call__(self, event: Any = None, *, function: str = "app", tail: bool = False, **given: Any) -> Got:
        if tail:
            given["LogType"] = "Tail"
        given.setdefault("Payload", json.dumps(event if event is not None else {}))
        reply = self.client.invoke(FunctionName=function, **given)
        body = reply["Payload"].read()
        return Got(
            status=reply["StatusCode"],
            payload=json.loads(body) if body else None,
            error=reply.get("FunctionError"),
            version=reply.get("ExecutedVersion"),
            log=base64.b64decode(reply.get("LogResult", "")).decode(),
            headers=reply["ResponseMetadata"]["HTTPHeaders"],
        )

    def together(self, emulator: Running, count: int, gate: Path, **given: Any) -> Sequence[Got]:
        """The replies to so many invocations, none of which ends before all have come; then there is a file `gate`."""
        with ThreadPoolExecutor(count) as threads:
            waiting = [threads.submit(self, {"until": str(gate)}, **given) for _ in range(count)]
            until(lambda: _at_work(emulator) >= count or any(one.done() for one in waiting))
            gate.touch()
            return [one.result() for one in waiting]

    def burst(self, count: int, event: Any, **given: Any) -> Sequence[Got]:
        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(lambda _: self(event, **given), range(count)))
