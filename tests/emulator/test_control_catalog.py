"""The catalogue over a control plane kept in memory: who is asked, how often, and what an invocation runs."""

import asyncio
import io
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.controlplane.deployed import ControlPlaneCatalog
from emulator.controlplane.plane import ControlPlane
from emulator.controlplane.records import FunctionRecord
from emulator.dataplane.catalog import NotFound
from emulator.dataplane.model import FunctionVersion

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:shop"


def configuration(version: str, **changed: Any) -> dict[str, Any]:
    standard = {
        "FunctionName": "shop",
        "FunctionArn": ARN,
        "Version": version,
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Timeout": 9,
        "MemorySize": 512,
        "CodeSha256": f"sha-{version}",
        "RevisionId": f"revision-{version}",
        "Environment": {"Variables": {"STAGE": "live"}},
        "LoggingConfig": {"LogFormat": "JSON"},
    }
    return {**standard, **changed}


def alias(name: str, version: str, **weights: float) -> dict[str, Any]:
    shares = {number.removeprefix("v"): share for number, share in weights.items()}
    return {"Name": name, "FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": shares}}


class PlaneInMemory:
    """One function, `shop`, whose record can be changed; counts what it is asked."""

    def __init__(self, **latest: Any) -> None:
        self.asked: Counter[str] = Counter()
        self.reservation: int | None = 7
        self.latest = configuration("$LATEST", **latest)
        self.versions = {"1": configuration("1"), "2": configuration("2")}
        self.aliases = {"live": alias("live", "2", v1=0.25)}

    async def function(self, name: str) -> FunctionRecord | None:
        self.asked["function"] += 1
        await asyncio.sleep(0)
        if name != "shop":
            return None
        shown: Mapping[str, Any] = {
            "name": "shop",
            "latest": self.latest,
            "versions": self.versions,
            "aliases": self.aliases,
            "reserved": self.reservation,
            "provisioned": {},
            "policy": {},
            "event_configs": {},
        }
        return FunctionRecord.from_bridge(shown)

    async def reserved(self) -> dict[str, int]:
        self.asked["reserved"] += 1
        return {"shop": 7, "other": 5}

    async def code(self, name: str, version: str) -> bytes | None:
        self.asked["code"] += 1
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(zipfile.ZipInfo("app.py"), f"version = {version!r}")
            tool = zipfile.ZipInfo("bootstrap")
            tool.external_attr = 0o755 << 16
            archive.writestr(tool, "#!/bin/sh")
        return buffer.getvalue()

    async def layer(self, arn: str) -> bytes | None:
        self.asked[arn] += 1
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(zipfile.ZipInfo("python/layered.py"), "")
        return buffer.getvalue()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def catalog(plane: PlaneInMemory, root: Path, *, drawn: float = 0.9, clock: Clock | None = None) -> ControlPlaneCatalog:
    return ControlPlaneCatalog(
        cast("ControlPlane", plane), root, account_concurrency=50, draw=lambda: drawn, clock=clock or Clock()
    )


def resolved(plane: PlaneInMemory, root: Path, qualifier: str | None, *, drawn: float = 0.9) -> FunctionVersion:
    return asyncio.run(catalog(plane, root, drawn=drawn).resolve("shop", qualifier))


def test_a_version_comes_with_its_code_environment_and_limits(tmp_path: Path) -> None:
    version = resolved(PlaneInMemory(), tmp_path, "2")
    assert (version.function, version.version, version.arn) == ("shop", "2", ARN)
    assert (version.handler, version.timeout_s, version.memory_mb, version.log_format) == (
        "app.handler",
        9.0,
        512,
        "JSON",
    )
    assert version.environment == (("STAGE", "live"),)
    assert version.command is None
    assert (version.code_dir / "app.py").read_text() == "version = '2'"


@pytest.mark.parametrize(("drawn", "expected"), [(0.0, "1"), (0.24, "1"), (0.25, "2"), (0.99, "2")])
def test_a_weighted_alias_sends_each_version_its_share(tmp_path: Path, drawn: float, expected: str) -> None:
    assert resolved(PlaneInMemory(), tmp_path, "live", drawn=drawn).version == expected


def test_no_qualifier_means_latest(tmp_path: Path) -> None:
    assert resolved(PlaneInMemory(), tmp_path, None).version == "$LATEST"


@pytest.mark.parametrize(("function", "qualifier"), [("absent", None), ("shop", "9"), ("shop", "absent")])
def test_what_is_not_there_is_not_found(tmp_path: Path, function: str, qualifier: str | None) -> None:
    with pytest.raises(NotFound, match="Function not found"):
        asyncio.run(catalog(PlaneInMemory(), tmp_path).resolve(function, qualifier))


def test_a_burst_asks_for_the_function_once(tmp_path: Path) -> None:
    plane = PlaneInMemory()

    async def burst() -> set[str]:
        asked = catalog(plane, tmp_path)
        found = await asyncio.gather(*(asked.resolve("shop", "2") for _ in range(100)))
        reserved = await asyncio.gather(*(asked.reserved_concurrency("shop") for _ in range(100)))
        totals = await asyncio.gather(*(asked.reserved_total() for _ in range(100)))
        assert (set(reserved), set(totals), await asked.account_concurrency()) == ({7}, {12}, 50)
        return {version.identity for version in found}

    assert len(asyncio.run(burst())) == 1
    assert plane.asked == {"function": 1, "reserved": 1, "code": 1}


def test_a_change_is_seen_when_the_record_is_no_longer_fresh(tmp_path: Path) -> None:
    plane, clock = PlaneInMemory(), Clock()

    async def look() -> list[str]:
        asked = catalog(plane, tmp_path, clock=clock)
        found = [(await asked.resolve("shop", None)).identity]
        plane.latest = configuration("$LATEST", RevisionId="next", CodeSha256="sha-next")
        found.append((await asked.resolve("shop", None)).identity)
        clock.now += 1.0
        found.append((await asked.resolve("shop", None)).identity)
        return found

    first, fresh, changed = asyncio.run(look())
    assert first == fresh
    assert changed != first


def test_a_change_through_the_front_is_seen_at_once(tmp_path: Path) -> None:
    plane = PlaneInMemory()

    async def look() -> list[int | None]:
        asked = catalog(plane, tmp_path)
        found = [await asked.reserved_concurrency("shop")]
        plane.reservation = None
        asked.forget()
        return [*found, await asked.reserved_concurrency("shop")]

    assert asyncio.run(look()) == [7, None]


def test_layers_follow_the_code_and_the_last_one_wins(tmp_path: Path) -> None:
    layers = [{"Arn": "arn:layer:base:1"}, {"Arn": "arn:layer:patch:1"}]
    plane = PlaneInMemory(Layers=layers)
    version = resolved(plane, tmp_path, None)
    code, patch, base = dict(version.environment)["PYTHONPATH"].split(":")
    assert code == str(version.code_dir)
    assert (Path(patch) / "layered.py").exists()
    assert patch != base
    assert (plane.asked["arn:layer:base:1"], plane.asked["arn:layer:patch:1"]) == (1, 1)


def test_a_custom_runtime_runs_its_executable_bootstrap(tmp_path: Path) -> None:
    version = resolved(PlaneInMemory(Runtime="provided.al2023"), tmp_path, None)
    assert version.command == (str(version.code_dir / "bootstrap"),)
    assert (version.code_dir / "bootstrap").stat().st_mode & 0o111


def test_a_runtime_that_is_not_emulated_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nodejs22\.x is not emulated"):
        resolved(PlaneInMemory(Runtime="nodejs22.x"), tmp_path, None)
