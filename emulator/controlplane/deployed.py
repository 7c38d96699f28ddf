"""The functions that were deployed to the control plane, as the data plane runs them.

What lives here reads records and unpacks code; a record is used for a moment (`fresh_s`), so that a burst of invokes
asks once and a new deployment is seen at once after. Not emulated: container images, and runtimes that Lambda's own
images would have to bring (Node.js, Ruby, .NET).
"""

import asyncio
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from emulator.controlplane.code import CodeFolders
from emulator.controlplane.plane import ControlPlane
from emulator.controlplane.records import LATEST, Configuration, FunctionRecord
from emulator.dataplane.catalog import NotFound
from emulator.dataplane.model import FunctionVersion


class ControlPlaneCatalog:
    """The data plane's `Catalog` of what is deployed. `draw` gives the numbers that weighted aliases pick by."""

    def __init__(
        self,
        plane: ControlPlane,
        code_root: Path,
        *,
        account_concurrency: int,
        fresh_s: float = 0.5,
        draw: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plane = plane
        self._folders = CodeFolders(code_root)
        self._account_concurrency = account_concurrency
        self._fresh_s, self._draw, self._clock = fresh_s, draw, clock
        self._records: dict[str, tuple[float, FunctionRecord | None]] = {}
        self._reserved: tuple[float, dict[str, int]] = (float("-inf"), {})
        self._versions: dict[tuple[str, str], FunctionVersion] = {}
        self._asking = asyncio.Lock()

    def forget(self) -> None:
        """Look again at the next question: something was changed."""
        self._records.clear()
        self._reserved = (float("-inf"), {})

    async def resolve(self, function: str, qualifier: str | None) -> FunctionVersion:
        """See `Catalog`."""
        record = await self.record(function)
        where = f":{qualifier}" if qualifier else ""
        if record is None:
            raise NotFound(f"Function not found: {function}{where}")
        version = self._picked(record, qualifier or LATEST)
        configuration = record.configuration(version)
        if configuration is None:
            raise NotFound(f"Function not found: {record.arn}{where}")
        key = (f"{function}:{version}", str(configuration["RevisionId"]))
        if key not in self._versions:
            self._versions[key] = await self._built(record, configuration)
        return self._versions[key]

    async def reserved_concurrency(self, function: str) -> int | None:
        """See `Catalog`."""
        record = await self.record(function)
        return record.reserved if record else None

    async def reserved_total(self) -> int:
        """See `Catalog`."""
        if self._clock() > self._reserved[0]:
            async with self._asking:
                if self._clock() > self._reserved[0]:
                    reserved = await self._plane.reserved()
                    self._reserved = (self._clock() + self._fresh_s, reserved)
        return sum(self._reserved[1].values())

    async def account_concurrency(self) -> int:
        """See `Catalog`."""
        return self._account_concurrency

    async def record(self, name: str) -> FunctionRecord | None:
        """What the control plane knows of the function, as fresh as `fresh_s` says; None without it."""
        known = self._records.get(name)
        if known is None or self._clock() > known[0]:
            async with self._asking:
                known = self._records.get(name)
                if known is None or self._clock() > known[0]:
                    record = await self._plane.function(name)
                    known = self._records[name] = (self._clock() + self._fresh_s, record)
        return known[1]

    def _picked(self, record: FunctionRecord, qualifier: str) -> str:
        alias = record.aliases.get(qualifier)
        if alias is None:
            return qualifier
        drawn = self._draw()
        for version, share in alias.weights.items():
            if drawn < share:
                return version
            drawn -= share
        return alias.version

    async def _built(self, record: FunctionRecord, configuration: Configuration) -> FunctionVersion:
        version = str(configuration["Version"])
        code = await self._folders.folder(
            str(configuration["CodeSha256"]), lambda: self._plane.code(record.name, version)
        )
        if code is None:
            raise NotFound(f"{record.arn}:{version} has no zip file to run; container images are not emulated")
        variables = dict((configuration.get("Environment") or {}).get("Variables") or {})
        if layers := await self._layer_paths(configuration):
            variables["PYTHONPATH"] = ":".join([variables.get("PYTHONPATH", str(code)), *layers])
        return FunctionVersion(
            function=record.name,
            version=version,
            arn=record.arn,
            handler=str(configuration.get("Handler", "")),
            runtime=str(configuration["Runtime"]),
            code_dir=code,
            environment=tuple(sorted(variables.items())),
            timeout_s=float(configuration.get("Timeout", 3)),
            memory_mb=int(configuration.get("MemorySize", 128)),
            log_format="JSON" if (configuration.get("LoggingConfig") or {}).get("LogFormat") == "JSON" else "Text",
            command=_command(configuration, code),
            role=configuration.get("Role"),
            identity=f"{configuration['RevisionId']} {configuration['CodeSha256']}",
        )

    async def _layer_paths(self, configuration: Configuration) -> list[str]:
        """Each layer's `python` folder, in the order in which Lambda lets a later layer win."""
        paths: list[str] = []
        for layer in reversed(configuration.get("Layers") or []):
            arn = str(layer["Arn"])
            folder = await self._folders.folder(arn, lambda arn=arn: self._plane.layer(arn))  # type: ignore[misc]
            if folder is not None:
                paths.append(str(folder / "python"))
        return paths


def _command(configuration: Configuration, code: Path) -> tuple[str, ...] | None:
    """The program of a custom runtime; None for Python and Java, which the data plane brings.

    Raises: NotFound for a runtime that is not emulated.
    """
    runtime = str(configuration["Runtime"])
    if runtime.startswith("python") or (runtime.startswith("java") and shutil.which("java")):
        return None
    if runtime.startswith("provided"):
        return (str(code / "bootstrap"),)
    raise NotFound(f"{configuration['FunctionArn']}: the runtime {runtime} is not emulated on this machine")
