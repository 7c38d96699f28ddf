"""CodeDeploy deployments of Lambda functions that have not ended. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from fleet.aws.asking import Asking
from fleet.uses import Deployment

_NEXT = ("nextToken", "nextToken")
# Source: CodeDeploy API reference, DeploymentInfo, status; the others are final.
_IN_FLIGHT = ["Created", "Queued", "InProgress", "Baking", "Ready"]
_Item = Mapping[str, Any]


def deployments_in_flight(asking: Asking) -> tuple[Deployment, ...]:
    """Every Lambda deployment that has not ended, with the functions that it deploys. Raises: FleetError."""
    pages = asking.pages("ListDeployments", {"includeOnlyStatuses": _IN_FLIGHT}, token=_NEXT)
    ids = [str(one) for page in pages for one in page.get("deployments") or ()]
    found = (_deployment(asking, one) for one in ids)
    return tuple(one for one in found if one is not None)


def _deployment(asking: Asking, deployment_id: str) -> Deployment | None:
    reply = asking.one("GetDeployment", {"deploymentId": deployment_id}) or {}
    info: _Item = asking.understood("GetDeployment", lambda: reply["deploymentInfo"])
    if info.get("computePlatform", "Lambda") != "Lambda":
        return None
    functions = frozenset(_of_targets(asking, deployment_id)) or frozenset(_of_revision(info.get("revision") or {}))
    return Deployment(deployment_id=deployment_id, status=str(info.get("status", "in flight")), functions=functions)


def _of_targets(asking: Asking, deployment_id: str) -> Iterator[str]:
    asked = {"deploymentId": deployment_id}
    pages = asking.pages("ListDeploymentTargets", asked, token=_NEXT, absent=_not_started)
    for target_id in [str(one) for page in pages for one in page.get("targetIds") or ()]:
        reply = asking.one("GetDeploymentTarget", {**asked, "targetId": target_id}, absent=_not_started) or {}
        target = (reply.get("deploymentTarget") or {}).get("lambdaTarget") or {}
        if name := (target.get("lambdaFunctionInfo") or {}).get("functionName"):
            yield _bare(str(name))


def _of_revision(revision: _Item) -> Iterator[str]:
    """The functions that the AppSpec names, where it travels with the deployment: known before there are targets."""
    text = (revision.get("appSpecContent") or revision.get("string") or {}).get("content")
    import yaml  # noqa: PLC0415 - only a deployment in flight pays for a YAML parser

    try:
        resources: Sequence[_Item] = yaml.safe_load(text)["Resources"] if text else ()
        for resource in resources:
            yield from (_bare(str(one["Properties"]["Name"])) for one in resource.values())
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return


def _bare(name: str) -> str:
    return name.rsplit(":function:", 1)[-1].split(":", maxsplit=1)[0]


def _not_started(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") == "DeploymentNotStartedException"
