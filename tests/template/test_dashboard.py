"""The dashboard: valid, whole, and made of metrics and log fields that the functions really write."""

import json
import re
from typing import Any

import pytest

from tests.template.emitted import Metric, lines_of_both, metrics_of
from tests.template.reading import Stack, read_template

SEARCH = re.compile(r"SEARCH\('\{(?P<space>[^,]+),(?P<names>[a-z,]+)\} MetricName=\"(?P<metric>\w+)\"', '\w+', \d+\)")


@pytest.fixture
def widgets(stack: Stack) -> list[dict[str, Any]]:
    (dashboard,) = stack.resources("AWS::CloudWatch::Dashboard").values()
    found: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"])["widgets"]
    return found


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return lines_of_both()


def rows(widgets: list[dict[str, Any]]) -> list[list[Any]]:
    return [row for widget in widgets for row in widget["properties"].get("metrics", [])]


def shown(widget: dict[str, Any]) -> set[Metric]:
    """The metrics of a widget, with "." read as CloudWatch does: as the same place of the row before."""
    found, before = set(), []
    for row in widget["properties"].get("metrics", []):
        fields = [field for field in row if isinstance(field, str)]
        if not fields:
            continue
        before = [before[index] if field == "." else field for index, field in enumerate(fields)]
        space, name, *pairs = before
        found.add((space, name, tuple(sorted(zip(pairs[::2], pairs[1::2], strict=True)))))
    return found


def test_every_metric_on_it_is_one_that_the_functions_emit(
    widgets: list[dict[str, Any]], lines: list[dict[str, Any]]
) -> None:
    ours = {metric for widget in widgets for metric in shown(widget) if metric[0] == "Caretaker"}
    assert len(ours) >= 14
    assert ours - metrics_of(lines) == set()


def test_every_search_finds_a_metric_with_those_dimensions(
    widgets: list[dict[str, Any]], lines: list[dict[str, Any]]
) -> None:
    emitted = {(space, name, tuple(key for key, _ in pairs)) for space, name, pairs in metrics_of(lines)}
    options = [row[0] for row in rows(widgets) if isinstance(row[0], dict)]
    searches = [SEARCH.fullmatch(one["expression"]) for one in options if "SEARCH" in one["expression"]]
    assert len(searches) == 2
    for search in searches:
        assert search is not None
        assert (search["space"], search["metric"], tuple(sorted(search["names"].split(",")))) in emitted


def test_what_is_lambda_s_own_is_asked_of_both_functions(widgets: list[dict[str, Any]]) -> None:
    of_lambda = {metric for widget in widgets for metric in shown(widget) if metric[0] == "AWS/Lambda"}
    assert {pairs for _, _, pairs in of_lambda} == {
        (("FunctionName", "WarmerFunction"),),
        (("FunctionName", "JanitorFunction"),),
    }


def test_the_fields_of_the_log_query_are_those_of_a_target_s_line(
    widgets: list[dict[str, Any]], lines: list[dict[str, Any]]
) -> None:
    (query,) = [widget["properties"]["query"] for widget in widgets if widget["type"] == "log"]
    (line,) = [line for line in lines if line.get("message") == "target"]
    asked = re.search(r"fields @timestamp, ([a-z, ]+) \|", query)
    assert asked is not None
    assert set(asked[1].split(", ")) <= line.keys()
    assert (line["level"], "level = 'WARNING'" in query, "message = 'target'" in query) == ("WARNING", True, True)
    assert query.startswith("SOURCE '/aws/lambda/WarmerFunction' |")


@pytest.mark.parametrize(
    "parameters",
    [{}, {"MetricMathAlarms": "false"}, {"SchedulesUri": "s3://plans/prod"}, {"DeployHook": "true"}],
    ids=["by default", "without metric math", "with schedules in S3", "with the hook"],
)
def test_every_alarm_of_the_stack_is_on_it(parameters: dict[str, str]) -> None:
    stack = Stack(read_template(), **parameters)
    (dashboard,) = stack.resources("AWS::CloudWatch::Dashboard").values()
    found = json.loads(dashboard["DashboardBody"])["widgets"]
    (alarms,) = [widget["properties"]["alarms"] for widget in found if widget["type"] == "alarm"]
    assert sorted(alarms) == sorted(f"{name}.Arn" for name in stack.resources("AWS::CloudWatch::Alarm"))


def test_no_widget_covers_another_or_leaves_the_page(widgets: list[dict[str, Any]]) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        across = range(widget["x"], widget["x"] + widget["width"])
        down = range(widget["y"], widget["y"] + widget["height"])
        cells = {(x, y) for x in across for y in down}
        assert across.stop <= 24
        assert not taken & cells
        taken |= cells


def test_a_metric_that_only_another_needs_has_an_id_of_its_own(widgets: list[dict[str, Any]]) -> None:
    for widget in widgets:
        ids = [row[-1]["id"] for row in rows([widget]) if isinstance(row[-1], dict) and "id" in row[-1]]
        assert len(ids) == len(set(ids))


def test_a_stack_may_do_without_it() -> None:
    without = Stack(read_template(), DashboardCreate="false")
    assert without.resources("AWS::CloudWatch::Dashboard") == {}
