"""Lambda's execution environments in memory, behind a real HTTP door: Invoke with a kit, JSON logs or neither.

What a tick meets is real (sockets, clocks, concurrency); what an environment costs is not, so that hundreds of them fit
into a test. Time between ticks is not waited for: `pass_minutes` lets it pass for idle environments.
"""

import asyncio
import base64
import contextlib
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

# As `meet_from_ms`: all of a burst meet, or none.
ALL, NONE = float("-inf"), float("inf")
Reuse = Literal["mru", "lru", "random"]
Logs = Literal["kit", "json", "text"]


@dataclass(eq=False, slots=True)
class Environment:
    """One environment: how often it was invoked, and for how many minutes it has been idle."""

    id: str
    invocations: int = 0
    idle_minutes: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One ping as the pool served it; `service` is from start to end in epoch milliseconds, by the pool's clock."""

    qualifier: str
    block: dict[str, Any]
    environment: str
    cold: bool
    held_ms: float
    service: tuple[float, float]


@dataclass(slots=True, kw_only=True)
class Pool:
    """The environments of one function, one idle list a qualifier.

    `kit_limit_ms` is the longest that the kit holds, `ahead_ms` how far the environments' clock is ahead of the
    caller's, `jitter_ms` the longest delay between a request and its start, `most` how many may be in progress at once.

    Which pings of a burst meet is left to the machine, or said: those whose release is at least `meet_from_ms` off when
    they come are in progress until all of their burst have come, and the others run one after the other.
    """

    reuse: Reuse = "mru"
    logs: Logs = "kit"
    cold_s: float = 0.05
    work_s: float = 0.0
    life_minutes: float = 6.0
    ahead_ms: float = 0.0
    jitter_ms: float = 0.0
    kit_limit_ms: float = 2000.0
    most: int = 10_000
    meet_from_ms: float | None = None
    reply: Callable[[int], Any] = lambda _index: {"statusCode": 200}
    port: int = 0
    idle: dict[str, list[Environment]] = field(default_factory=dict)
    busy: int = 0
    served: list[Invocation] = field(default_factory=list)
    throttled: int = 0
    made: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    came: Counter[str] = field(default_factory=Counter)
    turns: asyncio.Lock = field(default_factory=asyncio.Lock)
    meetings: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pass_minutes(self, minutes: float) -> None:
        """Idle environments grow older; those that were idle for their whole life are gone."""
        for qualifier, waiting in self.idle.items():
            for environment in waiting:
                environment.idle_minutes += minutes
            self.idle[qualifier] = [each for each in waiting if each.idle_minutes <= self.life_minutes]

    def warm(self, qualifier: str = "live") -> int:
        """How many environments are there, idle."""
        return len(self.idle.get(qualifier, []))

    def reached(self, since: int) -> int:
        """How many environments the last burst reached, of the invocations from `since` on, by the pool's count."""
        served = self.served[since:]
        last = served[-1].block["burst"] if served else None
        return len({each.environment for each in served if each.block["burst"] == last})

    def overfull(self) -> list[str]:
        """The bursts with more arrivals than their `of`."""
        arrivals = Counter((each.block["burst"], each.block["of"]) for each in self.served)
        return [burst for (burst, of), count in arrivals.items() if count > of]

    def apart(self, block: dict[str, Any]) -> bool:
        """Whether a ping that comes now runs while no other does."""
        return self.meet_from_ms is not None and block["release_at_ms"] - _now_ms(self) < self.meet_from_ms

    def has_come(self, block: dict[str, Any]) -> None:
        """A ping has an environment, or none is to be had."""
        self.came[block["burst"]] += 1
        if self.came[block["burst"]] == block["of"]:
            self.meetings[block["burst"]].set()

    def take(self, qualifier: str) -> tuple[Environment, bool] | None:
        """An environment for an invocation, and whether it is new; None when too many are busy."""
        if self.busy >= self.most:
            self.throttled += 1
            return None
        self.busy += 1
        waiting = self.idle.setdefault(qualifier, [])
        if not waiting:
            self.made += 1
            return Environment(id=f"environment-{self.made}"), True
        index = {"mru": -1, "lru": 0, "random": self.chance.randrange(len(waiting))}[self.reuse]
        return waiting.pop(index), False

    def give_back(self, qualifier: str, environment: Environment) -> None:
        self.busy -= 1
        environment.idle_minutes = 0.0
        self.idle[qualifier].append(environment)

    def use(self, count: int, qualifier: str = "live") -> None:
        """So many users at one instant."""
        taken = [found[0] for found in (self.take(qualifier) for _ in range(count)) if found is not None]
        for environment in taken:
            self.give_back(qualifier, environment)


@contextmanager
def serving(pool: Pool) -> Iterator[Pool]:
    """The pool's door is open on `pool.port`."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(lambda reader, writer: _connection(pool, reader, writer), "127.0.0.1", 0, backlog=1024)
    )
    pool.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="pool")
    thread.start()
    try:
        yield pool
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _closed(server: asyncio.Server) -> None:
    server.close()
    # A connection that had come may only now begin to be served; none may be left for the garbage collector to find.
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.sleep(0)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def _connection(pool: Pool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
            }
            await reader.readexactly(int(headers.get("content-length", 0)))
            status, body, tail = await _invoked(pool, head.split(" ")[1], headers)
            extra = f"X-Amz-Log-Result: {base64.b64encode(tail.encode()).decode()}\r\n" if tail else ""
            content = json.dumps(body).encode()
            writer.write(f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(content)}\r\n\r\n".encode() + content)
            await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
        pass  # the caller has closed it, or the pool closes
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _invoked(pool: Pool, path: str, headers: dict[str, str]) -> tuple[str, Any, str]:
    if "/invocations" not in path:
        return "404 Not Found", {"Message": "this pool answers Invoke only"}, ""
    qualifier = path.partition("Qualifier=")[2]
    context = json.loads(base64.b64decode(headers["x-amz-client-context"]))
    block = json.loads(context["custom"]["caretaker"])
    await asyncio.sleep(pool.chance.uniform(0, pool.jitter_ms) / 1000)
    if pool.apart(block):
        async with pool.turns:
            return await _answered(pool, qualifier, block, alone=True)
    return await _answered(pool, qualifier, block, alone=pool.meet_from_ms is None)


async def _answered(pool: Pool, qualifier: str, block: dict[str, Any], *, alone: bool) -> tuple[str, Any, str]:
    found = pool.take(qualifier)
    pool.has_come(block)
    if found is None:
        refusal = {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "message": "Rate Exceeded."}
        return "429 Too Many Requests", refusal, ""
    environment, cold = found
    try:
        if not alone:
            await pool.meetings[block["burst"]].wait()
        return "200 OK", *await _ran(pool, environment, qualifier, block, cold=cold)
    finally:
        pool.give_back(qualifier, environment)


async def _ran(
    pool: Pool, environment: Environment, qualifier: str, block: dict[str, Any], *, cold: bool
) -> tuple[Any, str]:
    if cold:
        await asyncio.sleep(pool.cold_s)
    arrived_ms = _now_ms(pool)
    environment.invocations += 1
    await asyncio.sleep(pool.work_s)
    held_ms = 0.0
    if pool.logs == "kit":
        held_ms = max(0.0, min(block["release_at_ms"] - _now_ms(pool), block["max_hold_ms"], pool.kit_limit_ms))
        await asyncio.sleep(held_ms / 1000)
    ended_ms = _now_ms(pool)
    index = len(pool.served)
    pool.served.append(
        Invocation(
            qualifier=qualifier,
            block=block,
            environment=environment.id,
            cold=cold,
            held_ms=held_ms,
            service=(arrived_ms, ended_ms),
        )
    )
    reply = pool.reply(index)
    if pool.logs == "kit" and isinstance(reply, dict):
        reply = {**reply, "caretaker": _report(environment, arrived_ms, held_ms, cold=cold)}
    return reply, _tail(pool, arrived_ms, ended_ms, cold=cold)


def _now_ms(pool: Pool) -> float:
    return time.time() * 1000 + pool.ahead_ms


def _report(environment: Environment, arrived_ms: float, held_ms: float, *, cold: bool) -> dict[str, Any]:
    return {
        "v": 1,
        "environment": environment.id,
        "arrived_ms": int(arrived_ms),
        "cold": cold,
        "age_ms": 1,
        "init_ms": 40,
        "invocations": environment.invocations,
        "last_request_ms": None,
        "held_ms": int(held_ms),
    }


def _tail(pool: Pool, started_ms: float, ended_ms: float, *, cold: bool) -> str:
    billed = int(ended_ms - started_ms) + 1
    if pool.logs != "json":
        init = "\tInit Duration: 50.00 ms" if cold else ""
        return f"REPORT RequestId: 1\tDuration: {billed}.00 ms\tBilled Duration: {billed} ms{init}\t\n"
    # Written as Lambda writes it: to the millisecond, the duration a little finer.
    started = datetime.fromtimestamp(started_ms / 1000, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    metrics = {"durationMs": round(ended_ms - started_ms, 3), "billedDurationMs": billed}
    return "\n".join(
        json.dumps(line)
        for line in (
            {"time": started, "type": "platform.start", "record": {}},
            {"time": started, "type": "platform.report", "record": {"metrics": metrics}},
        )
    )
