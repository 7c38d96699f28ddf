"""CodeDeploy as far as a deployment's bystanders see it: deployments of Lambda functions that are in flight.

What lives here: the answers to who asks about deployments, and to the hook that lets one go on. What must not: anything
that moves traffic. There are only those deployments that a test said have begun.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from emulator.dataplane.exchange import Answer, Request, json_answer

_TARGET = "CodeDeploy_20141006."


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """An alias that is about to move from one version to another; `told` is what its hook answered so far."""

    id: str
    function: str
    alias: str
    current: str
    target: str
    told: Literal["Succeeded", "Failed"] | None = None

    @property
    def app_spec(self) -> str:
        """Source: CodeDeploy user guide, "AppSpec file example for an AWS Lambda deployment"."""
        moved = {"Name": self.function, "Alias": self.alias}
        versions = {"CurrentVersion": self.current, "TargetVersion": self.target}
        resource = {"Type": "AWS::Lambda::Function", "Properties": {**moved, **versions}}
        return json.dumps({"version": 0.0, "Resources": [{self.function: resource}]})


class CodeDeploy:
    """The deployments in flight. `begin` one; those who ask are answered from then on."""

    def __init__(self) -> None:
        self._deployments: dict[str, Deployment] = {}

    def begin(self, deployment: Deployment) -> None:
        """The deployment is in flight from now on."""
        self._deployments[deployment.id] = deployment

    def end(self, deployment_id: str) -> Deployment:
        """It is over; what its hook was told is in it."""
        return self._deployments.pop(deployment_id)

    def answer(self, request: Request) -> Answer | None:
        """The answer to an operation of CodeDeploy's; None for every other request."""
        target = request.headers.get("x-amz-target", "")
        if not target.startswith(_TARGET):
            return None
        asked = json.loads(request.body or b"{}")
        if target == f"{_TARGET}ListDeployments":
            return json_answer(200, {"deployments": sorted(self._deployments)})
        found = self._deployments.get(str(asked.get("deploymentId")))
        if found is None:
            message = f"The deployment {asked.get('deploymentId')} could not be found"
            return json_answer(400, {"__type": "DeploymentDoesNotExistException", "message": message})
        return self._of(found, target.removeprefix(_TARGET), asked)

    def _of(self, found: Deployment, operation: str, asked: Mapping[str, Any]) -> Answer | None:
        match operation:
            case "GetDeployment":
                return json_answer(200, {"deploymentInfo": _info(found)})
            case "ListDeploymentTargets":
                return json_answer(200, {"targetIds": [f"{found.function}:{found.alias}"]})
            case "GetDeploymentTarget":
                return json_answer(200, {"deploymentTarget": _target(found)})
            case "PutLifecycleEventHookExecutionStatus":
                self._deployments[found.id] = replace(found, told=asked["status"])
                return json_answer(200, {"lifecycleEventHookExecutionId": asked["lifecycleEventHookExecutionId"]})
        return None


def _info(found: Deployment) -> dict[str, Any]:
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": found.app_spec}}
    return {"deploymentId": found.id, "status": "InProgress", "computePlatform": "Lambda", "revision": revision}


def _target(found: Deployment) -> dict[str, Any]:
    function = {
        "functionName": found.function,
        "functionAlias": found.alias,
        "currentVersion": found.current,
        "targetVersion": found.target,
    }
    target = {"deploymentId": found.id, "lambdaFunctionInfo": function}
    return {"deploymentTargetType": "LambdaFunction", "lambdaTarget": target}
