"""Which environment serves which invocation. Assignment is synchronous, so that it happens in order of arrival.

AWS does not document which idle environment it picks, so the policy is a choice: a promise has to hold under all.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Literal, get_args

from emulator.dataplane.environment import Environment
from emulator.dataplane.model import FunctionVersion

Policy = Literal["mru", "lru", "random"]
POLICIES: tuple[Policy, ...] = get_args(Policy)


class Pool:
    """All execution environments: taken, given back, ended when idle too long or when their code is out of date."""

    def __init__(
        self,
        make: Callable[[FunctionVersion], Environment],
        *,
        policy: Policy,
        rng: random.Random,
        idle_s: float,
    ) -> None:
        self.policy = policy
        self._make = make
        self._rng = rng
        self._idle_s = idle_s
        self._idle: dict[tuple[str, str], list[Environment]] = {}
        self._live: dict[str, Environment] = {}
        self._outdated: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def live(self) -> tuple[Environment, ...]:
        """Every environment that has not been ended, oldest first."""
        return tuple(self._live.values())

    def take(self, version: FunctionVersion) -> Environment:
        """An idle environment of exactly this version, a new one when there is none."""
        key = (version.function, version.version)
        self._retire_older(version)
        idle = self._idle.get(key)
        if not idle:
            made = self._make(version)
            self._live[made.id] = made
            return made
        taken = idle.pop(self._choice(len(idle)))
        self._timers.pop(taken.id).cancel()
        return taken

    def give_back(self, environment: Environment) -> None:
        """The invocation is over: the environment waits for the next one, or ends if it is out of date."""
        if environment.id not in self._live:
            return
        if environment.id in self._outdated:
            self._retire(environment)
            return
        environment.state = "idle"
        key = (environment.version.function, environment.version.version)
        self._idle.setdefault(key, []).append(environment)
        loop = asyncio.get_running_loop()
        self._timers[environment.id] = loop.call_later(self._idle_s, self._reap, environment)

    async def reset(self) -> None:
        """End every idle environment now, and every busy one as soon as its invocation is over."""
        idle = [environment for waiting in self._idle.values() for environment in waiting]
        self._outdated.update(self._live.keys() - {environment.id for environment in idle})
        for environment in idle:
            self._reap(environment)
        await self._ended()

    async def stop(self) -> None:
        """End every environment, in the middle of an invocation or not."""
        for environment in self.live:
            self._forget_idle(environment)
            self._retire(environment)
        await self._ended()

    def _choice(self, count: int) -> int:
        """Idle environments are listed in the order in which they were given back."""
        match self.policy:
            case "mru":
                return count - 1
            case "lru":
                return 0
            case "random":
                return self._rng.randrange(count)

    def _retire_older(self, wanted: FunctionVersion) -> None:
        for environment in self.live:
            version = environment.version
            same = (version.function, version.version) == (wanted.function, wanted.version)
            if not same or version.identity == wanted.identity:
                continue
            if environment.state == "idle":
                self._reap(environment)
            else:
                self._outdated.add(environment.id)

    def _reap(self, environment: Environment) -> None:
        self._forget_idle(environment)
        self._retire(environment)

    def _forget_idle(self, environment: Environment) -> None:
        timer = self._timers.pop(environment.id, None)
        if timer is not None:
            timer.cancel()
            self._idle[environment.version.function, environment.version.version].remove(environment)

    def _retire(self, environment: Environment) -> None:
        if self._live.pop(environment.id, None) is None:
            return
        self._outdated.discard(environment.id)
        task = asyncio.get_running_loop().create_task(environment.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _ended(self) -> None:
        if self._ending:
            await asyncio.gather(*self._ending)
