"""Messages on the boost topic, as SNS hands them to the warmer, and a place where boosts are kept."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleet.boosts import Boost, BoostOutdated, Kept
from fleet.ports import FleetError, Unreachable

GOLDEN = Path(__file__).parent.parent / "golden" / "events" / "boost"


def golden(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    return event


def an_alarm(**fields: Any) -> dict[str, Any]:
    """The golden alarm's event, with other fields in its message."""
    event = golden("alarm")
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    event["Records"][0]["Sns"]["Message"] = json.dumps({**message, **fields})
    return event


def by_hand(timestamp: str = "2026-11-24T12:01:12.580Z", **asked: Any) -> dict[str, Any]:
    """A plain message's event with that under "caretaker"."""
    return a_message(json.dumps({"caretaker": asked}), timestamp)


def a_message(text: Any, timestamp: Any = "2026-11-24T12:01:12.580Z") -> dict[str, Any]:
    event = golden("by-hand")
    event["Records"][0]["Sns"] |= {"Message": text, "Timestamp": timestamp}
    return event


@dataclass(slots=True)
class Shelf:
    """The port of boosts, in memory; with `broken` it answers nothing."""

    kept: dict[str, Boost] = field(default_factory=dict)
    reads: int = 0
    broken: FleetError | None = None
    read_only: bool = False

    def read(self) -> Kept:
        self.reads += 1
        if self.broken is not None:
            raise self.broken
        return Kept(boosts=tuple(self.kept.values()))

    def write(self, boost: Boost) -> None:
        if self.broken is not None or self.read_only:
            raise self.broken or Unreachable("dynamodb:PutItem: no answer")
        known = self.kept.get(boost.key)
        if known is not None and known.since > boost.since:
            raise BoostOutdated(f"something later is known of {boost.key}")
        self.kept[boost.key] = boost
