"""Values for the janitor's tests, with defaults that a test overrides by name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.audit import Deletion
from fleet.model import Alias, FunctionRef, PublishedVersion, VersionNumber
from fleet.ports import Baseline, FleetError, FunctionAbsent, FunctionMemory, Listing, Mark, RecordMoved, Throttled
from fleet.uses import Stack, StackContents, VersionState
from janitor.inventory import FunctionFacts, FunctionUses, Inventory, Unread, VersionUses
from janitor.journal import Journal
from janitor.keep import Candidate, candidates
from janitor.policy import FunctionPolicy, SweepPolicy
from profiles.model import Profile, Service, Target, VersionsPolicy

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
ASKED_FOR_NOTHING: tuple[str, ...] = ()


def v(number: int) -> VersionNumber:
    return VersionNumber(number)


def a_version(
    number: int, *, at: datetime | None = LONG_AGO, code: str | None = None, function: str = "shop"
) -> PublishedVersion:
    return PublishedVersion(
        function=function,
        number=v(number),
        code_sha256=f"sha-{number}" if code is None else code,
        code_size_bytes=1000 + number,
        last_modified=at,
    )


def versions(
    numbers: Iterable[int], *, at: datetime = LONG_AGO, function: str = "shop"
) -> tuple[PublishedVersion, ...]:
    return tuple(a_version(number, at=at, function=function) for number in sorted(numbers))


def an_alias(name: str, version: int | str, **weights: float) -> Alias:
    """`an_alias("live", 9, v7=0.1)` sends 10 % to 7."""
    shares = tuple((key.removeprefix("v"), share) for key, share in weights.items())
    return Alias(name=name, version=str(version), weights=shares)


def marks_for(numbers: Iterable[int], *, at: datetime = LONG_AGO) -> tuple[Mark, ...]:
    return tuple(Mark(version=v(number), code_sha256=f"sha-{number}", marked_at=at) for number in numbers)


def a_memory(
    *,
    marked: Iterable[int] = (),
    at: datetime = LONG_AGO,
    live: Iterable[int] = (),
    superseded: Mapping[int, datetime] = {},
) -> FunctionMemory:
    return FunctionMemory(
        marks=marks_for(marked, at=at),
        live=frozenset(v(number) for number in live),
        superseded=tuple(sorted((v(number), when) for number, when in superseded.items())),
    )


def facts(
    numbers: Iterable[int] = range(1, 11),
    *,
    name: str = "shop",
    aliases: tuple[Alias, ...] | Unread = (),
    memory: FunctionMemory | Unread | None = None,
    published: tuple[PublishedVersion, ...] | None = None,
    uses: FunctionUses | None = None,
) -> FunctionFacts:
    """A function whose versions were all marked long ago unless `memory` says otherwise, and that nothing else uses."""
    listed = versions(numbers, function=name) if published is None else published
    known = a_memory(marked=[one.number.value for one in listed]) if memory is None else memory
    return FunctionFacts(
        name=name, versions=listed, aliases=aliases, memory=known, uses=uses or unused(one.number for one in listed)
    )


def unused(numbers: Iterable[VersionNumber | int], **but: Any) -> FunctionUses:
    """Everything was asked and nothing found, but for what is said by name."""
    own = {v(n) if isinstance(n, int) else n: a_quiet_version() for n in numbers}
    nothing: dict[str, Any] = dict.fromkeys(
        ("stacks", "deployments", "event_sources", "edge", "provisioned", "invoke_configs", "traffic"), ()
    )
    return FunctionUses(**{"tags": {}, "owned": {}, "versions": own, **nothing, **but})


def a_quiet_version(**but: Any) -> VersionUses:
    return VersionUses(**{"state": VersionState(state="Active"), "open_executions": 0, "policy": None, **but})


def a_policy(
    *,
    keep: int = 2,
    min_superseded: timedelta = timedelta(days=7),
    grace: timedelta = timedelta(hours=6),
    off: str | None = None,
    scheduled: tuple[tuple[VersionNumber, str], ...] = (),
    unread: str | None = None,
) -> FunctionPolicy:
    return FunctionPolicy(
        keep=keep, min_superseded=min_superseded, grace=grace, off=off, scheduled=scheduled, unread=unread
    )


def a_sweep_policy(default: FunctionPolicy | None = None, *, per_function: int = 25, per_run: int = 500) -> SweepPolicy:
    return SweepPolicy(
        default=default or a_policy(), by_function={}, max_per_function=per_function, max_per_run=per_run
    )


def an_inventory(*functions: FunctionFacts) -> Inventory:
    return Inventory(functions=functions)


def the_candidate(
    number: int, of: FunctionFacts, policy: FunctionPolicy | None = None, *, now: datetime = NOW
) -> Candidate:
    found = [it for it in candidates(of, policy or a_policy(), now) if it.version.number == v(number)]
    return found[0]


def a_service(
    *qualifiers: str,
    function: str = "shop",
    name: str = "checkout",
    enabled: bool = True,
    policy: VersionsPolicy | None = None,
) -> Service:
    return Service(
        name=name,
        owner="team",
        timezone="UTC",
        enabled=enabled,
        profiles=(Profile(name="p", baseline=1, windows=()),),
        targets=tuple(Target(function=FunctionRef(text=function), qualifier=one, profile="p") for one in qualifiers),
        versions=policy or VersionsPolicy(),
    )


@dataclass
class Account:
    """A Versions port in memory. `before` runs at each call and may change the account or raise."""

    published: dict[str, set[int]]
    named: dict[str, list[Alias]] = field(default_factory=dict)
    calls: list[tuple[str, str, int | None]] = field(default_factory=list)
    trouble: dict[tuple[str, str], FleetError] = field(default_factory=dict)

    def listing(self) -> Listing:
        self._enter("listing", "", None)
        listed = tuple(one for name, numbers in self.published.items() for one in versions(numbers, function=name))
        return Listing(functions=frozenset(self.published), versions=listed)

    def aliases(self, function: str) -> tuple[Alias, ...]:
        self._enter("aliases", function, None)
        if function not in self.published:
            raise FunctionAbsent(f"{function} is absent")
        return tuple(self.named.get(function, ()))

    def wait_turn(self) -> None:
        """The fake has no rate."""

    def delete(self, function: str, version: VersionNumber) -> None:
        self._enter("delete", function, version.value)
        if function not in self.published:
            raise FunctionAbsent(f"{function} is absent")
        self.published[function].discard(version.value)

    @property
    def deletes(self) -> list[tuple[str, int | None]]:
        return [(function, number) for call, function, number in self.calls if call == "delete"]

    def _enter(self, call: str, function: str, number: int | None) -> None:
        self.calls.append((call, function, number))
        for key in ((call, function), (call, f"{function}:{number}"), (call, "*")):
            if (error := self.trouble.get(key)) is not None:
                raise error


@dataclass
class NoUses:
    """A Uses port of an account where nothing but aliases uses a version. `asked` has the names of the reads."""

    asked: list[str] = field(default_factory=list)
    stacks: dict[str, Stack] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        answers: dict[str, Any] = {"tags": {}, "state": VersionState(state="Active"), "policy": None}

        def ask(*of: Any) -> Any:
            self.asked.append(name)
            return answers.get(name, 0 if name == "open_executions" else ())

        return ask

    def stack(self, stack_id: str) -> Stack | None:
        self.asked.append("stack")
        return self.stacks.get(stack_id)

    def contents(self, stack_id: str) -> StackContents:
        self.asked.append("contents")
        return StackContents()


@dataclass
class MemoryRecord:
    """A Record port in memory; `error` fails every call."""

    known: dict[str, FunctionMemory] = field(default_factory=dict)
    stopped_at: str | None = None
    size: Baseline | None = None
    error: FleetError | None = None

    def recall(self, function: str) -> FunctionMemory:
        self._fail()
        return self.known.get(function, FunctionMemory())

    def remember(self, function: str, memory: FunctionMemory, *, before: FunctionMemory) -> None:
        self._fail()
        revision = self.known.get(function, FunctionMemory()).revision
        if revision != before.revision:
            raise RecordMoved(f"another run has written what it found of {function}")
        self.known[function] = replace(memory, revision=revision + 1)

    def cursor(self) -> str | None:
        self._fail()
        return self.stopped_at

    def save_cursor(self, function: str) -> None:
        self._fail()
        self.stopped_at = function

    def baseline(self) -> Baseline | None:
        self._fail()
        return self.size

    def save_baseline(self, baseline: Baseline) -> None:
        self._fail()
        self.size = baseline

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass
class MemoryAudit:
    """An Audit port in memory; `error` fails every call."""

    started: dict[tuple[str, int], Deletion] = field(default_factory=dict)
    closed: dict[tuple[str, int], Deletion] = field(default_factory=dict)
    error: FleetError | None = None

    def start(self, deletion: Deletion) -> None:
        self._fail()
        self.started[deletion.function, deletion.version.value] = deletion

    def finish(self, deletion: Deletion) -> None:
        self._fail()
        self.closed[deletion.function, deletion.version.value] = deletion
        self.started.pop((deletion.function, deletion.version.value), None)

    def drop(self, deletion: Deletion) -> None:
        self._fail()
        self.started.pop((deletion.function, deletion.version.value), None)

    def open(self) -> tuple[Deletion, ...]:
        self._fail()
        return tuple(self.started.values())

    def deletions(self, function: str | None = None) -> Iterator[Deletion]:
        self._fail()
        for one in (*self.started.values(), *self.closed.values()):
            if function in (None, one.function):
                yield one

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


def a_journal(audit: MemoryAudit | None = None, *, now: datetime = NOW) -> Journal:
    return Journal(audit or MemoryAudit(), now)


THROTTLE = Throttled("lambda:DeleteFunction was throttled: Rate exceeded")
