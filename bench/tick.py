"""`python -m bench.tick`: what a tick costs the warmer itself, beside the goals.

Three hundred targets with ten pings each in one tick, on one core, against a server whose every answer takes two
seconds, as a crowd of cold starts would; a tick with nothing due; and the warmer's cold start in the emulator beside
that of a handler which imports boto3 and nothing else.
"""

import base64
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from bench.burst import ended, serving, started, told
from bench.share import cores
from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.exchange import Request
from emulator.dataplane.model import FunctionVersion
from emulator.threaded import Running, running

_ROOT = Path(__file__).resolve().parents[1]
_COLD_START_S = 2.0
_SERVICE = """\
version: 1
service: service-{number}
owner: bench
timezone: UTC
ping: {{shape: universal, host: shop.example.com, path: /warmz/}}
profiles:
  day: {{baseline: {level}, windows: []}}
targets:
"""
_TARGET = "  - {{function: function-{number}, alias: live, profile: day}}\n"
_STARTS = 9
_PLAIN = "import boto3\n\ndef handler(event, context):\n    return {}\n"


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 120_000


def ticks() -> None:
    """In a process of its own: a line on standard input is a tick, and its report, times and CPU are printed."""
    from warmer.handler import lambda_handler  # noqa: PLC0415 - the report must not go where the log goes

    out, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115 - the log's, for as long as the process
    while sys.stdin.readline():
        wall, cpu = time.monotonic(), time.process_time()
        event = {"time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        report = lambda_handler(event, Context())
        found = {
            "wall_s": time.monotonic() - wall,
            "cpu_s": time.process_time() - cpu,
            "ok": report["ok"],
            "covered": sum(each["covered"] for each in report["targets"]),
            "rounds": max((each["rounds"] for each in report["targets"]), default=0),
            "hold_ms": max((each["hold_ms"] or 0.0 for each in report["targets"]), default=0.0),
            "reason": report["reason"],
        }
        print(json.dumps(found), file=out, flush=True)


def compiled(folder: Path, *, level: int, services: int = 30, targets: int = 10) -> str:
    """Three hundred targets' schedules as they ship, or so many."""
    out = folder / "compiled.json"
    write_schedules(folder, level=level, services=services, targets=targets)
    command = [sys.executable, "-m", "cli", "compile", str(folder), "--revision", "bench", "--out", str(out)]
    subprocess.run(command, cwd=_ROOT, check=True, stdout=subprocess.DEVNULL)
    return str(out)


def write_schedules(folder: Path, *, level: int, services: int = 30, targets: int = 10) -> None:
    for number in range(services):
        text = _SERVICE.format(number=number, level=level)
        text += "".join(_TARGET.format(number=number * targets + each) for each in range(targets))
        (folder / f"service-{number}.yaml").write_text(text)


def tick_of(level: int, protocols: str, delay_s: float) -> dict[str, Any]:
    """The second tick of a process, so that imports do not count."""
    with tempfile.TemporaryDirectory() as folder, serving(protocols, delay_s) as server:
        environment = {**server.environment, "CARETAKER_SCHEDULES": compiled(Path(folder), level=level)}
        with ended(started("bench.tick", "ticks", core=cores()[1], environment=environment)) as process:
            told(process)
            found: dict[str, Any] = json.loads(told(process))
            return found


def cold_start_ms(code: Path, handler: str, **variables: str) -> float:
    """The median Init Duration of so many environments."""
    version = FunctionVersion(
        function="measured",
        version="1",
        arn="arn:aws:lambda:us-east-1:123456789012:function:measured",
        handler=handler,
        runtime="python3.13",
        code_dir=code,
        timeout_s=60.0,
        memory_mb=1024,
        identity="1",
        environment=tuple(variables.items()),
    )
    catalog = StaticCatalog()
    catalog.put(version)
    with running(catalog) as emulator:
        return statistics.median(_init_ms(emulator) for _ in range(_STARTS))


def _init_ms(emulator: Running) -> float:
    sdk: Any = boto3.client(
        "lambda",
        endpoint_url=emulator.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    emulator.loop.run(_reset(emulator))
    reply = sdk.invoke(FunctionName="measured", Qualifier="1", LogType="Tail", Payload=b'{"nothing": "asked"}')
    log = base64.b64decode(reply["LogResult"]).decode()
    found = re.search(r"Init Duration: ([\d.]+) ms", log)
    assert found is not None, log
    return float(found[1])


async def _reset(emulator: Running) -> None:
    request = Request(method="POST", target="/_emulator/reset")
    await emulator.service.answer(request)


def built(folder: Path) -> Path:
    """The warmer's bundle, with this machine's own wheels."""
    install = [".venv/bin/uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", sys.executable]
    install += ["--target", str(folder), "--no-deps", "--require-hashes", "-r", "requirements/warmer.lock"]
    subprocess.run(install, cwd=_ROOT, check=True)
    for room in ("warmer", "profiles", "fleet"):
        os.symlink(_ROOT / room, folder / room)
    return folder


def main() -> None:
    for name, protocols in (("HTTP/2", "h2,http/1.1"), ("HTTP/1.1", "http/1.1")):
        found = tick_of(10, protocols, _COLD_START_S)
        print(
            f"300 targets x 10 over {name}: {found['wall_s']:.1f} s, {found['cpu_s']:.1f} s of CPU; {found['reason']}"
        )
    idle = tick_of(0, "http/1.1", 0.0)
    print(f"300 targets with nothing due: {idle['cpu_s'] * 1000:.0f} ms of CPU (goal: 20 ms)")
    with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as bundle:
        (Path(plain) / "app.py").write_text(_PLAIN)
        alone = cold_start_ms(Path(plain), "app.handler")
        ours = cold_start_ms(built(Path(bundle)), "warmer.handler.lambda_handler", PYTHONDONTWRITEBYTECODE="1")
    print(f"cold start: {ours:.0f} ms, boto3 alone {alone:.0f} ms: {ours / alone:.2f}x (goal: 1.3x)")


if __name__ == "__main__":
    ticks() if sys.argv[1:] == ["ticks"] else main()
