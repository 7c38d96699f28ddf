"""The `Qualifiers` port over the SDK: what Lambda says of an alias or a version.

Needs lambda:GetFunction for the state; lambda:GetAlias and lambda:GetProvisionedConcurrencyConfig for the routing.
GetFunction has a rate of its own (100 a second); the other two share the account's fifteen with deployments.
Source: Lambda developer guide, "Lambda quotas", API requests.
"""

import re
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.facts import QualifierFacts
from fleet.model import FunctionRef, VersionNumber
from fleet.ports import FleetError, FunctionAbsent

_BRIEF_S = 4.0
_LATEST = "$LATEST"
_ABSENT = "ResourceNotFoundException"
_NONE = "ProvisionedConcurrencyConfigNotFoundException"


class QualifierReader:
    """Reads the facts of aliases and versions, each with one try."""

    def configuration(self, function: FunctionRef, qualifier: str) -> QualifierFacts:
        """State and kind of what `qualifier` stands for; `unread` names the request that failed."""
        try:
            found = _call(function, "get_function", "GetFunction", FunctionName=function.text, Qualifier=qualifier)
            return _configuration(found["Configuration"])
        except FunctionAbsent as error:
            return QualifierFacts(absent=str(error))
        except (FleetError, KeyError, TypeError, AttributeError, ValueError) as error:
            return QualifierFacts(unread=(_words(error, "lambda:GetFunction"),))

    def routing(self, function: FunctionRef, qualifier: str, known: QualifierFacts) -> QualifierFacts:
        """`known` with the versions behind a weighted alias and the provisioned environments that are ready."""
        if qualifier == _LATEST:
            return known
        unread, routes, provisioned, version = list(known.unread), known.routes, known.provisioned, known.version
        if VersionNumber.parse_or_none(qualifier) is None:
            try:
                found = _call(function, "get_alias", "GetAlias", FunctionName=function.text, Name=qualifier)
                routes, version = _routes(found), str(found["FunctionVersion"])
            except (FleetError, KeyError, TypeError, AttributeError, ValueError) as error:
                unread.append(_words(error, "lambda:GetAlias"))
        try:
            provisioned = _provisioned(function, qualifier)
        except (FleetError, KeyError, TypeError, AttributeError, ValueError) as error:
            unread.append(_words(error, "lambda:GetProvisionedConcurrencyConfig"))
        return replace(known, version=version, routes=routes, provisioned=provisioned, unread=tuple(unread))


def _configuration(found: dict[str, Any]) -> QualifierFacts:
    tenancy, provider = found.get("TenancyConfig") or {}, found.get("CapacityProviderConfig") or {}
    state, update = found.get("State"), found.get("LastUpdateStatus")
    version = found.get("Version")
    return QualifierFacts(
        version=None if version is None else str(version),
        state=None if state is None else str(state),
        state_reason=str(found.get("StateReason") or ""),
        last_update=None if update is None else str(update),
        snap_start=(found.get("SnapStart") or {}).get("OptimizationStatus") == "On",
        managed_instances=bool(provider),
        tenant_isolation=tenancy.get("TenantIsolationMode") == "PER_TENANT",
    )


def _routes(alias: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    others = tuple((str(version), float(share)) for version, share in weights.items() if float(share) > 0)
    # Rounded, because 1 - 0.9 is not 0.1; none is left where Lambda itself sends everything to the version before,
    # as it does while it moves an alias's provisioned concurrency.
    rest = round(1 - sum(share for _, share in others), 6)
    shares = ((str(alias["FunctionVersion"]), rest), *others) if rest > 0 else others
    return shares if others else ()


def _provisioned(function: FunctionRef, qualifier: str) -> int:
    try:
        found = client("lambda", region=function.region, timeout_s=_BRIEF_S).get_provisioned_concurrency_config(
            FunctionName=function.text, Qualifier=qualifier
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == _NONE:
            return 0
        raise translated(error, service="lambda", operation="GetProvisionedConcurrencyConfig") from error
    except BotoCoreError as error:
        raise translated(error, service="lambda", operation="GetProvisionedConcurrencyConfig") from error
    return int(found.get("AvailableProvisionedConcurrentExecutions") or 0)


def _call(function: FunctionRef, method: str, operation: str, **arguments: str) -> Any:
    try:
        return getattr(client("lambda", region=function.region, timeout_s=_BRIEF_S), method)(**arguments)
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and (words := _absent(error, function)):
            raise FunctionAbsent(words) from error
        raise translated(error, service="lambda", operation=operation) from error


def _absent(error: ClientError, function: FunctionRef) -> str:
    """Lambda's words for a function or alias that is not there; empty for any other 404, such as a proxy's."""
    found = error.response.get("Error", {})
    words = str(found.get("Message") or "")
    # Lambda names it as "function:shop" in an ARN or as ": shop"; "/functions/shop" is a path that somebody lacks.
    named = re.search(rf"(function:|: ){re.escape(function.name)}(?![\w-])", words)
    return words if found.get("Code") == _ABSENT and named else ""


def _words(error: Exception, action: str) -> str:
    return str(error) if isinstance(error, FleetError) else f"{action}: the answer cannot be read"
