"""Compiled documents with anything anywhere, and the hash that belongs to it: refused, or as harmless as a schedule."""

import json
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet.model import LATEST
from profiles.bounds import DANGEROUS_KEYS, MAX_CEILING
from profiles.compiled import CompiledUnusable, load_compiled
from profiles.evaluate import demand_at
from profiles.model import ScheduleSet
from profiles.timeline import explain
from tests.security.test_poisoned_object import COMPILED, forged, nested
from warmer.events import payload

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANYTHING: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 10**9, 10**300, -(10**18), 0.5, -0.0, 1e308, 1e-308, float("nan"), float("inf"),
    "", " ", "a", "0", "*", "../x", "live", "$LATEST", "a\nb", "\x1b[2J", "\ud800", "2026-11-24", "9999-12-31T23:59:59",
    "0001-01-01T00:00:00", "2026-11-24T00:00:00+14:00", "UTC", "Europe/Berlin", "* * * * *", "0 0 31 2 *", "@daily",
    "direct", "http-v2", "zappa-keep-warm", "set", "provisioned", "x" * 5_000, [], {}, [[]], [None], [1, 2], ["a", "b"],
    {"a": 1}, {"raw_command": "x"}, nested(50), nested(500), [0] * 5_000,
)  # fmt: skip
SEEDS = range(6)
EACH = 700


def places(value: Any) -> list[tuple[Any, ...]]:
    """The way to every value in a JSON value, however deep."""
    found: list[tuple[Any, ...]] = []
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), value)]
    while waiting:
        path, each = waiting.pop()
        found.append(path)
        inner = each.items() if isinstance(each, dict) else enumerate(each) if isinstance(each, list) else ()
        waiting += [((*path, key), one) for key, one in inner]
    return found


def anything(chance: random.Random) -> Any:
    """One of them, which nobody else has."""
    return json.loads(json.dumps(chance.choice(ANYTHING)))


def mutate(body: Any, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        path = chance.choice(places(body)[1:] or [("none",)])
        holder = body
        for key in path[:-1]:
            holder = holder[key]
        match chance.randrange(6):
            case 0:
                del holder[path[-1]]
            case 1 if isinstance(holder, list):
                holder.append(json.loads(json.dumps(holder[path[-1]])))
            case 2 if isinstance(holder, dict):
                holder[chance.choice(("name", "command", "profiles", "x" * 100))] = anything(chance)
            case _:
                holder[path[-1]] = anything(chance)


def use(schedules: ScheduleSet) -> None:
    """What a tick, a plan and a report do with schedules, all of which must work on whatever was let through."""
    for service in schedules.services:
        for target in service.targets:
            for tick in range(0, 288, 48):
                demand = demand_at(service, target, NOON + timedelta(minutes=5 * tick), platform=schedules.platform)
                assert 0 <= demand.level <= schedules.platform.max_concurrency <= MAX_CEILING
                assert demand.reason.isprintable()
            sent = payload(target.ping, function=target.function, count=2, burst="0f8c", at=NOON)
            assert keys_of(json.loads(sent)) & DANGEROUS_KEYS == set()
            explain(service, target, NOON, platform=schedules.platform)
            assert target.qualifier == LATEST or target.qualifier.replace("-", "").replace("_", "").isalnum()
    assert json.dumps([str(service) for service in schedules.services], ensure_ascii=False).encode()


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_document_with_anything_anywhere_is_refused_or_harmless(seed: int) -> None:
    chance, taken, refusals = random.Random(seed), 0, []
    started = time.process_time()
    for _ in range(EACH):
        document = forged(lambda body: mutate(body, chance))
        try:
            schedules = load_compiled(document, where="compiled.json").schedules
        except CompiledUnusable as error:
            refusals.append(str(error))
            continue
        taken += 1
        use(schedules)

    assert [words for words in refusals if len(words) > 1_000 or not words.isprintable()] == []
    assert 10 < taken < EACH // 2, "both ways must have been taken"
    assert time.process_time() - started < 120


@pytest.mark.parametrize("seed", SEEDS)
def test_a_document_with_any_bytes_changed_is_refused(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(300):
        data = bytearray(COMPILED)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if bytes(data) == COMPILED:
            continue
        try:
            loaded = load_compiled(bytes(data), where="compiled.json")
        except CompiledUnusable:
            continue
        # Only the head says nothing that counts.
        assert loaded.schedules == load_compiled(COMPILED, where="compiled.json").schedules
