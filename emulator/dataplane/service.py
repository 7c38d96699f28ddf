"""The emulator's data plane, put together: start it, stop it, ask what it counted.

Beside the Invoke API it answers, for demo and tests:
`GET /_emulator/environments`, `GET /_emulator/invocations`, `POST /_emulator/policy {"policy": "lru"}`,
`POST /_emulator/reset` (every environment ends; the next invocations are cold).
"""

import asyncio
import dataclasses
import json
import random
import socket
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from emulator.dataplane.catalog import Catalog
from emulator.dataplane.dispatch import Dispatcher, Observer, nobody
from emulator.dataplane.doors import Doors
from emulator.dataplane.environment import Environment, Host
from emulator.dataplane.events import EventRules, Events
from emulator.dataplane.exchange import Answer, Forward, Request, error_answer, json_answer
from emulator.dataplane.gatekeeper import Gatekeeper, OpenDoor
from emulator.dataplane.guard import Guard
from emulator.dataplane.history import History, Snapshot
from emulator.dataplane.invoke import InvokeApi, unknown_operation
from emulator.dataplane.model import FunctionVersion
from emulator.dataplane.pool import POLICIES, Policy, Pool
from emulator.dataplane.process import allow_many_files
from emulator.dataplane.runtime_api import RuntimeListener
from emulator.dataplane.settings import Settings

_ADMIN = "/_emulator/"


class LambdaService:
    """Lambda's Invoke API on a loopback port, with a real process per execution environment.

    `policy` picks among idle environments (`mru`, `lru`, `random` with `seed`). `forward` answers every request that
    is no invocation; see `exchange`. `event_rules` says how often an asynchronous invocation is tried, and
    hears how it ended; `observe` hears of each invocation that ran. `gate` may refuse a request before anything else
    sees it, and gives each function its credentials. `port` 0 takes a free one. `settings.tls` opens a
    second door, with HTTP/2 and a certificate that is new each time. Everything started ends with `stop`, and with this
    process however it ends.
    """

    def __init__(  # noqa: PLR0913 - a hook for each thing that the data plane knows nothing of
        self,
        catalog: Catalog,
        *,
        policy: Policy = "mru",
        seed: int | None = None,
        forward: Forward = unknown_operation,
        port: int = 0,
        settings: Settings | None = None,
        event_rules: EventRules | None = None,
        observe: Observer = nobody,
        gate: Gatekeeper | None = None,
    ) -> None:
        self._settings = settings or Settings()
        self._port = port
        self._gate = gate or OpenDoor(self._settings)
        self._secure: tuple[int, Path] | None = None
        self._host: Host | None = None
        rng = random.Random(seed)  # noqa: S311 - a reuse policy, no secret
        self._pool = Pool(self._made, policy=policy, rng=rng, idle_s=self._settings.idle_s)
        self._history = History(self._settings.history)
        dispatcher = Dispatcher(catalog, self._pool, self._history, observe)
        self._events = Events(dispatcher, self._settings.event_retry_delays_s, event_rules)
        self._api = InvokeApi(dispatcher, self._events, forward)
        self._doors = Doors(self.answer)
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    @property
    def endpoint(self) -> str:
        """The origin to point AWS_ENDPOINT_URL_LAMBDA at. Known once started."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def secure_endpoint(self) -> str | None:
        """The TLS door's origin, to be used with `ca_bundle` in AWS_CA_BUNDLE; None without one. Known once started."""
        return f"https://127.0.0.1:{self._secure[0]}" if self._secure is not None else None

    @property
    def ca_bundle(self) -> Path | None:
        """The PEM file with which the TLS door's certificate can be verified; None without one."""
        return self._secure[1] if self._secure is not None else None

    async def start(self) -> None:
        """Open the ports. Raises: OSError when one is in use."""
        door = socket.create_server(("127.0.0.1", self._port))
        self._port = door.getsockname()[1]
        allow_many_files()
        listener = RuntimeListener()
        await listener.start()
        self._scratch = tempfile.TemporaryDirectory(prefix="caretaker-tmp-", ignore_cleanup_errors=True)
        own = self._settings.endpoint_url_lambda or self.endpoint
        self._host = Host(
            settings=replace(
                self._settings,
                endpoint_url_lambda=own,
                endpoint_url=own if self._settings.one_address else self._settings.endpoint_url,
            ),
            listener=listener,
            guard=Guard(),
            inits=asyncio.Semaphore(self._settings.parallel_inits),
            scratch=Path(self._scratch.name),
            keys=self._gate.keys,
        )
        await self._doors.open_plain(door)
        if self._settings.tls is not None:
            self._secure = await self._doors.open_secure(self._settings.tls, Path(self._scratch.name))

    async def stop(self) -> None:
        """End every environment and close every port."""
        await self._events.stop()
        await self._pool.stop()
        await self._doors.close()
        await self._pool.stop()
        if self._host is not None:
            await self._host.listener.stop()
            self._host.guard.stop()
        if self._scratch is not None:
            self._scratch.cleanup()

    def snapshot(self) -> Snapshot:
        """What lives now and what ran. Call it on the service's own event loop."""
        return self._history.snapshot(self._pool.live)

    async def answer(self, request: Request) -> Answer:
        """The answer to any request: a second door (HTTP/2, TLS) calls this too."""
        if request.path.startswith(_ADMIN):
            return await self._administered(request)
        refusal = await self._gate.admit(request)
        return refusal if refusal is not None else await self._api.answer(request)

    async def _administered(self, request: Request) -> Answer:
        match (request.method, request.path.removeprefix(_ADMIN)):
            case ("GET", "environments"):
                return json_answer(200, [dataclasses.asdict(facts) for facts in self.snapshot().environments])
            case ("GET", "invocations"):
                return json_answer(200, [dataclasses.asdict(facts) for facts in self.snapshot().invocations])
            case ("POST", "policy"):
                return self._choose_policy(request.body)
            case ("POST", "reset"):
                await self._pool.reset()
                return json_answer(200, {})
        return error_answer(404, "ResourceNotFoundException", f"no such page: {request.method} {request.path}")

    def _choose_policy(self, body: bytes) -> Answer:
        try:
            wanted: Any = json.loads(body)["policy"]
        except (ValueError, KeyError, TypeError):
            wanted = None
        if wanted not in POLICIES:
            message = f'expected {{"policy": one of {", ".join(POLICIES)}}}, found {body[:100]!r}'
            return error_answer(400, "InvalidParameterValueException", message)
        self._pool.policy = wanted
        return json_answer(200, {"policy": wanted})

    def _made(self, version: FunctionVersion) -> Environment:
        if self._host is None:
            raise RuntimeError("the service has not been started: call start() first")
        return Environment(version, self._host)
