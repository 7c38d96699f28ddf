"""The fault campaign: whatever fails, and wherever a run ends, no harm is done and the same end is reached."""

import pytest

from fleet.aws import rate as rate_module
from tests.janitor.campaign import KINDS, BadDay, Fault, a_bad_day

OPERATIONS = (
    "list_functions",
    "list_aliases",
    "delete_function",
    "get_function",
    "get_policy",
    "list_event_source_mappings",
    "list_provisioned_concurrency_configs",
    "list_function_event_invoke_configs",
    "list_durable_executions_by_function",
    "describe_stacks",
    "list_stack_resources",
    "list_deployments",
    "get_deployment",
    "list_deployment_targets",
    "get_deployment_target",
    "list_distributions",
    "list_metrics",
)
TABLE = (
    "recall",
    "remember",
    "cursor",
    "save_cursor",
    "baseline",
    "save_baseline",
    "start",
    "finish",
    "open",
)
END = {
    "cart": [1, 2, 5, 6],
    "deploying": [1, 2, 3, 4, 5, 6],
    "edge": [2, 5, 6],
    "shop": [1, 2, 3, 5, 6],
    "till": [1, 2, 3, 5, 6],
}


class Clock:
    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def day(tmp_path, monkeypatch):
    monkeypatch.setattr(rate_module, "time", Clock())
    return a_bad_day(tmp_path)


def second_run(day: BadDay, weather=lambda _: None) -> str:
    """A run that marks, on a good day, and one that may delete."""
    day.begin()
    day.later(hours=7)
    day.line.weather = weather
    return day.begin()


def ends_well(day: BadDay) -> None:
    assert day.harm() == []
    day.line.weather = lambda _: None
    day.later(days=8)
    for _ in range(3):
        day.later(hours=7)
        day.begin()
    assert day.harm() == []
    assert day.state() == END
    assert (day.unexplained(), day.audit.started) == (set(), {})


def test_on_a_good_day_two_runs_reach_the_end_and_every_operation_is_asked_for(day):
    asked = set()
    day.begin()
    asked |= {call.operation for call in day.line.calls}
    second_run(day)
    asked |= {call.operation for call in day.line.calls}
    assert asked >= {*OPERATIONS, *TABLE}
    ends_well(day)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_that_is_denied_does_no_harm_and_is_named(day, operation):
    said = second_run(day, lambda call: Fault("deny") if call.operation == operation else None)
    named = "".join(word.title() for word in operation.split("_"))
    assert named in said + str(day.reports[-1].as_json())
    ends_well(day)


@pytest.mark.parametrize("operation", TABLE)
def test_a_denial_by_the_state_table_does_no_harm_and_makes_the_run_not_ok(day, operation):
    second_run(day, lambda call: Fault("deny") if call.operation == operation else None)
    # A deletion that is not closed is closed by a later run, and the size was the same as before.
    assert day.reports[-1].ok is (operation in {"finish", "save_baseline"})
    ends_well(day)


@pytest.mark.parametrize("operation", [name for name in OPERATIONS[1:9] if name != "list_event_source_mappings"])
def test_an_operation_that_is_denied_for_one_function_leaves_the_others_served(day, operation):
    second_run(day, lambda call: Fault("deny") if call.operation == operation and call.function == "cart" else None)
    assert {name: day.state()[name] for name in END if name != "cart"} == {n: v for n, v in END.items() if n != "cart"}
    ends_well(day)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("every", [2, 3, 5, 7, 11])
def test_a_fault_at_every_so_manieth_call_does_no_harm_and_the_end_is_the_same(day, every, kind, after):
    fault = Fault(kind, after=after and kind != "throttle")
    second_run(day, lambda call: fault if call.index % every == every - 1 else None)
    for _ in range(2):
        day.later(hours=7)
        day.begin()
    ends_well(day)


@pytest.mark.parametrize("kind", ["error", "timeout", "reset"])
def test_a_rare_fault_never_keeps_the_work_from_being_done(day, kind):
    second_run(day, lambda call: Fault(kind) if call.index % 13 == 12 else None)
    for _ in range(12):
        day.later(hours=7)
        day.begin()
    assert day.state() == END


@pytest.mark.parametrize("after", [False, True])
def test_a_process_that_ends_at_any_call_leaves_nothing_that_the_next_runs_do_not_put_right(
    tmp_path, monkeypatch, after
):
    monkeypatch.setattr(rate_module, "time", Clock())
    index, ended = 0, "killed"
    while ended == "killed":
        day, at = a_bad_day(tmp_path), index
        ended = second_run(day, lambda call, at=at: Fault("kill", after=after) if call.index == at else None)
        ends_well(day)
        index += 1
    assert index > 80


def test_a_process_that_ends_at_any_call_of_its_first_run_does_no_harm(tmp_path, monkeypatch):
    monkeypatch.setattr(rate_module, "time", Clock())
    index, ended = 0, "killed"
    while ended == "killed":
        day, at = a_bad_day(tmp_path), index
        day.line.weather = lambda call, at=at: Fault("kill", after=True) if call.index == at else None
        ended = day.begin()
        ends_well(day)
        index += 1
    assert index > 40


def test_a_listing_that_answers_5xx_once_costs_nothing_but_a_moment(day):
    failed = []

    def once(call):
        if call.operation == "list_functions" and not failed:
            failed.append(call)
            return Fault("error")
        return None

    second_run(day, once)
    assert day.state() == END
    ends_well(day)


def test_a_listing_that_goes_on_answering_5xx_ends_the_run_with_the_reason(day):
    said = second_run(day, lambda call: Fault("error") if call.operation == "list_functions" else None)
    assert "lambda:ListFunctions answered 503" in said
    assert [call.operation for call in day.line.calls] == ["list_functions"] * 3
    ends_well(day)


def test_two_runs_that_meet_at_every_call_do_no_harm(tmp_path, monkeypatch):
    """A whole run takes place while another stands still before one of its calls, at each of them in turn."""
    monkeypatch.setattr(rate_module, "time", Clock())
    index, met = 0, [True]
    while met:
        day, met = a_bad_day(tmp_path), []
        day.begin()
        day.later(hours=7)

        def meet(call, day=day, at=index, met=met):
            if call.index == at and not met:
                met.append(call)
                day.line.weather, calls = (lambda _: None), list(day.line.calls)
                day.begin()
                day.line.calls = calls

        day.line.weather = meet
        day.begin()
        ends_well(day)
        index += 1
    assert index > 80
