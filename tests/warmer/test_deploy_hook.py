"""A deployment as it happens: real environments of the new version, and a CodeDeploy that notes what it is told."""

import contextlib
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.threaded import Running, running
from tests.warmer.lambda_machine import WITH_KIT, a_function, tick, write_schedule
from tests.warmer.raw_server import Request, http_reply, serving

HOOK = {"DeploymentId": "d-A1B2C3D4E", "LifecycleEventHookExecutionId": "eyJlbmNy"}
SPEC = {
    "version": 0.0,
    "Resources": [
        {
            "shop": {
                "Type": "AWS::Lambda::Function",
                "Properties": {"Name": "shop", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"},
            }
        }
    ],
}
ILL = WITH_KIT.replace('"statusCode": 200', '"statusCode": 503')
CRASHES = "raise RuntimeError('no database')"


class CodeDeploy:
    """CodeDeploy's two calls."""

    def __init__(self, **revision: Any) -> None:
        self.revision = revision or {
            "revisionType": "AppSpecContent",
            "appSpecContent": {"content": json.dumps(SPEC)},
        }
        self.told: list[dict[str, str]] = []
        self.refusals = 0

    def __call__(self, connection: socket.socket, request: Request) -> None:
        asked = json.loads(request.body)
        operation = (request.header("x-amz-target") or "").split(".")[-1]
        if operation == "GetDeployment":
            connection.sendall(
                json_reply({"deploymentInfo": {"deploymentId": asked["deploymentId"], "revision": self.revision}})
            )
        elif self.refusals:
            self.refusals -= 1
            connection.sendall(json_reply({"__type": "InternalError", "message": "later"}, status="500 Oops"))
        else:
            self.told.append(asked)
            connection.sendall(json_reply({"lifecycleEventHookExecutionId": asked["lifecycleEventHookExecutionId"]}))


def json_reply(body: Any, *, status: str = "200 OK") -> bytes:
    return http_reply(json.dumps(body).encode(), status=status, headers="content-type: application/x-amz-json-1.1\r\n")


@contextlib.contextmanager
def two_versions(folder: Path, second: str = WITH_KIT) -> Iterator[Running]:
    """Version 1 behind the alias live, and the version 2 that is to follow it."""
    catalog = StaticCatalog(account=1000)
    catalog.put(a_function(folder / "one"))
    catalog.put(a_function(folder / "two", second, version="2", identity="2"))
    catalog.alias("shop", "live", "1")
    with running(catalog) as service:
        yield service


def warmed_versions(service: Running) -> list[str]:
    return sorted({invocation.version for invocation in service.snapshot().invocations})


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Serve the hook's event against the code of a new version; what was reported, and what CodeDeploy was told."""

    def serve(
        second: str = WITH_KIT, *, codedeploy: CodeDeploy | None = None, baseline: int = 4, **schedule: Any
    ) -> Any:
        door = codedeploy or CodeDeploy()
        write_schedule(tmp_path / "s", baseline=baseline, **schedule)
        with two_versions(tmp_path, second) as service, serving(door) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL_CODEDEPLOY", server.endpoint)
            report = tick(monkeypatch, service.endpoint, tmp_path / "s", event=HOOK, seconds=60)
            return report, door.told, warmed_versions(service)

    return serve


def test_the_new_version_is_warm_before_the_alias_moves_and_traffic_may_come(told: Any) -> None:
    report, answers, versions = told()

    target = report["targets"][0]
    assert (target["qualifier"], target["wanted"], target["covered"], target["outcome"]) == ("2", 4, 4, "warm")
    assert versions == ["2"]
    assert answers == [
        {"deploymentId": "d-A1B2C3D4E", "lifecycleEventHookExecutionId": "eyJlbmNy", "status": "Succeeded"}
    ]
    assert report["deployment"] == {
        "id": "d-A1B2C3D4E",
        "versions": [{"function": "shop", "alias": "live", "version": "2"}],
        "status": "Succeeded",
        "told": True,
    }
    assert (report["ok"], report["outcome"]) == (True, "deployment")


@pytest.mark.parametrize(("second", "words"), [(ILL, "answered 503"), (CRASHES, "no database")], ids=["503", "crash"])
def test_a_new_version_that_is_ill_gets_no_traffic(second: str, words: str, told: Any) -> None:
    report, answers, _ = told(second)

    assert [answer["status"] for answer in answers] == ["Failed"]
    assert not report["ok"]
    assert words in report["reason"]


def test_a_function_that_no_schedule_warms_is_let_through_at_once(told: Any) -> None:
    report, answers, versions = told(function="cart", service="cart")

    assert [answer["status"] for answer in answers] == ["Succeeded"]
    assert (report["ok"], report["targets"], versions) == (True, [], [])
    assert "no schedule warms it" in report["reason"]


def test_at_night_when_nothing_is_due_traffic_may_come_at_once(told: Any) -> None:
    report, answers, versions = told(baseline=0)

    assert [answer["status"] for answer in answers] == ["Succeeded"]
    assert (report["targets"][0]["outcome"], versions) == ("nothing-due", [])


def test_a_deployment_whose_app_spec_lies_elsewhere_is_failed_with_words(told: Any) -> None:
    report, answers, _ = told(codedeploy=CodeDeploy(revisionType="S3", s3Location={"bucket": "b", "key": "k"}))

    assert [answer["status"] for answer in answers] == ["Failed"]
    assert "not in it but in S3" in report["reason"]


def test_a_first_refusal_of_the_answer_is_not_the_last_word(told: Any) -> None:
    door = CodeDeploy()
    door.refusals = 2
    report, answers, _ = told(codedeploy=door)

    assert [answer["status"] for answer in answers] == ["Succeeded"]
    assert report["ok"]


def test_an_answer_that_codedeploy_does_not_take_is_a_failure_that_is_reported(told: Any) -> None:
    door = CodeDeploy()
    door.refusals = 99
    report, answers, _ = told(codedeploy=door)

    assert (answers, report["ok"], report["deployment"]["told"]) == ([], False, False)
    assert "codedeploy:PutLifecycleEventHookExecutionStatus answered 500" in report["reason"]


def test_even_without_usable_schedules_codedeploy_gets_its_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    door = CodeDeploy()
    with serving(door) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CODEDEPLOY", server.endpoint)
        report = tick(monkeypatch, "http://127.0.0.1:9", tmp_path / "nowhere", event=HOOK)

    assert [answer["status"] for answer in door.told] == ["Failed"]
    assert "CARETAKER_SCHEDULES" in report["reason"]


def event_now(**fields: Any) -> dict[str, Any]:
    return {
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "account": "123456789012",
        "region": "us-east-1",
        **fields,
    }


def an_alias_update(alias: str) -> dict[str, Any]:
    asked = {"functionName": "shop", "name": alias, "functionVersion": "2"}
    detail = {"eventName": "UpdateAlias20150331", "requestParameters": asked, "responseElements": {}}
    return event_now(**{"detail-type": "AWS API Call via CloudTrail", "detail": detail})


def test_an_alias_that_moved_is_warmed_at_once_and_what_did_not_change_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_schedule(tmp_path / "s", baseline=3)
    write_schedule(tmp_path / "s", baseline=3, service="cart", function="cart")
    with two_versions(tmp_path) as service:
        moved = tick(monkeypatch, service.endpoint, tmp_path / "s", event=an_alias_update("live"))
        again = tick(monkeypatch, service.endpoint, tmp_path / "s", event=an_alias_update("live"))
        other = tick(monkeypatch, service.endpoint, tmp_path / "s", event=an_alias_update("beta"))

    assert [(item["function"], item["covered"], item["cold"]) for item in moved["targets"]] == [("shop", 3, 3)]
    assert moved["reason"].startswith("UpdateAlias of shop:live: 3 of 3 environments")
    assert [(item["covered"], item["cold"]) for item in again["targets"]] == [(3, 0)]
    assert (other["ok"], other["targets"]) == (True, [])
    assert other["reason"] == "UpdateAlias of shop:beta: no schedule warms what it changed"


STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/5a1b"
RESOURCES = """<ListStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<ListStackResourcesResult><StackResourceSummaries><member><LogicalResourceId>Shop</LogicalResourceId>
<PhysicalResourceId>shop</PhysicalResourceId><ResourceType>AWS::Lambda::Function</ResourceType>
<LastUpdatedTimestamp>2026-11-24T08:31:12Z</LastUpdatedTimestamp><ResourceStatus>UPDATE_COMPLETE</ResourceStatus>
</member></StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>"""


def test_a_stack_that_was_updated_has_its_functions_warmed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def cloudformation(connection: socket.socket, request: Request) -> None:
        asked.append(parse_qs(request.body.decode())["StackName"][0])
        connection.sendall(http_reply(RESOURCES.encode(), headers="content-type: text/xml\r\n"))

    write_schedule(tmp_path / "s", baseline=2)
    write_schedule(tmp_path / "s", baseline=2, service="cart", function="cart")
    detail = {"stack-id": STACK, "status-details": {"status": "UPDATE_COMPLETE", "status-reason": ""}}
    with two_versions(tmp_path) as service, serving(cloudformation) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", server.endpoint)
        event = event_now(**{"detail-type": "CloudFormation Stack Status Change", "detail": detail})
        report = tick(monkeypatch, service.endpoint, tmp_path / "s", event=event)

    assert asked == [STACK]
    assert [(item["function"], item["covered"]) for item in report["targets"]] == [("shop", 2)]
    assert report["ok"]


def test_a_stack_that_may_not_be_read_is_said_with_the_permission(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    write_schedule(tmp_path, baseline=2)
    detail = {"stack-id": STACK, "status-details": {"status": "UPDATE_COMPLETE"}}
    with serving(lambda connection, _: connection.sendall(http_reply(denied, status="403 Forbidden"))) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", server.endpoint)
        event = event_now(**{"detail-type": "CloudFormation Stack Status Change", "detail": detail})
        report = tick(monkeypatch, "http://127.0.0.1:9", tmp_path, event=event)

    assert not report["ok"]
    assert "allow cloudformation:ListStackResources" in report["reason"]
