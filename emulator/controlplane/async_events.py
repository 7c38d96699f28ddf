"""What becomes of asynchronous invocations, by each function's EventInvokeConfig and DeadLetterConfig.

Destinations and dead letters are delivered to ministack's queues, topics, buses and functions. Not emulated: buckets as
destinations.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from emulator.controlplane.access.gate import May, anything
from emulator.controlplane.deployed import ControlPlaneCatalog
from emulator.controlplane.plane import ControlPlane
from emulator.controlplane.records import FunctionRecord
from emulator.dataplane.dispatch import Call
from emulator.dataplane.events import Outcome, Rules
from emulator.dataplane.exchange import Request

_log = logging.getLogger(__name__)
# Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations", permissions of the role.
_ACTIONS = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
}


class DeployedRules:
    """The data plane's `EventRules` of what is deployed. `may`: whether the function's role lets Lambda send there."""

    def __init__(self, catalog: ControlPlaneCatalog, plane: ControlPlane, may: May = anything) -> None:
        self._catalog, self._plane, self._may = catalog, plane, may

    async def of(self, call: Call) -> Rules:
        """See `EventRules`."""
        record = await self._catalog.record(call.function)
        config = record.event_config(call.qualifier) if record else {}
        standard = Rules()
        return Rules(
            retries=int(config.get("MaximumRetryAttempts", standard.retries)),
            max_age_s=float(config.get("MaximumEventAgeInSeconds", standard.max_age_s)),
        )

    async def ended(self, outcome: Outcome) -> None:
        """See `EventRules`: one letter to the destination of this end, and one to the dead letters of a failure."""
        record = await self._catalog.record(outcome.call.function)
        if record is None:
            return
        succeeded = outcome.condition == "Success"
        destinations = record.event_config(outcome.call.qualifier).get("DestinationConfig") or {}
        if to := (destinations.get("OnSuccess" if succeeded else "OnFailure") or {}).get("Destination"):
            await self._deliver(record, to, _invocation_record(record, outcome), {}, succeeded=succeeded)
        version = outcome.last.version.version if outcome.last else (outcome.call.qualifier or "$LATEST")
        letters = (record.configuration(version) or record.latest).get("DeadLetterConfig") or {}
        if not succeeded and (to := letters.get("TargetArn")):
            await self._deliver(record, to, _payload(outcome.call.payload), _attributes(outcome), succeeded=False)

    async def _deliver(
        self, record: FunctionRecord, arn: str, content: Any, attributes: Mapping[str, str], *, succeeded: bool
    ) -> None:
        request = _letter(arn, json.dumps(content), attributes, self._plane.url, succeeded=succeeded)
        if request is None:
            _log.warning("%s: a destination of this kind is not emulated", arn)
            return
        action = _ACTIONS[arn.split(":")[2]]
        if not await self._may(record.name, str(record.latest.get("Role")), action, arn):
            _log.warning("%s: the role of %s does not allow %s", arn, record.name, action)
            return
        answer = await self._plane.forward(request)
        if answer.status >= 300:
            _log.warning("%s did not take what an event left: %s %r", arn, answer.status, answer.body[:200])


def _letter(arn: str, text: str, attributes: Mapping[str, str], url: str, *, succeeded: bool) -> Request | None:
    """The request that puts `text` into the queue, topic, bus or function that the ARN names."""
    _, _, service, region, account, *rest = arn.split(":")
    scope = (
        f"AWS4-HMAC-SHA256 Credential=test/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
    headers = {"authorization": scope}
    match service:
        case "sqs":
            shown = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
            queue = f"{url}/{account}/{rest[0]}"
            return _json_call(
                headers,
                "AmazonSQS.SendMessage",
                {"QueueUrl": queue, "MessageBody": text, "MessageAttributes": shown},
                version="1.0",
            )
        case "sns":
            form = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": arn, "Message": text}
            kind = {"content-type": "application/x-www-form-urlencoded"}
            return Request(method="POST", target="/", headers={**headers, **kind}, body=urlencode(form).encode())
        case "events":
            entry = {
                "Source": "lambda",
                "DetailType": f"Lambda Function Invocation Result - {'Success' if succeeded else 'Failure'}",
                "Detail": text,
                "EventBusName": arn,
            }
            return _json_call(headers, "AWSEvents.PutEvents", {"Entries": [entry]}, version="1.1")
        case "lambda":
            target = f"/2015-03-31/functions/{quote(arn, safe='')}/invocations"
            asynchronous = {"x-amz-invocation-type": "Event"}
            return Request(method="POST", target=target, headers={**headers, **asynchronous}, body=text.encode())
    return None


def _json_call(headers: Mapping[str, str], target: str, body: Mapping[str, Any], *, version: str) -> Request:
    named = {**headers, "x-amz-target": target, "content-type": f"application/x-amz-json-{version}"}
    return Request(method="POST", target="/", headers=named, body=json.dumps(body).encode())


def _invocation_record(record: FunctionRecord, outcome: Outcome) -> dict[str, Any]:
    """Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations"."""
    call, last = outcome.call, outcome.last
    shown: dict[str, Any] = {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": call.request_id,
            "functionArn": f"{record.arn}:{call.qualifier or '$LATEST'}",
            "condition": outcome.condition,
            "approximateInvokeCount": outcome.attempts,
        },
        "requestPayload": _payload(call.payload),
    }
    if last is not None:
        context = {"statusCode": 200, "executedVersion": last.version.version}
        error = {} if last.served.reply.error_type is None else {"functionError": "Unhandled"}
        shown.update(responseContext={**context, **error}, responsePayload=_payload(last.served.reply.payload))
    return shown


def _attributes(outcome: Outcome) -> dict[str, str]:
    """Source: Lambda developer guide, "Adding a dead-letter queue": the message's three attributes."""
    answer = _payload(outcome.last.served.reply.payload) if outcome.last else None
    message = str(answer.get("errorMessage", "")) if isinstance(answer, dict) else outcome.condition
    return {
        "RequestID": outcome.call.request_id,
        "ErrorCode": "200" if outcome.last else "429",
        "ErrorMessage": message[:1024] or outcome.condition,
    }


def _payload(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")
