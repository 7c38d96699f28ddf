"""CodeDeploy deployments of Lambda functions that have not ended. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import yaml
from botocore.exceptions import ClientError

from fleet.aws.asking import Asking
from fleet.uses import Deployment

_NEXT = ("nextToken", "nextToken")
# Source: CodeDeploy API reference, DeploymentInfo, status; the others are final.
_IN_FLIGHT = ["Created", "Queued", "InProgress", "Baking", "Ready"]
# Source: CodeDeploy API reference, BatchGetDeployments: 25 ids at most.
_BATCH = 25
_Item = Mapping[str, Any]


def deployments_in_flight(asking: Asking) -> tuple[Deployment, ...]:
    """Every Lambda deployment that has not ended, with the functions that it deploys. Raises: FleetError."""
    pages = asking.pages("ListDeployments", {"includeOnlyStatuses": _IN_FLIGHT}, token=_NEXT)
    ids = [str(one) for page in pages for one in page.get("deployments") or ()]
    found: list[Deployment] = []
    for start in range(0, len(ids), _BATCH):
        reply = asking.one("BatchGetDeployments", {"deploymentIds": ids[start : start + _BATCH]}) or {}
        infos = asking.understood("BatchGetDeployments", partial(_of_lambda, reply))
        found += [_deployment(asking, info) for info in infos]
    return tuple(found)


def _of_lambda(reply: _Item) -> list[_Item]:
    return [info for info in reply["deploymentsInfo"] if info.get("computePlatform", "Lambda") == "Lambda"]


def _deployment(asking: Asking, info: _Item) -> Deployment:
    deployment_id = str(info["deploymentId"])
    functions = frozenset(_of_targets(asking, deployment_id)) or frozenset(_of_revision(info.get("revision") or {}))
    return Deployment(deployment_id=deployment_id, status=str(info.get("status", "in flight")), functions=functions)


def _of_targets(asking: Asking, deployment_id: str) -> Iterator[str]:
    asked = {"deploymentId": deployment_id}
    pages = asking.pages("ListDeploymentTargets", asked, token=_NEXT, absent=_not_started)
    ids = [str(one) for page in pages for one in page.get("targetIds") or ()]
    for start in range(0, len(ids), _BATCH):
        batch = {**asked, "targetIds": ids[start : start + _BATCH]}
        reply = asking.one("BatchGetDeploymentTargets", batch, absent=_not_started) or {}
        for target in reply.get("deploymentTargets") or ():
            if name := ((target.get("lambdaTarget") or {}).get("lambdaFunctionInfo") or {}).get("functionName"):
                yield _bare(str(name))


def _of_revision(revision: _Item) -> Iterator[str]:
    """The functions that the AppSpec names, where it travels with the deployment: known before there are targets."""
    text = (revision.get("appSpecContent") or revision.get("string") or {}).get("content")
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
