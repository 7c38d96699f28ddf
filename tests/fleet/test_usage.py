"""Users' present use from CloudWatch, through botocore over HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fleet.aws.usage import PresentUsage
from fleet.facts import PresentUse
from tests.fleet.stub_api import Refusal, StubApi, serving

MINUTES = (datetime(2026, 11, 24, 11, 58, tzinfo=UTC), datetime(2026, 11, 24, 11, 56, tzinfo=UTC))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubApi]:
    with serving(StubApi(), monkeypatch) as stub:
        yield stub


def series(key: str, **values: float) -> dict[str, Any]:
    """Values by time as `at_1158=3`."""
    at = [datetime(2026, 11, 24, int(name[3:5]), int(name[5:7]), tzinfo=UTC).timestamp() for name in values]
    return {"Id": key, "StatusCode": "Complete", "Timestamps": at, "Values": list(values.values())}


def test_the_most_of_the_minutes_without_a_tick_is_what_users_occupy(api: StubApi) -> None:
    api.answers["GetMetricData"] = {
        "MetricDataResults": [series("u", at_1156=3, at_1157=400, at_1158=7), series("f0", at_1157=90, at_1158=2)]
    }
    assert PresentUsage().now(None, ["shop"], MINUTES) == PresentUse(unreserved=7, functions={"shop": 2})


def test_a_function_without_a_datapoint_had_no_user(api: StubApi) -> None:
    api.answers["GetMetricData"] = {"MetricDataResults": [series("u", at_1157=400)]}
    assert PresentUsage().now(None, ["shop"], MINUTES) == PresentUse(unreserved=0, functions={"shop": 0})


def test_everything_is_one_question(api: StubApi) -> None:
    api.answers["GetMetricData"] = {"MetricDataResults": []}
    PresentUsage().now(None, [f"shop-{number}" for number in range(600)], MINUTES)
    ((operation, body),) = api.asked
    assert operation == "GetMetricData"
    queries = json.loads(body)["MetricDataQueries"]
    assert len(queries) == 500
    assert queries[0]["MetricStat"]["Metric"]["MetricName"] == "UnreservedConcurrentExecutions"
    assert queries[1]["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "FunctionName", "Value": "shop-0"}]


def test_without_the_permission_use_is_not_known_and_the_action_is_named(api: StubApi) -> None:
    api.answers["GetMetricData"] = Refusal(status=400, code="AccessDenied")
    found = PresentUsage().now(None, [], MINUTES)
    assert found.unreserved is None
    assert "cloudwatch:GetMetricData was denied" in (found.unread or "")


def test_where_every_minute_has_a_tick_nothing_is_asked(api: StubApi) -> None:
    found = PresentUsage().now(None, ["shop"], ())
    assert "ticks in every minute" in (found.unread or "")
    assert api.asked == []
