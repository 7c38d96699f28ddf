"""What the warmer makes of word of a deployment; the events are in `tests/golden/events/deploy`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleet.model import FunctionRef, VersionNumber
from profiles.model import PingSpec, ScheduleSet, Target
from tests.warmer.builders import a_service, a_target, schedules
from warmer.deployments import (
    Change,
    Deployed,
    Hook,
    NoChange,
    changed_targets,
    deployed_by,
    deployed_targets,
    read_change,
    read_hook,
    unfit,
)
from warmer.errors import UnusableDeployment
from warmer.plan import Outcome
from warmer.report import TargetReport
from warmer.request import read_event, refusal

GOLDEN = Path(__file__).parent.parent / "golden" / "events" / "deploy"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
NOW = datetime(2026, 11, 24, 8, 33, tzinfo=UTC)


def golden(name: str, **detail: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    return {**event, "detail": {**event["detail"], **detail}} if detail else event


def change(name: str, **detail: Any) -> Change:
    found = read_change(golden(name, **detail))
    assert isinstance(found, Change)
    return found


def a_latest(function: str = "shop") -> Target:
    return Target(function=FunctionRef(text=function), qualifier="$LATEST", profile="day", ping=PingSpec())


def names(found: ScheduleSet) -> list[str]:
    return [f"{target.function}:{target.qualifier}" for service in found.services for target in service.targets]


EVERYTHING = schedules(
    a_service(a_target(), a_latest(), a_target(alias="beta"), a_target(alias="8")),
    a_service(a_target("cart"), name="cart"),
    a_service(a_target(ARN), a_target(ARN.replace("eu-west-1", "us-east-1")), name="shop-by-arn"),
    a_service(a_target(ARN.replace("123456789012", "999999999999")), name="elsewhere"),
)


@pytest.mark.parametrize(
    ("event", "words", "concerned"),
    [
        ("update-function-code", "UpdateFunctionCode of shop:$LATEST", ["shop:$LATEST"]),
        ("update-function-configuration", "UpdateFunctionConfiguration of shop:$LATEST", ["shop:$LATEST"]),
        ("publish-version", "PublishVersion of shop:8", ["shop:8"]),
        ("update-alias", "UpdateAlias of shop:live", ["shop:live", f"{ARN}:live"]),
    ],
)
def test_a_call_concerns_the_qualifier_that_it_left_cold_and_no_other(
    event: str, words: str, concerned: list[str]
) -> None:
    assert change(event).words == words
    assert names(changed_targets(EVERYTHING, change(event))) == concerned


def test_a_stack_concerns_the_functions_that_it_holds() -> None:
    found = change("stack-updated")

    assert found.words == "UPDATE_COMPLETE of the stack shop"
    assert names(changed_targets(EVERYTHING, found, in_stack=frozenset({"cart"}))) == ["cart:live"]
    assert names(changed_targets(EVERYTHING, found)) == []


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_every_end_that_may_have_replaced_code_counts(status: str) -> None:
    assert isinstance(read_change(golden("stack-updated", **{"status-details": {"status": status}})), Change)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (golden("stack-in-progress"), "nothing of it is done yet"),
        (golden("update-alias-denied"), "UpdateAlias changed nothing: AccessDenied"),
        (golden("update-function-code", requestParameters={"functionName": "shop", "dryRun": True}), "a dry run"),
        (golden("update-alias", eventName="TagResource20170331v2"), "makes no environment cold"),
    ],
)
def test_word_of_what_left_nothing_cold_says_why(event: dict[str, Any], words: str) -> None:
    found = read_change(event)

    assert isinstance(found, NoChange)
    assert words in found.reason


@pytest.mark.parametrize(
    "event",
    [
        {**golden("update-alias"), "detail": None},
        golden("update-alias", requestParameters=None, responseElements=None),
        golden("publish-version", responseElements={}),
        golden("stack-updated", **{"stack-id": None}),
        golden("stack-updated", **{"status-details": []}),
    ],
)
def test_an_event_that_does_not_say_what_changed_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(UnusableDeployment):
        read_change(event)


def test_a_tick_is_no_deployment() -> None:
    assert read_change({"detail-type": "Scheduled Event", "time": "2026-11-24T08:30:00Z", "detail": {}}) is None
    assert read_event({"detail-type": "Scheduled Event", "time": "2026-11-24T08:30:00Z"}, now=NOW).scheduled


def test_an_event_older_than_the_interval_is_left_to_the_tick_that_has_been_since() -> None:
    request = read_event(golden("update-alias"), now=NOW)

    assert refusal(request, EVERYTHING, now=NOW) is None
    outcome, reason, failed = refusal(request, EVERYTHING, now=NOW.replace(hour=9)) or ("", "", True)
    assert (outcome, failed) == ("stale", False)
    assert reason.startswith("skipped: the event is 3708 s old")


def test_a_hook_is_known_by_its_two_ids() -> None:
    event = golden("codedeploy-hook")

    assert read_hook(event) == Hook(deployment="d-A1B2C3D4E", execution="eyJlbmNyeXB0ZWREYXRhIjoi")
    assert read_hook({"DeploymentId": "d-A1B2C3D4E"}) is None
    assert read_event(event, now=NOW).hook == read_hook(event)


YAML_SPEC = """\
version: 0.0
Resources:
  - shop:
      Type: AWS::Lambda::Function
      Properties: {Name: shop, Alias: live, CurrentVersion: "7", TargetVersion: "8"}
Hooks:
  - BeforeAllowTraffic: CodeDeployHook_caretaker
"""
BODY = {"Name": ARN, "Alias": "live", "CurrentVersion": 7, "TargetVersion": 8}
JSON_SPEC = json.dumps({"version": 0.0, "Resources": [{"x": {"Type": "AWS::Lambda::Function", "Properties": BODY}}]})


@pytest.mark.parametrize("text", [YAML_SPEC, JSON_SPEC], ids=["yaml", "json"])
def test_an_app_spec_says_which_version_an_alias_will_point_to(text: str) -> None:
    assert deployed_by(text) == (Deployed(function="shop", alias="live", version=VersionNumber(8)),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "version: 0.0",
        "Resources: [{x: {Type: AWS::ECS::Service, Properties: {}}}]",
        YAML_SPEC.replace('"8"', "$LATEST"),
        YAML_SPEC.replace("Alias: live, ", ""),
    ],
)
def test_an_app_spec_without_a_version_is_refused(text: str) -> None:
    with pytest.raises(UnusableDeployment, match="AppSpec"):
        deployed_by(text)


def test_a_deployed_alias_is_warmed_by_its_new_version() -> None:
    deployed = (Deployed(function="shop", alias="live", version=VersionNumber(8)),)

    assert "shop:8" in names(deployed_targets(EVERYTHING, deployed))
    assert not [name for name in names(deployed_targets(EVERYTHING, deployed)) if name.endswith((":live", ":beta"))]
    assert "cart:8" not in names(deployed_targets(EVERYTHING, deployed))


def a_report(**fields: Any) -> TargetReport:
    whole = {"wanted": 5, "sent": 5, "covered": 5, "healthy": 5, "outcome": Outcome.WARM, "reason": "…", **fields}
    return TargetReport(service="shop", function="shop", qualifier="8", **whole)


@pytest.mark.parametrize(
    ("target", "fit"),
    [
        (a_report(), True),
        (a_report(outcome=Outcome.UNPROVEN), True),
        (a_report(outcome=Outcome.NOTHING_DUE, wanted=0, sent=0, covered=0, healthy=0), True),
        (a_report(outcome=Outcome.SHORT, covered=4, healthy=4), True),
        (a_report(outcome=Outcome.SHORT, covered=2, healthy=2, throttled=3), True),
        (a_report(outcome=Outcome.SHORT, sent=0, covered=0, healthy=0), True),
        (a_report(sent=10, errors=1), True),
        (a_report(outcome=Outcome.REFUSED, sent=0, covered=0, healthy=0), True),
        (a_report(outcome=Outcome.UNHEALTHY, healthy=4, errors=1), False),
        (a_report(outcome=Outcome.SHORT, covered=0, healthy=0, errors=5), False),
        (a_report(outcome=Outcome.SHORT, covered=4, healthy=4, errors=1), False),
        (a_report(outcome=Outcome.FAILED, sent=0, covered=0, healthy=0), False),
    ],
)
def test_traffic_may_move_unless_the_new_version_itself_is_ill(target: TargetReport, fit: bool) -> None:
    assert (unfit([a_report(), target]) is None) is fit
