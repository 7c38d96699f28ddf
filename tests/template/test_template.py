"""What every stack made from the template has, whatever its parameters."""

import re
from itertools import combinations
from typing import Any

import pytest

from janitor.settings import JanitorSettings, SettingsError
from profiles.location import location_of
from profiles.reader import read_folder
from tests.template.checkout import ROOT, SAM, run
from tests.template.reading import Stack, read_template
from warmer.deployments import STACK_CHANGED, Change, read_change

FUNCTIONS = ["WarmerFunction", "JanitorFunction"]
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


@pytest.fixture
def template() -> dict[str, Any]:
    return read_template()


@pytest.fixture
def stack(template: dict[str, Any]) -> Stack:
    return Stack(template)


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


def test_what_cloudformation_calls_is_left_to_the_event_of_its_stack(stack: Stack) -> None:
    pattern = stack.resources("AWS::Events::Rule")["ChangedRule"]["EventPattern"]
    assert pattern["detail"]["sourceIPAddress"] == [{"anything-but": ["cloudformation.amazonaws.com"]}]


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


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("parameters", "read"),
    [
        ({}, None),
        ({"SchedulesPath": "/opt/schedules"}, "/opt/schedules"),
        ({"SchedulesUri": "s3://plans/prod"}, "s3://plans/prod"),
        ({"SchedulesBucketCreate": "true"}, "s3://SchedulesBucket/schedules"),
    ],
)
def test_schedules_are_the_bundled_ones_unless_another_place_is_named(
    template: dict[str, Any], name: str, parameters: dict[str, str], read: str | None
) -> None:
    stack = Stack(template, **parameters)
    assert stack.function(name)["Environment"]["Variables"].get("CARETAKER_SCHEDULES") == read
    assert stack.answer(template["Outputs"]["SchedulesUri"]["Value"]) == (read or "bundled")


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("", True),
        ("/opt/schedules", False),
        ("s3://plans", True),
        ("s3://plans/prod/eu", True),
        ("s3://plans/prod/compiled.json", True),
        ("schedules", False),
        ("s3://plans/prod/", False),
        ("s3://Plans/prod", False),
        ("https://plans/prod", False),
    ],
)
def test_the_uri_is_a_place_in_a_bucket_or_nothing(template: dict[str, Any], value: str, taken: bool) -> None:
    pattern = template["Parameters"]["SchedulesUri"]["AllowedPattern"]
    assert (re.fullmatch(pattern, value) is not None) is taken
    if taken and value:
        location_of(value)


def test_a_bucket_of_the_stack_s_own_is_encrypted_versioned_closed_and_kept(template: dict[str, Any]) -> None:
    assert Stack(template).resources("AWS::S3::Bucket") == {}
    (bucket,) = Stack(template, SchedulesBucketCreate="true").resources("AWS::S3::Bucket").values()
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert template["Resources"]["SchedulesBucket"]["DeletionPolicy"] == "Retain"
    (policy,) = Stack(template, SchedulesBucketCreate="true").resources("AWS::S3::BucketPolicy").values()
    assert {statement["Effect"] for statement in policy["PolicyDocument"]["Statement"]} == {"Deny"}


def test_two_places_of_schedules_are_refused_before_anything_is_made(template: dict[str, Any]) -> None:
    asserted = [one["Assert"] for one in template["Rules"]["OnePlaceOfSchedules"]["Assertions"]]
    places = {"SchedulesUri": "s3://plans", "SchedulesBucketCreate": "true", "SchedulesPath": "/opt/schedules"}
    for one, other in combinations(places, 2):
        both = Stack(template, **{one: places[one], other: places[other]})
        assert not all(map(both.holds, asserted)), (one, other)
    for alone in ({}, *({name: value} for name, value in places.items())):
        assert all(map(Stack(template, **alone).holds, asserted))


@pytest.mark.parametrize(("value", "taken"), [("", True), ("/opt/schedules/compiled.json", True), ("schedules", False)])
def test_the_path_is_an_absolute_one_or_nothing(template: dict[str, Any], value: str, taken: bool) -> None:
    pattern = template["Parameters"]["SchedulesPath"]["AllowedPattern"]
    assert (re.fullmatch(pattern, value) is not None) is taken


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


def test_the_hook_has_the_name_that_codedeploy_s_usual_role_may_call(template: dict[str, Any]) -> None:
    assert "DeployHookFunction" not in Stack(template).resources("AWS::Serverless::Function")
    stack = Stack(template, DeployHook="true")
    hook = stack.resources("AWS::Serverless::Function")["DeployHookFunction"]
    assert (hook["FunctionName"], hook["Role"]) == ("CodeDeployHook_caretaker", "WarmerRole.Arn")
    assert stack.resources("AWS::Logs::LogGroup")["DeployHookLogs"]["LogGroupName"].startswith("/aws/lambda/")


def test_no_reservation_throttles_the_hook_of_deployments_side_by_side(template: dict[str, Any]) -> None:
    own = template["Resources"]["DeployHookFunction"]["Properties"]["ReservedConcurrentExecutions"]
    assert own == {"Ref": "AWS::NoValue"}


def test_the_rules_on_deployments_pass_what_the_warmer_takes_for_a_change(template: dict[str, Any]) -> None:
    rules = Stack(template).resources("AWS::Events::Rule")
    patterns = {name: rule["EventPattern"] for name, rule in rules.items()}
    assert set(patterns["DeployedRule"]["detail"]["status-details"]["status"]) == STACK_CHANGED
    for call in patterns["ChangedRule"]["detail"]["eventName"]:
        told = {"functionName": "shop", "name": "live", "version": "8"}
        detail = {"eventName": call, "requestParameters": told, "responseElements": told}
        (detail_type,) = patterns["ChangedRule"]["detail-type"]
        assert isinstance(read_change({"detail-type": detail_type, "detail": detail}), Change), call


def test_without_deploy_events_no_rule_listens(template: dict[str, Any]) -> None:
    stack = Stack(template, DeployEvents="false")
    assert stack.resources("AWS::Events::Rule") == {}
    assert stack.resources("AWS::Lambda::Permission") == {}


def test_one_switch_stops_every_rule(template: dict[str, Any]) -> None:
    rules = Stack(template, RulesState="DISABLED").resources("AWS::Events::Rule")
    assert {rule["State"] for rule in rules.values()} == {"DISABLED"}
