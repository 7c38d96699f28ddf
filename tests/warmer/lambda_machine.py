"""Real functions on the emulator, and the warmer's handler called in this process against them."""

import contextlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.model import FunctionVersion
from emulator.threaded import Running, running
from warmer.handler import lambda_handler

ROOT = Path(__file__).resolve().parents[2]

WITH_KIT = """
from caretaker_kit import warmable

@warmable
def handler(event, context):
    return {"statusCode": 200, "body": "ok"}
"""
WITHOUT_KIT = """
import time

def handler(event, context):
    time.sleep(1.5)
    return {"statusCode": 200, "body": "ok"}
"""


class Context:
    """The one thing that the warmer asks of Lambda's context."""

    def __init__(self, seconds: float = 100) -> None:
        self.milliseconds = int(seconds * 1000)

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def a_function(folder: Path, source: str = WITH_KIT, **fields: Any) -> FunctionVersion:
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(source)
    # Without bytecode that another test's process is about to write.
    whole = shutil.ignore_patterns("*.pyc.*")
    shutil.copytree(ROOT / "kits/python/caretaker_kit", folder / "caretaker_kit", ignore=whole, dirs_exist_ok=True)
    defaults = {
        "function": "shop",
        "version": "1",
        "arn": "arn:aws:lambda:us-east-1:123456789012:function:shop",
        "handler": "app.handler",
        "runtime": "python3.13",
        "code_dir": folder,
        "timeout_s": 20.0,
        "memory_mb": 512,
        "identity": "1",
    }
    return FunctionVersion(**{**defaults, **fields})


@contextlib.contextmanager
def machine(version: FunctionVersion, *, account: int = 1000, **options: Any) -> Iterator[Running]:
    catalog = StaticCatalog(account=account)
    catalog.put(version)
    catalog.alias(version.function, "live", version.version)
    with running(catalog, **options) as service:
        yield service


SCHEDULE = """\
version: 1
service: {service}
owner: team-storefront
timezone: UTC
ping: {ping}
profiles:
  day:
    baseline: {baseline}
    windows: []
targets:
  - {{function: {function}, alias: live, profile: day}}
"""


def write_schedule(
    folder: Path,
    *,
    baseline: int,
    service: str = "shop",
    function: str = "shop",
    ping: str = "{shape: universal, host: shop.example.com, path: /warmz/}",
) -> None:
    folder.mkdir(exist_ok=True)
    text = SCHEDULE.format(service=service, function=function, baseline=baseline, ping=ping)
    (folder / f"{service}.yaml").write_text(text)


def tick(
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    folder: Path,
    *,
    event: Any = None,
    seconds: float = 100,
) -> dict[str, Any]:
    for name, value in {
        "AWS_ENDPOINT_URL_LAMBDA": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "CARETAKER_SCHEDULES": str(folder),
    }.items():
        monkeypatch.setenv(name, value)
    # This machine may be slower than AWS ever is: what is asked of its servers is waited for.
    monkeypatch.setattr("warmer.gather._PATIENCE_S", 60.0)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return lambda_handler({"time": now} if event is None else event, Context(seconds))
