"""Asynchronous invocations as deployed: retried as configured, then told to destinations and dead letters."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.dataplane.settings import Settings
from emulator.stack import Options, RunningEmulator
from tests.emulator.controlled import client_of, controlled, create

FAILING = "def handler(event, context): raise ValueError('no stock')"
WORKING = "def handler(event, context): return {'done': event}"
QUICK = Options(settings=Settings(event_retry_delays_s=(0.01, 0.01)))
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[RunningEmulator, Any]]:
    with controlled(QUICK) as both:
        yield both


@pytest.fixture
def aws(running: tuple[RunningEmulator, Any]) -> Any:
    return running[1]


@pytest.fixture
def sqs(running: tuple[RunningEmulator, Any]) -> Iterator[Any]:
    client = client_of(running[0], "sqs")
    yield client
    client.close()


def queue(sqs: Any, name: str) -> tuple[str, str]:
    return sqs.create_queue(QueueName=name)["QueueUrl"], f"arn:aws:sqs:eu-west-1:123456789012:{name}"


def letter(sqs: Any, url: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages")):
        assert time.monotonic() < deadline, f"no message in {url} after {PATIENCE_S} s"
        time.sleep(0.05)
    return found[0]


def test_a_failed_event_is_recorded_at_its_destination_after_the_retries_it_may_have(aws: Any, sqs: Any) -> None:
    url, arn = queue(sqs, "failures")
    create(aws, "failing", source=FAILING)
    aws.put_function_event_invoke_config(
        FunctionName="failing", MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    aws.invoke(FunctionName="failing", InvocationType="Event", Payload=b'{"order": 41}')
    record = json.loads(letter(sqs, url)["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["requestContext"]["functionArn"].endswith(":function:failing:$LATEST")
    assert record["requestPayload"] == {"order": 41}
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert record["responsePayload"]["errorMessage"] == "no stock"


def test_no_retry_is_made_when_none_is_allowed(running: tuple[RunningEmulator, Any], aws: Any, sqs: Any) -> None:
    url, arn = queue(sqs, "once")
    create(aws, "once", source=FAILING, versions=1)
    aws.create_alias(FunctionName="once", Name="live", FunctionVersion="1")
    aws.put_function_event_invoke_config(
        FunctionName="once",
        Qualifier="live",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    aws.invoke(FunctionName="once", Qualifier="live", InvocationType="Event", Payload=b"{}")
    assert json.loads(letter(sqs, url)["Body"])["requestContext"]["approximateInvokeCount"] == 1
    assert [facts.version for facts in running[0].snapshot().invocations if facts.function == "once"] == ["1"]


def test_a_success_is_recorded_where_successes_go(aws: Any, sqs: Any) -> None:
    url, arn = queue(sqs, "successes")
    create(aws, "working", source=WORKING)
    aws.put_function_event_invoke_config(FunctionName="working", DestinationConfig={"OnSuccess": {"Destination": arn}})
    aws.invoke(FunctionName="working", InvocationType="Event", Payload=b"7")
    record = json.loads(letter(sqs, url)["Body"])
    assert (record["requestContext"]["condition"], record["responsePayload"]) == ("Success", {"done": 7})


def test_a_dead_letter_is_the_event_itself_after_two_retries(
    running: tuple[RunningEmulator, Any], aws: Any, sqs: Any
) -> None:
    url, arn = queue(sqs, "letters")
    create(aws, "dead", source=FAILING)
    aws.update_function_configuration(FunctionName="dead", DeadLetterConfig={"TargetArn": arn})
    aws.invoke(FunctionName="dead", InvocationType="Event", Payload=b'{"order": 42}')
    found = letter(sqs, url)
    assert json.loads(found["Body"]) == {"order": 42}
    assert found["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no stock"
    assert len([facts for facts in running[0].snapshot().invocations if facts.function == "dead"]) == 3


@pytest.mark.parametrize("kind", ["sns", "events", "lambda"])
def test_topics_buses_and_functions_are_destinations_too(
    running: tuple[RunningEmulator, Any], aws: Any, sqs: Any, kind: str
) -> None:
    emulator = running[0]
    url, queue_arn = queue(sqs, f"via-{kind}")
    destination = client_of(emulator, kind)
    if kind == "sns":
        arn = destination.create_topic(Name="ended")["TopicArn"]
        destination.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    elif kind == "events":
        arn = destination.create_event_bus(Name="ended")["EventBusArn"]
        destination.put_rule(Name="any", EventBusName="ended", EventPattern='{"source": ["lambda"]}')
        destination.put_targets(Rule="any", EventBusName="ended", Targets=[{"Id": "1", "Arn": queue_arn}])
    else:
        arn = create(aws, "listener", source=WORKING)
        aws.put_function_event_invoke_config(
            FunctionName="listener", DestinationConfig={"OnSuccess": {"Destination": queue_arn}}
        )
    destination.close()
    create(aws, f"to-{kind}", source=FAILING)
    aws.put_function_event_invoke_config(
        FunctionName=f"to-{kind}", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    aws.invoke(FunctionName=f"to-{kind}", InvocationType="Event", Payload=b"{}")
    assert "no stock" in letter(sqs, url)["Body"]
