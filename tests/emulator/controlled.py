"""An emulator with both planes, its clients, and functions made through the API."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator.stack import Options, RunningEmulator, running_emulator

ROLE = "arn:aws:iam::123456789012:role/any"
PATIENCE_S = 120.0
_ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=60)


def client_of(emulator: RunningEmulator, service: str) -> Any:
    """A boto3 client without retries; Lambda's goes to the front, all others to ministack."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=emulator.account.region)
    url = emulator.endpoint_url_lambda if service == "lambda" else emulator.endpoint_url
    return session.client(service, endpoint_url=url, config=_ONCE)


@contextmanager
def controlled(options: Options | None = None) -> Iterator[tuple[RunningEmulator, Any]]:
    """A running emulator and its Lambda client."""
    with running_emulator(options) as emulator:
        client = client_of(emulator, "lambda")
        try:
            yield emulator, client
        finally:
            client.close()


def zipped(source: str, *, folder: Path | None = None) -> bytes:
    """A deployment package with one module, `app`, and the Python files of a package `folder` where one is given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), source)
        for path in sorted(folder.rglob("*.py")) if folder is not None else []:
            name = str(path.relative_to(folder.parent)) if folder is not None else ""
            archive.writestr(zipfile.ZipInfo(name), path.read_bytes())
    return buffer.getvalue()


def create(
    client: Any,
    name: str,
    *,
    versions: int = 0,
    source: str = "def handler(event, context): return event",
    timeout_s: int = 3,
    folder: Path | None = None,
) -> str:
    """A Python function with so many published versions; its ARN."""
    created = client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": zipped(source, folder=folder)},
        Timeout=timeout_s,
    )
    for number in range(1, versions + 1):
        client.update_function_configuration(FunctionName=name, Description=f"change {number}")
        client.publish_version(FunctionName=name)
    return str(created["FunctionArn"])


def answered(client: Any, name: str, event: Any) -> Any:
    """What the function answers. One that runs once at a time may be at its rule's own tick: then it is asked again."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            reply = client.invoke(FunctionName=name, Payload=json.dumps(event))
        except client.exceptions.TooManyRequestsException:
            assert time.monotonic() < deadline, f"{name} was busy for {PATIENCE_S} s"
            time.sleep(0.2)
            continue
        return json.loads(reply["Payload"].read())


def refusal(call: Any, **arguments: Any) -> tuple[int, str, str]:
    """Status, code and message with which the API refuses the call."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"], str(error)
    raise AssertionError(f"{arguments} was not refused")
