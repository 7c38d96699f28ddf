"""What a stack hears of deployments: its rules, its hook, and the switch that stops every rule."""

import re
from typing import Any

from tests.template.reading import Stack
from warmer import settings
from warmer.deployments import LEFT_COLD, STACK_CHANGED, Change, read_change


def test_what_cloudformation_calls_is_left_to_the_event_of_its_stack(stack: Stack) -> None:
    pattern = stack.resources("AWS::Events::Rule")["ChangedRule"]["EventPattern"]
    assert pattern["detail"]["sourceIPAddress"] == [{"anything-but": ["cloudformation.amazonaws.com"]}]


def test_the_hook_has_the_name_that_codedeploy_s_usual_role_may_call(template: dict[str, Any]) -> None:
    assert "DeployHookFunction" not in Stack(template).resources("AWS::Serverless::Function")
    stack = Stack(template, DeployHook="true")
    hook = stack.resources("AWS::Serverless::Function")["DeployHookFunction"]
    assert (hook["FunctionName"], hook["Role"]) == ("CodeDeployHook_caretaker", "WarmerRole.Arn")
    assert stack.resources("AWS::Logs::LogGroup")["DeployHookLogs"]["LogGroupName"].startswith("/aws/lambda/")


def test_no_reservation_throttles_the_hook_of_deployments_side_by_side(template: dict[str, Any]) -> None:
    own = template["Resources"]["DeployHookFunction"]["Properties"]["ReservedConcurrentExecutions"]
    assert own == {"Ref": "AWS::NoValue"}


def test_the_hook_has_every_setting_of_the_warmer(template: dict[str, Any]) -> None:
    stack = Stack(template, DeployHook="true", UsersShare=60, PresentUsers="false", SchedulesUri="s3://plans/prod")
    hook, warmer = (
        stack.function(name)["Environment"]["Variables"] for name in ("DeployHookFunction", "WarmerFunction")
    )
    known = set(re.findall(r"CARETAKER_[A-Z_]+", settings.__loader__.get_source(settings.__name__)))
    assert known >= {"CARETAKER_USERS_SHARE", "CARETAKER_SCHEDULES"}
    assert {name: hook.get(name) for name in known} == {name: warmer.get(name) for name in known}


def test_the_rule_on_calls_names_each_that_the_warmer_knows_and_no_other(template: dict[str, Any]) -> None:
    detail = Stack(template).resources("AWS::Events::Rule")["ChangedRule"]["EventPattern"]["detail"]
    # The API's date, and for some calls a version, stand behind the name.
    assert {name.split("2015")[0] for name in detail["eventName"]} == set(LEFT_COLD)
    assert all(re.fullmatch(r"[A-Za-z]+20150331(v2)?", name) for name in detail["eventName"])


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
