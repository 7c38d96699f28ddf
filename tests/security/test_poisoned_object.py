"""Whoever may write the object in S3 may say what is warmed and how much; never run code, stop the tick, or blind it.

Each poison is put where good schedules were read before: what was good goes on, and the report says what is wrong.
"""

import gzip
import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from profiles.bounds import MOST_BYTES, MOST_CRONS
from profiles.compiled import compile_schedules
from profiles.compiled_values import canonical
from profiles.errors import SchedulesMissing
from profiles.evaluate import demand_at
from profiles.reader import read_text
from profiles.shelves import Origin
from tests.profiles.shelf import Reader, Shelf

GOOD = """\
version: 1
service: shop
owner: team-shop
timezone: Europe/Berlin
ping: {shape: direct, payload: {warm: true}}
profiles:
  day: {baseline: 2, windows: [{name: rush, from: "08:00", to: "10:00", concurrency: 5}]}
targets:
  - {function: shop, alias: live, profile: day}
overrides:
  - {name: sale, from: "2026-11-27T00:00", until: "2026-11-28T00:00",
     mode: set, concurrency: 2, reason: sale, ticket: T}
"""
COMPILED = compile_schedules(read_text(GOOD))
Edit = Callable[[dict[str, Any]], object]


def forged(edit: Edit) -> bytes:
    """A compiled document with other values and the hash that belongs to them."""
    document = json.loads(COMPILED)
    edit(document["schedules"])
    body = canonical(document.pop("schedules"))
    document["hash"] = hashlib.sha256(body).hexdigest()
    return canonical(document)[:-1] + b',"schedules":' + body + b"}\n"


def ping(**values: Any) -> Edit:
    return lambda body: body["pings"][0].update(values)


def window(**values: Any) -> Edit:
    return lambda body: body["profiles"][0]["windows"][0].update(values)


def target(**values: Any) -> Edit:
    return lambda body: body["services"][0]["targets"][0].update(values)


def service(**values: Any) -> Edit:
    return lambda body: body["services"][0].update(values)


def override(**values: Any) -> Edit:
    return lambda body: body["services"][0]["overrides"][0].update(values)


def platform(**values: Any) -> Edit:
    return lambda body: body["platform"].update(values)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


CRON = {"cron": "* * * * *", "lasts": 86_400, "name": "all", "concurrency": 1, "days": [], "from": 0, "to": 0}
CRON |= {"ramp_up": 3600, "ramp_down": 3600, "timezone": None}
FORGED: dict[str, Edit] = {
    "a command for Zappa": ping(payload={"raw_command": "import os"}),
    "a command deep in the payload": ping(payload={"a": [{"b": {"manage": "flush --no-input"}}]}),
    "a payload too deep to write": ping(payload=nested(900)),
    "a payload that is no JSON": ping(payload=float("inf")),
    "a header that ends the request": ping(headers=[["x-a", "b\r\nx-c: d"]]),
    "a header of no name": ping(headers=[["", "b"]]),
    "a path that is none": ping(shape="http-v2", host="example.com", path="x y"),
    "a host that is none": ping(shape="http-v2", host="example.com/\r\nx", path="/"),
    "paths to prime that fit no ping": ping(prime=["/" + "a" * 1999] * 3),
    "a timeout of a year": ping(timeout=31_536_000),
    "a length beyond all lengths": ping(timeout=1e300),
    "a billion environments": window(concurrency=10**9),
    "fewer than none": window(concurrency=-1),
    "a level that is no number": window(concurrency="5"),
    "a level of true": window(concurrency=True),
    "a day that no week has": window(days=[9]),
    "a time that no day has": window(**{"from": 99_999}),
    "a window of a year": window(lasts=31_536_000),
    "a cron that is none": window(cron="* * * *"),
    "a cron bomb": lambda body: body["profiles"][0].update(windows=[CRON] * (2 * MOST_CRONS + 1)),
    "a zone out of the folder": service(timezone="../../../etc/passwd"),
    "a window's zone out of the folder": window(timezone="/etc/passwd"),
    "a name with an end of line": service(name="shop\nok"),
    "an owner that is a list": service(owner=["me"]),
    "the same target twice": lambda body: body["services"][0]["targets"].append(body["services"][0]["targets"][0]),
    "a profile that is not there": target(profile="night"),
    "a function that is a pattern": target(function="*"),
    "a qualifier that is a path": target(qualifier="../x"),
    "a scale without end": target(scale=float("inf")),
    "a scale of nothing": target(scale=float("nan")),
    "a ceiling above all": platform(max_concurrency=10**9),
    "an interval of nothing": platform(interval=0),
    "an interval below nothing": platform(interval=-300),
    "an override without end": override(ends="9999-12-31T23:59:59"),
    "an override with a zone": override(starts="2026-11-27T00:00:00+00:00"),
    "an override of a billion": override(concurrency=10**9),
    "a janitor that keeps none": service(versions={"enabled": True, "keep": 0, "min_superseded": 0}),
    "services that are none": lambda body: body.update(services=[7]),
    "a shape that nobody knows": ping(shape="exec"),
}
BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "half of it": COMPILED[: len(COMPILED) // 2],
    "a changed level, an old hash": COMPILED.replace(b'"baseline":2', b'"baseline":9'),
    "a later format": COMPILED.replace(b'"format":1', b'"format":99'),
    "a format of a thousand lists": b'{"format":' + b"[" * 900 + b"]" * 900 + b',"schedules":{}}',
    "a million brackets": b"[" * 1_000_000,
    "an integer of ten thousand digits": b'{"format":' + b"9" * 10_000 + b',"schedules":{}}',
    "a list": b"[]",
    "null": b"null",
    "YAML": GOOD.encode(),
    "bytes": bytes(range(256)),
    "gzip": gzip.compress(COMPILED),
    "more than the functions read": COMPILED[:-2] + b" " * MOST_BYTES + COMPILED[-2:],
}
POISONS = {**{name: forged(edit) for name, edit in FORGED.items()}, **BROKEN}


def served_after(poison: bytes, tmp_path: Path) -> None:
    """Good, then poisoned: the same schedules go on, in this environment and in one that starts anew."""
    shelf = Shelf()
    shelf.put("compiled.json", COMPILED)
    reader = Reader(shelf, tmp_path)
    good = reader.tick()
    assert (good.origin, good.problem, good.rejected) == (Origin.LIVE, None, ())

    shelf.put("compiled.json", poison)
    for each in (reader, reader.restarted()):
        bad = each.tick()
        assert bad.schedules.services == good.schedules.services
        assert bad.rejected == ("compiled.json",) or bad.problem, "the report must say that something is wrong"


def test_the_forging_itself_is_not_what_is_refused(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.put("compiled.json", forged(window(concurrency=7)))
    found = Reader(shelf, tmp_path).tick()

    assert (found.origin, found.rejected, found.problem) == (Origin.LIVE, (), None)
    assert found.schedules.services[0].profiles[0].windows[0].concurrency == 7


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS.keys())
def test_of_a_poisoned_compiled_document_nothing_is_taken_and_the_last_good_one_goes_on(
    poison: bytes, tmp_path: Path
) -> None:
    started = time.process_time()
    served_after(poison, tmp_path)
    assert time.process_time() - started < 20


@pytest.mark.parametrize("kind", ["lists", "deep"])
def test_a_forged_scratch_file_of_another_shape_is_not_served(tmp_path: Path, kind: str) -> None:
    shelf = Shelf(shop=GOOD)
    reader = Reader(shelf, tmp_path)
    reader.tick()
    (scratch,) = tmp_path.glob("caretaker-schedules-*.json")
    body = {"lists": json.dumps({"at": "2026-11-24T12:00:00+00:00", "documents": nested(900)}), "deep": "[" * 10**6}[
        kind
    ]
    head = json.dumps({"format": 1, "hash": hashlib.sha256(body.encode()).hexdigest()})
    scratch.write_text(f"{head}\n{body}\n")
    shelf.reachable = False

    with pytest.raises(SchedulesMissing, match="no schedules came with the code"):
        reader.restarted().tick()


def test_the_most_that_a_document_may_ask_for_is_the_ceiling(tmp_path: Path) -> None:
    shelf = Shelf()
    edits = (platform(max_concurrency=3), window(concurrency=3), target(scale=10))
    shelf.put("compiled.json", forged(lambda body: [edit(body) for edit in edits]))
    schedules = Reader(shelf, tmp_path).tick().schedules
    one = schedules.services[0]

    levels = {
        demand_at(one, one.targets[0], datetime(2026, 11, day, hour, tzinfo=UTC), platform=schedules.platform).level
        for day in (24, 27)
        for hour in range(24)
    }
    assert max(levels) == 3


@pytest.mark.parametrize(
    "name", ["x/../../../shop.yaml", "a\\..\\x.yaml", "a\nb.yaml", "con.yaml", "\x1b[2J.yaml", "x" * 900 + ".yaml"]
)
def test_an_object_s_name_leads_to_no_file(tmp_path: Path, name: str) -> None:
    scratch = tmp_path / "a" / "b" / "scratch"
    scratch.mkdir(parents=True)
    shelf = Shelf()
    shelf.put(name, GOOD)

    found = Reader(shelf, scratch).tick()

    assert [one.name for one in found.schedules.services] == ["shop"]
    (written,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert written.parent == scratch
    assert written.name.startswith("caretaker-schedules-")
