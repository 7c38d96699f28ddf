"""What CloudWatch has seen of a deployed stack: metrics, the warmer's words on its targets, cold starts. Reads only.

Needs cloudwatch:GetMetricData and logs:FilterLogEvents.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.aws.asking import Asking, said_not_found
from fleet.aws.clients import client
from fleet.aws.rate import Pace, TimeBox
from fleet.deployed import Datapoint, TargetWord
from fleet.reply import log_facts

# Source: CloudWatch Logs quotas: FilterLogEvents 5 or 10 a second, by region.
_A_SECOND = 4.0
# A page may come without events and with a token: a wide group is not read to its end for one cold start.
_MOST_PAGES = 10
_NEXT = ("nextToken", "nextToken")
_COLD = '?"Init Duration" ?initDurationMs'
_TARGETS = '{ $.message = "target" }'


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
        asking = Asking(client=client("cloudwatch"), service="cloudwatch", pace=self._pace)
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

    def target_words(self, group: str, since: datetime) -> Mapping[tuple[str, str], TargetWord]:
        """The newest line on each (function, qualifier) in the warmer's log since then."""
        found: dict[tuple[str, str], TargetWord] = {}
        for event in self._events(group, _TARGETS, since):
            read = _word(event)
            if read is not None and (read[0] not in found or found[read[0]].at <= read[1].at):
                found[read[0]] = read[1]
        return found

    def longest_init_ms(self, group: str, since: datetime, *, region: str | None = None) -> float | None:
        """The longest init phase among the cold starts that the log shows; None when it shows none."""
        events = self._events(group, _COLD, since, region=region, pages=2)
        inits = [init for event in events if (init := log_facts(str(event["message"])).init_ms) is not None]
        return max(inits, default=None)

    def _events(
        self, group: str, pattern: str, since: datetime, *, region: str | None = None, pages: int = _MOST_PAGES
    ) -> Iterator[Mapping[str, Any]]:
        asking = Asking(client=client("logs", region=region), service="logs", pace=self._pace)
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


def _word(event: Mapping[str, Any]) -> tuple[tuple[str, str], TargetWord] | None:
    """The line as a value; None for any other line, and for one that somebody else has written."""
    try:
        line = json.loads(event["message"])
        key = (str(line["function"]), str(line["qualifier"]))
        at = datetime.fromtimestamp(int(event["timestamp"]) / 1000, UTC)
        return key, TargetWord(
            at=at,
            outcome=str(line["outcome"]),
            reason=str(line["reason"]),
            evidence=line.get("evidence"),
            ok=str(line.get("level", "INFO")) == "INFO",
        )
    except (ValueError, KeyError, TypeError):
        return None
