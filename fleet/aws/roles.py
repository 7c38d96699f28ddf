"""What a role's own policies say, inline and attached, and its permissions boundary. Reads only.

Needs iam:GetRole, ListRolePolicies, GetRolePolicy, ListAttachedRolePolicies, GetPolicy and GetPolicyVersion.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from fleet.aws.asking import Asking
from fleet.aws.clients import client
from fleet.aws.rate import Pace, TimeBox
from fleet.deployed import DeployedRole, Unread
from fleet.policy import PolicyError, Statement, statements_of
from fleet.ports import AccessDenied, FleetError

# Source: IAM publishes no rates; those who list roles all day are throttled near ten a second.
_A_SECOND = 8.0
_NEXT = ("Marker", "Marker")


def role_of(name: str, box: TimeBox | None = None) -> DeployedRole:
    """The role's statements; what could not be read of it is in `unread`. Never raises."""
    return _Reading(name, Asking(client=client("iam"), service="iam", pace=Pace(_A_SECOND, box or TimeBox()))).role()


class _Reading:
    def __init__(self, name: str, asking: Asking) -> None:
        self._name, self._asking = name, asking
        self._unread: list[Unread] = []

    def role(self) -> DeployedRole:
        boundary = self._tried(self._boundary)
        bounds = self._tried(lambda: _statements(self._managed(boundary))) if boundary else None
        documents = [*self._all(self._inline), *self._all(self._attached)]
        statements = [one for document in documents for one in self._tried(lambda it=document: _statements(it)) or ()]  # type: ignore[misc]
        return DeployedRole(
            name=self._name,
            statements=tuple(statements),
            boundary=boundary,
            bounds=bounds,
            unread=tuple(self._unread),
        )

    def _boundary(self) -> str | None:
        role: Any = self._asking.one("GetRole", {"RoleName": self._name})
        return (role["Role"].get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")

    def _inline(self) -> Iterator[Callable[[], Any]]:
        for page in self._asking.pages("ListRolePolicies", {"RoleName": self._name}, token=_NEXT):
            for policy in page["PolicyNames"]:
                asked = {"RoleName": self._name, "PolicyName": policy}
                yield lambda asked=asked: self._asking.one("GetRolePolicy", asked)["PolicyDocument"]  # type: ignore[misc, index]

    def _attached(self) -> Iterator[Callable[[], Any]]:
        for page in self._asking.pages("ListAttachedRolePolicies", {"RoleName": self._name}, token=_NEXT):
            for policy in page["AttachedPolicies"]:
                yield lambda arn=policy["PolicyArn"]: self._managed(arn)  # type: ignore[misc]

    def _managed(self, arn: str) -> Any:
        policy: Any = self._asking.one("GetPolicy", {"PolicyArn": arn})
        asked = {"PolicyArn": arn, "VersionId": policy["Policy"]["DefaultVersionId"]}
        version: Any = self._asking.one("GetPolicyVersion", asked)
        return version["PolicyVersion"]["Document"]

    def _all(self, listed: Callable[[], Iterator[Callable[[], Any]]]) -> list[Any]:
        reads = self._tried(lambda: list(listed())) or []
        return [found for read in reads if (found := self._tried(read)) is not None]

    def _tried(self, read: Callable[[], Any]) -> Any | None:
        try:
            return read()
        except AccessDenied as error:
            self._unread.append(Unread(reason=str(error), action=error.action))
        except (FleetError, PolicyError) as error:
            self._unread.append(Unread(reason=str(error)))
        except (KeyError, TypeError, ValueError) as error:
            self._unread.append(Unread(reason=f"iam: the policies of {self._name} cannot be understood ({error!r})"))
        return None


def _statements(document: Any) -> tuple[Statement, ...]:
    """The SDK decodes IAM's URL-encoded documents; what comes as text, it did not."""
    read: Mapping[str, Any] = json.loads(unquote(document)) if isinstance(document, str) else document
    return statements_of(read)
