"""One execution environment: a runtime process, initialised, invoked, frozen, reset, ended.

What lives here is a life: init (10 s, repeated once at the first invoke), invoke under the function's timeout,
a reset after a crash or timeout with a suppressed init at the next invoke. Which environment serves what is the
pool's business.
Source: AWS Lambda developer guide, "Understanding the Lambda execution environment lifecycle".
"""

import asyncio
import shutil
import signal
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from emulator.dataplane.channel import Asked, Channel, Delivery, Exited, InitFailed, Responded
from emulator.dataplane.failures import exit_reply, init_failed_reply, no_entrypoint_reply, timeout_reply
from emulator.dataplane.guard import Guard
from emulator.dataplane.invocation import Invocation, Phase, Reply, Served
from emulator.dataplane.model import FunctionVersion
from emulator.dataplane.process import RuntimeProcess
from emulator.dataplane.runtime_api import RuntimeListener
from emulator.dataplane.settings import Keys, Settings
from emulator.dataplane.surroundings import command, variables

State = Literal["new", "initialising", "busy", "idle", "ended"]
_KEPT_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What all environments of one emulator share.

    `inits` lets only so many of them initialise at one time; each has a folder of its own in `scratch`, and the
    credentials that `keys` gives for its version.
    """

    settings: Settings
    listener: RuntimeListener
    guard: Guard
    inits: asyncio.Semaphore
    scratch: Path
    keys: Callable[[FunctionVersion], Keys]


class Environment:
    """See the module. `serve` is called for one invocation at a time."""

    def __init__(self, version: FunctionVersion, host: Host) -> None:
        now = datetime.now(UTC)
        self.id = uuid.uuid4().hex
        self.version = version
        self.created_ms = now.timestamp() * 1000
        self.log_stream = f"{now:%Y/%m/%d}/[{version.version}]{self.id}"
        self.state: State = "new"
        self.invocations = 0
        self._host = host
        self._scratch = host.scratch / self.id
        self._port: int | None = None
        self._process: RuntimeProcess | None = None
        self._channel = Channel()
        self._initialised_once = False
        self._over = False
        self._backlog = b""
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)

    @property
    def pid(self) -> int | None:
        """The runtime process, None while there is none."""
        return self._process.pid if self._process and not self._process.exited else None

    async def serve(self, invocation: Invocation) -> Served:
        """Run one invocation, with whatever initialisation it needs first. Never raises for what a function does."""
        self.invocations += 1
        init = await self._init() if not self._initialised_once else None
        init_output = self._taken()
        self.state = "busy"
        clock = _Stopwatch()
        suppressed = self._process is None or self._process.exited
        reply = await self._invoke(invocation, clock)
        service = clock.phase(reply)
        served = Served(
            reply=reply,
            init=init,
            service=service,
            suppressed=suppressed,
            peak_memory_mb=self._process.peak_memory_mb() if self._process else 0,
            init_output=init_output,
            output=self._taken(),
        )
        await self._settle(reply)
        return served

    async def end(self) -> None:
        """End the process, politely and then for certain, and give the port back."""
        self.state, self._over = "ended", True
        process = self._process
        if process is not None:
            await process.end(self._host.settings.shutdown_grace_s)
            self._taken()
            process.output.close()
        self._channel.close()
        if self._port is not None:
            await self._host.listener.close(self._port)
        shutil.rmtree(self._scratch, ignore_errors=True)

    async def _init(self) -> Phase:
        """The init phase. A failure is not final: the invoke phase tries once more."""
        self._initialised_once = True
        async with self._host.inits:
            self.state = "initialising"
            clock = _Stopwatch()
            try:
                async with asyncio.timeout(self._host.settings.init_limit_s):
                    failure = await self._boot("")
            except TimeoutError:
                failure = timeout_reply("", self._host.settings.init_limit_s)
            phase = clock.phase(failure or Reply(payload=b""))
        if failure is not None:
            await self._reset()
        return phase

    async def _invoke(self, invocation: Invocation, clock: "_Stopwatch") -> Reply:
        timeout_s = self.version.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                if self._process is None or self._process.exited:
                    failure = await self._boot(invocation.request_id)
                    if failure is not None:
                        return failure
                deadline_ms = int(clock.started_ms + timeout_s * 1000)
                if self._process is not None:
                    self._process.thaw()
                self._channel.deliver(Delivery(invocation=invocation, deadline_ms=deadline_ms))
                return await self._result(invocation.request_id)
        except TimeoutError:
            return timeout_reply(invocation.request_id, timeout_s)

    async def _boot(self, request_id: str) -> Reply | None:
        """Start the process and wait until it asks for work; the reply that tells what went wrong, if it did."""
        await self._reset()
        if self._over:
            return exit_reply(request_id, -signal.SIGKILL)
        if self._port is None:
            self._port = await self._host.listener.open()
        channel = self._channel = Channel()
        self._host.listener.attach(self._port, channel)
        settings = self._host.settings
        runtime_api = f"127.0.0.1:{self._port}"
        self._scratch.mkdir(exist_ok=True)
        try:
            self._process = await RuntimeProcess.start(
                command(self.version, settings),
                environment=variables(
                    self.version,
                    settings,
                    keys=self._host.keys(self.version),
                    runtime_api=runtime_api,
                    log_stream=self.log_stream,
                    scratch=self._scratch,
                ),
                directory=self.version.code_dir,
                guard=self._host.guard,
                on_exit=lambda code: channel.send(Exited(code)),
            )
        except OSError as error:
            return no_entrypoint_reply(request_id, error)
        while True:
            match await channel.signal():
                case Asked():
                    return None
                case InitFailed() as failed:
                    return init_failed_reply(failed)
                case Exited(code):
                    return exit_reply(request_id, code)
                case Responded():
                    pass

    async def _result(self, request_id: str) -> Reply:
        """What the runtime reports, once it asks for more: its loop is then over, and so is the phase."""
        reply: Reply | None = None
        while True:
            match await self._channel.signal():
                case Responded(body, None):
                    reply = Reply(payload=body)
                case Responded(body, error_type):
                    reply = Reply(payload=body, status="error", error_type=error_type)
                case Asked() if reply is not None:
                    return reply
                case Exited(code):
                    return reply or exit_reply(request_id, code)
                case _:
                    pass

    async def _settle(self, reply: Reply) -> None:
        """Freeze a process that is well; end one that timed out, broke or never started."""
        if self._process is None or self._process.exited or reply.fatal:
            await self._reset()
        else:
            self._process.freeze()

    async def _reset(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._channel.close()
            await process.kill()
            self._backlog += process.output.take()
            process.output.close()

    def _taken(self) -> bytes:
        """What was printed since the last call, by a process that has ended since as well."""
        taken, self._backlog = self._backlog, b""
        taken += self._process.output.take() if self._process else b""
        self.lines.extend(taken.decode("utf-8", "replace").splitlines())
        return taken


class _Stopwatch:
    """Wall time to place a span, a steady clock to measure it."""

    def __init__(self) -> None:
        self.started_ms = time.time() * 1000
        self._started = time.monotonic()

    def phase(self, reply: Reply) -> Phase:
        """From the start until now."""
        duration_ms = (time.monotonic() - self._started) * 1000
        return Phase(
            start_ms=self.started_ms,
            end_ms=self.started_ms + duration_ms,
            duration_ms=duration_ms,
            status=reply.status,
            error_type=reply.error_type,
        )
