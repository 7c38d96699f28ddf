"""The `Usage` port over CloudWatch: how much concurrency users occupied in the last minutes.

Needs cloudwatch:GetMetricData. One request a region and tick; CloudWatch bills each metric in it: one for the
region and one for each function that is asked about.
Source: Lambda developer guide, "Types of metrics for Lambda functions", concurrency metrics: ConcurrentExecutions by
function, UnreservedConcurrentExecutions of a region; view both with Max.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.facts import PresentUse
from fleet.ports import FleetError

_BRIEF_S = 4.0
_MINUTE = timedelta(minutes=1)
# Source: CloudWatch API reference, GetMetricData: 500 queries a request.
_MOST_FUNCTIONS = 499


class PresentUsage:
    """Reads present use; make one a tick."""

    def now(self, region: str | None, functions: Sequence[str], minutes: Sequence[datetime]) -> PresentUse:
        """The most in use in any of the whole `minutes`; minutes without a datapoint had no invocation."""
        if not minutes:
            return PresentUse(unread="cloudwatch:GetMetricData not asked: the warmer ticks in every minute")
        names = list(dict.fromkeys(functions))[:_MOST_FUNCTIONS]
        queries = [_query("u", "UnreservedConcurrentExecutions", ())]
        queries += [_query(f"f{index}", "ConcurrentExecutions", (name,)) for index, name in enumerate(names)]
        try:
            found = _values(region, queries, min(minutes), max(minutes) + _MINUTE, {*minutes})
        except (FleetError, KeyError, TypeError, AttributeError, ValueError) as error:
            words = str(error) if isinstance(error, FleetError) else "the answer cannot be read"
            return PresentUse(unread=words if "GetMetricData" in words else f"cloudwatch:GetMetricData: {words}")
        return PresentUse(
            unreserved=found.get("u", 0),
            functions={name: found.get(f"f{index}", 0) for index, name in enumerate(names)},
        )


def _query(key: str, metric: str, function: Sequence[str]) -> dict[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": name} for name in function]
    stat = {"Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions}, "Period": 60}
    return {"Id": key, "MetricStat": {**stat, "Stat": "Maximum"}, "ReturnData": True}


def _values(
    region: str | None, queries: list[dict[str, Any]], starts: datetime, ends: datetime, minutes: set[datetime]
) -> dict[str, int]:
    found: dict[str, int] = {}
    try:
        pages = client("cloudwatch", region=region, timeout_s=_BRIEF_S).get_paginator("get_metric_data")
        for page in pages.paginate(MetricDataQueries=queries, StartTime=starts, EndTime=ends):
            for result in page["MetricDataResults"]:
                for at, value in zip(result.get("Timestamps", ()), result.get("Values", ()), strict=False):
                    if at in minutes:
                        found[result["Id"]] = max(found.get(result["Id"], 0), int(value))
    except (BotoCoreError, ClientError) as error:
        raise translated(error, service="cloudwatch", operation="GetMetricData") from error
    return found
