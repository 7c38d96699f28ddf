"""Which schedules the warmer's log says that its last tick served."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fleet.aws.sightings import Sightings
from fleet.deployed import ServedSchedules
from tests.fleet.stub_api import StubApi, serving

SINCE = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LIVE = {"from": "live", "location": "s3://plans/prod/", "age_s": 0, "rejected": [], "problem": None}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubApi]:
    with serving(StubApi(), monkeypatch) as stub:
        yield stub


def served(api: StubApi, *sources: Any) -> ServedSchedules | None:
    """What is found where ticks said these one after the other, a second apart."""
    tick = {"message": "tick", "ok": True, "outcome": "served", "reason": "all", "scheduled": True}
    lines = [json.dumps(tick | ({"schedules_source": source} if source != "unsaid" else {})) for source in sources]
    first = int(SINCE.timestamp() * 1000)
    api.answers["FilterLogEvents"] = {
        "events": [{"timestamp": first + 1000 * number, "message": line} for number, line in enumerate(lines)]
    }
    return Sightings().words("/aws/lambda/warmer", SINCE).schedules


def test_they_are_the_newest_ticks_by_hash_and_revision(api: StubApi) -> None:
    found = served(api, {**LIVE, "hash": "0a", "revision": "1"}, {**LIVE, "hash": "0b", "revision": "2"})
    assert found == ServedSchedules(origin="live", digest="0b", revision="2", trouble="")


def test_what_was_not_taken_is_told_with_its_reason(api: StubApi) -> None:
    memory = {**LIVE, "from": "memory", "problem": "s3:GetObject was denied", "hash": None, "revision": None}
    assert served(api, memory) == ServedSchedules(
        origin="memory", digest="", revision="", trouble="s3:GetObject was denied"
    )
    found = served(api, {**LIVE, "rejected": ["shop.yaml", "till.yaml"]})
    assert found is not None
    assert found.trouble == "shop.yaml, till.yaml not taken"


def test_a_tick_that_does_not_say_leaves_it_open(api: StubApi) -> None:
    assert [served(api, one) for one in ("unsaid", None, {}, "text", [1])] == [None] * 5
