"""What invocations leave in CloudWatch: their logs, Lambda's own metrics, and metrics embedded in log lines.

Everything is noted at once and sent a moment later in the background, so that no invocation waits for it.
Not emulated: the Throttles and ConcurrentExecutions metrics.
"""

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from emulator.controlplane.access.gate import May, anything
from emulator.controlplane.deployed import ControlPlaneCatalog
from emulator.controlplane.plane import ControlPlane
from emulator.dataplane.dispatch import Done
from emulator.dataplane.exchange import Answer, Request
from emulator.dataplane.tail import log

_log = logging.getLogger(__name__)
_PAUSE_S = 1.0
# Source: CloudWatch API reference, PutMetricData: at most 1,000 metrics a request.
_METRICS_PER_REQUEST = 1000

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One value of one metric."""

    namespace: str
    name: str
    unit: str
    dimensions: Dimensions
    at_ms: float
    value: float


class CloudWatch:
    """Takes what invocations leave and sends it to the control plane; `start` and `stop` it on the same loop.

    `may`: whether the function's role lets Lambda write its log.
    """

    def __init__(self, catalog: ControlPlaneCatalog, plane: ControlPlane, region: str, may: May = anything) -> None:
        self._catalog, self._plane, self._may = catalog, plane, may
        self._scope = f"AWS4-HMAC-SHA256 Credential=test/20260101/{region}/logs/aws4_request, SignedHeaders=host"
        self._noted: list[tuple[Done, str]] = []
        self._sending: asyncio.Task[None] | None = None

    def note(self, done: Done, log_stream: str) -> None:
        """Remember an invocation that ran."""
        self._noted.append((done, log_stream))

    async def start(self) -> None:
        """Send from now on."""
        self._sending = asyncio.create_task(self._keep_sending())

    async def stop(self) -> None:
        """Stop; what was not sent yet is lost with the control plane."""
        if self._sending is not None:
            self._sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sending

    async def _keep_sending(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE_S)
            noted, self._noted = self._noted, []
            try:
                logged = [item for item in noted if await self._may_log(*item)]
                await self._send_logs(logged)
                await self._send_metrics(noted, logged)
            except aiohttp.ClientError as error:
                _log.warning("%d invocations left no trace in CloudWatch: %s", len(noted), error)

    async def _send_logs(self, noted: list[tuple[Done, str]]) -> None:
        streams: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for done, stream in noted:
            streams[await self._group(done), stream].extend(_events(done))
        for (group, stream), events in streams.items():
            where = {"logGroupName": group, "logStreamName": stream}
            sent = await self._call("Logs_20140328.PutLogEvents", {**where, "logEvents": events})
            if sent.status >= 300:
                await self._call("Logs_20140328.CreateLogGroup", {"logGroupName": group})
                await self._call("Logs_20140328.CreateLogStream", where)
                sent = await self._call("Logs_20140328.PutLogEvents", {**where, "logEvents": events})
            if sent.status >= 300:
                _log.warning("%s %s: the log was not taken: %r", group, stream, sent.body[:200])

    async def _may_log(self, done: Done, stream: str) -> bool:
        version, group = done.version, await self._group(done)
        resource = ":".join((*version.arn.split(":")[:2], "logs", *version.arn.split(":")[3:5]))
        resource += f":log-group:{group}:log-stream:{stream}"
        return all(
            [
                await self._may(version.function, version.role or "", action, resource)
                for action in ("logs:CreateLogStream", "logs:PutLogEvents")
            ]
        )

    async def _send_metrics(self, noted: list[tuple[Done, str]], logged: list[tuple[Done, str]]) -> None:
        namespaces: dict[str, list[Metric]] = defaultdict(list)
        found = [metric for done, _ in noted for metric in lambda_metrics(done)]
        # What is embedded in the log reaches CloudWatch with the log, or not at all.
        for done, _ in logged:
            found.extend(embedded_metrics(done.served.init_output + b"\n" + done.served.output))
        for metric in found:
            namespaces[metric.namespace].append(metric)
        for namespace, metrics in namespaces.items():
            for first in range(0, len(metrics), _METRICS_PER_REQUEST):
                data = [_datum(metric) for metric in metrics[first : first + _METRICS_PER_REQUEST]]
                body = {"Namespace": namespace, "MetricData": data}
                sent = await self._call("GraniteServiceVersion20100801.PutMetricData", body)
                if sent.status >= 300:
                    _log.warning("%s: metrics were not taken: %r", namespace, sent.body[:200])

    async def _group(self, done: Done) -> str:
        record = await self._catalog.record(done.version.function)
        configuration = record.configuration(done.version.version) if record else None
        named = ((configuration or {}).get("LoggingConfig") or {}).get("LogGroup")
        return str(named or f"/aws/lambda/{done.version.function}")

    async def _call(self, target: str, body: Mapping[str, Any]) -> Answer:
        service = "logs" if target.startswith("Logs") else "monitoring"
        headers = {
            "authorization": self._scope.replace("/logs/", f"/{service}/"),
            "x-amz-target": target,
            "content-type": "application/x-amz-json-1.1",
        }
        return await self._plane.forward(
            Request(method="POST", target="/", headers=headers, body=json.dumps(body).encode())
        )


def lambda_metrics(done: Done) -> Iterator[Metric]:
    """Invocations, Errors and Duration of the function, and again of what was named in the call.

    Source: Lambda developer guide, "Types of metrics for Lambda functions", dimensions.
    """
    function, qualifier = done.version.function, done.invocation.invoked_arn.split(":")[7:]
    resource = ":".join((function, *qualifier))
    named: Dimensions = (("FunctionName", function), ("Resource", resource))
    by_alias = bool(qualifier) and qualifier[0] != done.version.version
    executed: Dimensions = (*named, ("ExecutedVersion", done.version.version)) if by_alias else named
    values = {
        "Invocations": (1.0, "Count"),
        "Errors": (0.0 if done.served.reply.error_type is None else 1.0, "Count"),
        "Duration": (done.served.service.duration_ms, "Milliseconds"),
    }
    for dimensions in dict.fromkeys(((("FunctionName", function),), named, executed)):
        for name, (value, unit) in values.items():
            yield Metric(
                namespace="AWS/Lambda",
                name=name,
                unit=unit,
                dimensions=dimensions,
                at_ms=done.served.service.end_ms,
                value=value,
            )


def embedded_metrics(output: bytes) -> Iterator[Metric]:
    """The metrics in lines of the embedded metric format; a line that breaks the format has none.

    Source: CloudWatch user guide, "Specification: Embedded metric format".
    """
    for line in output.splitlines():
        if b'"_aws"' not in line:
            continue
        try:
            found = list(_of_line(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        yield from found


def _of_line(members: Mapping[str, Any]) -> Iterator[Metric]:
    for directive in members["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = tuple((name, str(members[name])) for name in names)
            for metric in directive["Metrics"]:
                values = members[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield Metric(
                        namespace=directive["Namespace"],
                        name=metric["Name"],
                        unit=metric.get("Unit", "None"),
                        dimensions=dimensions,
                        at_ms=float(members["_aws"]["Timestamp"]),
                        value=float(value),
                    )


def _events(done: Done) -> list[dict[str, Any]]:
    lines = log(done.version, done.invocation, done.served).decode("utf-8", "replace").splitlines()
    return [{"timestamp": int(done.served.service.end_ms), "message": line} for line in lines if line]


def _datum(metric: Metric) -> dict[str, Any]:
    return {
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        "Timestamp": metric.at_ms / 1000,
        "Unit": metric.unit,
        "Value": metric.value,
    }
