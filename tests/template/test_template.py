"""What every stack made from the template has, whatever its parameters."""

import re
from typing import Any

import pytest

from janitor.settings import JanitorSettings, SettingsError
from profiles.reader import read_folder
from tests.template.checkout import ROOT, SAM, run
from tests.template.reading import FUNCTIONS, Stack

INTERVAL_S = {
    "cron(* * * * ? *)": 60,
    "cron(0/1 * * * ? *)": 60,
    "cron(0/2 * * * ? *)": 120,
    "cron(0/3 * * * ? *)": 180,
    "cron(0/5 * * * ? *)": 300,
    "cron(0/10 * * * ? *)": 600,
}
# Source: contract of the settings; each name is read by one function or by both.
JANITOR_SETTINGS = {
    "CARETAKER_MODE": "plan",
    "CARETAKER_RATE": 3,
    "CARETAKER_KEEP": 5,
    "CARETAKER_MIN_SUPERSEDED": "7d",
    "CARETAKER_GRACE": "6h",
    "CARETAKER_MAX_PER_FUNCTION": 25,
    "CARETAKER_MAX_PER_RUN": 500,
}


@pytest.mark.parametrize(
    ("name", "handler"),
    [("WarmerFunction", "warmer.handler.lambda_handler"), ("JanitorFunction", "janitor.handler.lambda_handler")],
)
def test_the_functions_are_built_by_make_for_python_3_13_on_arm64(stack: Stack, name: str, handler: str) -> None:
    function = stack.function(name)
    assert (function["Handler"], function["Runtime"], function["Architectures"]) == (handler, "python3.13", ["arm64"])
    assert stack.template["Resources"][name]["Metadata"] == {"BuildMethod": "makefile"}


@pytest.mark.parametrize("tick", INTERVAL_S)
def test_a_tick_is_over_before_the_next_one_begins(template: dict[str, Any], tick: str) -> None:
    assert stack_timeout(template, tick) < INTERVAL_S[tick]
    assert stack_timeout(template, tick) >= INTERVAL_S[tick] * 0.4


def stack_timeout(template: dict[str, Any], tick: str) -> int:
    return int(Stack(template, TickSchedule=tick).function("WarmerFunction")["Timeout"])


def test_every_interval_of_the_schedule_language_is_a_tick_that_the_template_takes(template: dict[str, Any]) -> None:
    pattern = template["Parameters"]["TickSchedule"]["AllowedPattern"]
    assert [tick for tick in INTERVAL_S if re.fullmatch(pattern, tick) is None] == []
    assert re.fullmatch(pattern, "cron(0/7 * * * ? *)") is None
    assert re.fullmatch(pattern, "rate(5 minutes)") is None


def test_the_tick_is_a_rule_every_five_minutes_by_default(stack: Stack) -> None:
    tick = stack.function("WarmerFunction")["Events"]["Tick"]
    assert tick["Type"] == "Schedule"
    assert tick["Properties"]["Schedule"] == "cron(0/5 * * * ? *)"


def test_the_tick_comes_as_often_as_the_bundled_schedules_ask_for(template: dict[str, Any]) -> None:
    interval = read_folder(ROOT / "schedules").platform.interval
    assert INTERVAL_S[template["Parameters"]["TickSchedule"]["Default"]] == interval.total_seconds()


@pytest.mark.parametrize(
    ("schedule", "taken"),
    [
        ("cron(17 1/6 * * ? *)", True),
        ("rate(1 hour)", True),
        ("rate(6 hours)", True),
        ("rate(1 hours)", False),
        ("rate(2 hour)", False),
        ("rate(5 minutes)", False),
    ],
)
def test_the_sweep_comes_as_eventbridge_can_say_it(template: dict[str, Any], schedule: str, taken: bool) -> None:
    assert bool(re.fullmatch(template["Parameters"]["SweepSchedule"]["AllowedPattern"], schedule)) is taken


def test_the_sweep_stays_off_the_full_hour(stack: Stack) -> None:
    sweep = stack.function("JanitorFunction")["Events"]["Sweep"]["Properties"]["Schedule"]
    assert sweep == "cron(17 1/6 * * ? *)"


@pytest.mark.parametrize(("name", "event"), [("WarmerFunction", "Tick"), ("JanitorFunction", "Sweep")])
def test_what_cannot_be_delivered_ends_in_the_dead_letter_queue(stack: Stack, name: str, event: str) -> None:
    function = stack.function(name)
    rule = function["Events"][event]["Properties"]
    assert rule["DeadLetterConfig"] == {"Arn": "DeadLetters.Arn"}
    assert rule["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 3600
    asynchronous = function["EventInvokeConfig"]
    assert asynchronous["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": "DeadLetters.Arn"}


def test_a_stale_tick_is_never_tried_again(stack: Stack) -> None:
    asynchronous = stack.function("WarmerFunction")["EventInvokeConfig"]
    assert (asynchronous["MaximumRetryAttempts"], asynchronous["MaximumEventAgeInSeconds"]) == (0, 60)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_runs_twice_at_once(stack: Stack, name: str) -> None:
    assert stack.function(name)["ReservedConcurrentExecutions"] == 1


def test_a_small_account_can_do_without_reservations(template: dict[str, Any]) -> None:
    function = Stack(template, ReserveConcurrency="false").function("WarmerFunction")
    assert "ReservedConcurrentExecutions" not in function


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_functions_ask_the_one_kill_switch(stack: Stack, name: str) -> None:
    assert stack.function(name)["Environment"]["Variables"]["CARETAKER_SWITCH"] == "Switch"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_functions_get_the_one_state_table(stack: Stack, name: str) -> None:
    assert stack.function(name)["Environment"]["Variables"]["CARETAKER_STATE_TABLE"] == "StateTable"
    assert list(stack.resources("AWS::DynamoDB::Table")) == ["StateTable"]


def test_the_state_table_survives_its_stack(template: dict[str, Any], stack: Stack) -> None:
    table = template["Resources"]["StateTable"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = stack.resources("AWS::DynamoDB::Table")["StateTable"]
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_the_janitor_s_settings_have_the_documented_defaults(stack: Stack) -> None:
    variables = stack.function("JanitorFunction")["Environment"]["Variables"]
    assert {name: variables.get(name) for name in JANITOR_SETTINGS} == JANITOR_SETTINGS


@pytest.mark.parametrize(
    ("parameter", "setting", "value", "taken"),
    [
        ("JanitorFunctions", "CARETAKER_FUNCTIONS", "shop-*,!shop-legacy-*", True),
        ("JanitorFunctions", "CARETAKER_FUNCTIONS", "", True),
        ("JanitorFunctions", "CARETAKER_FUNCTIONS", "shop/*", False),
        ("JanitorTags", "CARETAKER_TAGS", "team=shop,stage=prod", True),
        ("JanitorTags", "CARETAKER_TAGS", "", True),
        ("JanitorTags", "CARETAKER_TAGS", "team", False),
    ],
)
def test_the_template_takes_the_choice_of_functions_that_the_janitor_takes(
    template: dict[str, Any], stack: Stack, parameter: str, setting: str, value: str, taken: bool
) -> None:
    assert stack.function("JanitorFunction")["Environment"]["Variables"][setting] == ""
    assert bool(re.fullmatch(template["Parameters"][parameter]["AllowedPattern"], value)) is taken
    if taken:
        JanitorSettings.from_env({setting: value})
    else:
        with pytest.raises(SettingsError):
            JanitorSettings.from_env({setting: value})


@pytest.mark.parametrize(("logs", "function"), [("WarmerLogs", "WarmerFunction"), ("JanitorLogs", "JanitorFunction")])
def test_each_log_group_is_named_after_its_function_and_forgets(stack: Stack, logs: str, function: str) -> None:
    properties = stack.resources("AWS::Logs::LogGroup")[logs]
    assert properties == {"LogGroupName": f"/aws/lambda/{function}", "RetentionInDays": 30}


def test_every_parameter_is_described_bounded_and_grouped(template: dict[str, Any]) -> None:
    bounds = {"AllowedValues", "AllowedPattern", "MinValue"}
    lists = {"CommaDelimitedList"}  # CloudFormation knows no pattern for a list's items
    for name, parameter in template["Parameters"].items():
        assert len(parameter["Description"]) > 60, f"{name} says too little of its unit, its bounds and its reason"
        assert "Default" in parameter, f"{name} has no default, so a first deploy would have to ask"
        assert parameter["Type"] in lists or bounds & parameter.keys(), f"{name} takes anything"
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(template["Parameters"])


def test_every_default_obeys_its_own_bounds(template: dict[str, Any]) -> None:
    for name, parameter in template["Parameters"].items():
        default = parameter["Default"]
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), str(default)), name
        assert default in parameter.get("AllowedValues", [default]), name
        if "MinValue" in parameter:
            assert parameter["MinValue"] <= default <= parameter["MaxValue"], name


def test_every_output_is_described(template: dict[str, Any]) -> None:
    described = {name: output["Description"] for name, output in template["Outputs"].items()}
    assert {"WarmerFunctionName", "JanitorFunctionName", "StateTableName", "DeadLettersUrl"} <= described.keys()
    assert all(described.values())


def test_a_resource_that_holds_data_says_what_becomes_of_it(template: dict[str, Any]) -> None:
    holders = {"AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}
    found = {name: item for name, item in template["Resources"].items() if item["Type"] in holders}
    assert len(found) == 6
    assert [name for name, item in found.items() if "DeletionPolicy" not in item] == []


@pytest.mark.stack
def test_sam_finds_nothing_to_object_to() -> None:
    assert "is a valid SAM Template" in run([SAM, "validate", "--lint"], folder=ROOT)
