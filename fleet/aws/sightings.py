"""What CloudWatch has seen of a deployed stack: metrics, the warmer's words on its targets, cold starts. Reads only.

Needs cloudwatch:GetMetricData and logs:FilterLogEvents.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.aws.asking import asking_of, said_not_found
from fleet.aws.rate import Pace, TimeBox
from fleet.deployed import Datapoint, DeployedFunction, ServedSchedules, WarmerWords, Word
from fleet.reply import log_facts

# Source: CloudWatch Logs quotas: FilterLogEvents 5 or 10 a second, by region.
_A_SECOND = 5.0
# A page may come without events and with a token: a wide group is not read to its end for one cold start.
_MOST_PAGES = 40
_NEXT = ("nextToken", "nextToken")
_COLD = {"Text": '"Init Duration"', "JSON": "{ $.record.metrics.initDurationMs > 0 }"}
_WORDS = '{ ($.message = "target") || ($.message = "tick") }'
_SERVED = "served"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Metrics of Caretaker under one `service`, by period and over how long."""

    service: str
    metrics: tuple[str, ...]
    period: timedelta
    back: timedelta


class Sightings:
    """Reads metrics and logs; every method raises FleetError."""

    def __init__(self, box: TimeBox | None = None) -> None:
        self._pace = Pace(_A_SECOND, box or TimeBox())

    def metrics(self, series: Series, now: datetime) -> Mapping[str, tuple[Datapoint, ...]]:
        """The greatest value of each period that has one, newest first, for every metric asked for."""
        asking = asking_of("cloudwatch", self._pace)
        asked = {
            "MetricDataQueries": [_query(number, name, series) for number, name in enumerate(series.metrics)],
            "StartTime": now - series.back,
            "EndTime": now + series.period,
        }
        found: dict[str, list[Datapoint]] = {f"m{number}": [] for number in range(len(series.metrics))}
        for page in asking.pages("GetMetricData", asked, token=("NextToken", "NextToken")):
            asking.understood("GetMetricData", lambda page=page: _gather(page, found))  # type: ignore[misc]
        ordered = [tuple(sorted(points, key=lambda one: one.at, reverse=True)) for points in found.values()]
        return dict(zip(series.metrics, ordered, strict=True))

    def words(self, group: str, since: datetime) -> WarmerWords:
        """The newest lines of the warmer's log since then: on the last tick of the rule that was served, and on each
        target, by whatever run.
        """
        targets: dict[tuple[str, str], Word] = {}
        tick: Word | None = None
        schedules: ServedSchedules | None = None
        for event in self._events(group, _WORDS, since):
            line = _line(event)
            word = _word(line, event)
            if word is None:
                continue
            if line["message"] == "tick" and word.outcome == _SERVED and _of_the_rule(line):
                tick = _newer(tick, word)
                schedules = _schedules(line) if tick is word else schedules
            elif line["message"] == "target":
                key = (str(line.get("function")), str(line.get("qualifier")))
                targets[key] = _newer(targets.get(key), word)
        return WarmerWords(since=since, tick=tick, schedules=schedules, targets=targets)

    def longest_init_ms(self, function: DeployedFunction, since: datetime, *, region: str | None) -> float | None:
        """The longest init phase among the cold starts that the function's log shows; None when it shows none."""
        pattern = _COLD["JSON" if function.log_format == "JSON" else "Text"]
        events = self._events(function.log_group, pattern, since, region=region, pages=2)
        inits = [init for event in events if (init := log_facts(str(event["message"])).init_ms) is not None]
        return max(inits, default=None)

    def _events(
        self, group: str, pattern: str, since: datetime, *, region: str | None = None, pages: int = _MOST_PAGES
    ) -> Iterator[Mapping[str, Any]]:
        asking = asking_of("logs", self._pace, region=region)
        asked = {"logGroupName": group, "filterPattern": pattern, "startTime": int(since.timestamp() * 1000)}
        found = asking.pages("FilterLogEvents", asked, token=_NEXT, absent=said_not_found)
        for _, page in zip(range(pages), found, strict=False):
            yield from page["events"]


def _query(number: int, name: str, series: Series) -> dict[str, Any]:
    metric = {
        "Namespace": "Caretaker",
        "MetricName": name,
        "Dimensions": [{"Name": "service", "Value": series.service}],
    }
    stat = {"Metric": metric, "Period": int(series.period.total_seconds()), "Stat": "Maximum"}
    return {"Id": f"m{number}", "MetricStat": stat, "ReturnData": True}


def _gather(page: Mapping[str, Any], found: dict[str, list[Datapoint]]) -> None:
    for result in page["MetricDataResults"]:
        pairs: Sequence[tuple[datetime, float]] = list(
            zip(result.get("Timestamps", ()), result.get("Values", ()), strict=False)
        )
        found[result["Id"]] += [Datapoint(at=at.astimezone(UTC), value=float(value)) for at, value in pairs]


def _line(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The line's object; an empty one for any other text."""
    try:
        found = json.loads(event["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _word(line: Mapping[str, Any], event: Mapping[str, Any]) -> Word | None:
    """What the line says; None for a line of any other kind."""
    try:
        return Word(
            at=datetime.fromtimestamp(int(event["timestamp"]) / 1000, UTC),
            outcome=str(line["outcome"]),
            reason=str(line["reason"]),
            ok=_is_well(line),
            evidence=line.get("evidence"),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _of_the_rule(line: Mapping[str, Any]) -> bool:
    """Whether the rule asked for that run. Older warmers do not say; for a while after an upgrade theirs are all there
    is, and a tick taken for a run on demand would make a healthy stack late.
    """
    return line.get("scheduled") is not False


def _is_well(line: Mapping[str, Any]) -> bool:
    """What the line says of itself; one of an older warmer says so by its level only."""
    return bool(line["ok"]) if "ok" in line else line["level"] == "INFO"


def _schedules(line: Mapping[str, Any]) -> ServedSchedules | None:
    """Which schedules the tick of that line served; None where it does not say."""
    source = line.get("schedules_source")
    if not isinstance(source, dict) or not isinstance(source.get("from"), str):
        return None
    rejected = source.get("rejected")
    left_out = ", ".join(str(name) for name in rejected) if isinstance(rejected, list) else ""
    return ServedSchedules(
        origin=source["from"],
        digest=str(source.get("hash") or ""),
        revision=str(source.get("revision") or ""),
        trouble=str(source.get("problem") or "") or (f"{left_out} not taken" if left_out else ""),
    )


def _newer(one: Word | None, other: Word) -> Word:
    return other if one is None or one.at <= other.at else one
