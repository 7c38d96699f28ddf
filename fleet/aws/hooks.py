"""What a lifecycle hook asks of CodeDeploy: what is deployed, and the word that lets it go on or not."""

import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.ports import FleetError, Refused, Throttled, Unreachable

_TIMEOUT_S = 4.0
_TRIES = 3
_PAUSE_S = 0.5


class CodeDeployHooks:
    """The DeploymentHooks port over the SDK."""

    def app_spec(self, deployment: str) -> str:
        """The deployment's AppSpec. Raises: FleetError."""
        reply = _patiently("get_deployment", "GetDeployment", deploymentId=deployment)
        try:
            revision = reply["deploymentInfo"]["revision"]
            kind = revision.get("revisionType", "")
            content = (revision.get("appSpecContent") or revision.get("string") or {}).get("content")
        except (KeyError, TypeError, AttributeError) as error:
            raise Refused(f"codedeploy:GetDeployment: {deployment} has no revision") from error
        if not isinstance(content, str):
            raise Refused(
                f"codedeploy:GetDeployment: the AppSpec of {deployment} is not in it but in {kind or 'nothing'}; "
                "deploy with an AppSpec as content, as SAM and CloudFormation do"
            )
        return content

    def tell(self, deployment: str, execution: str, *, succeeded: bool) -> None:
        """Let the deployment go on, or end it. Raises: FleetError after a few tries."""
        _patiently(
            "put_lifecycle_event_hook_execution_status",
            "PutLifecycleEventHookExecutionStatus",
            deploymentId=deployment,
            lifecycleEventHookExecutionId=execution,
            status="Succeeded" if succeeded else "Failed",
        )


def _patiently(method: str, operation: str, **arguments: str) -> Any:
    """The reply, after three tries at most: nobody else would ask again, and asking twice does no harm."""
    for tries_left in range(_TRIES - 1, -1, -1):
        try:
            return _call(method, operation, arguments)
        except (Throttled, Unreachable):
            if not tries_left:
                raise
            time.sleep(_PAUSE_S)
    raise AssertionError("the last try returns or raises")


def _call(method: str, operation: str, arguments: dict[str, str]) -> Any:
    try:
        return getattr(client("codedeploy", timeout_s=_TIMEOUT_S), method)(**arguments)
    except (BotoCoreError, ClientError, ValueError) as error:
        known: FleetError = translated(error, service="codedeploy", operation=operation)
        raise known from error
