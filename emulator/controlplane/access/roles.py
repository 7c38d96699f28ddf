"""What roles may do, as IAM in the control plane has it: inline policies, attached managed ones, and boundaries.

What lives here asks IAM by its own API, so that what is judged by is what a person would see there.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlencode
from xml.etree import ElementTree

from emulator.controlplane.plane import ControlPlane
from emulator.dataplane.exchange import Request
from fleet.policy import PolicyError, Statement, statements_of

_log = logging.getLogger(__name__)
_NAMESPACE = "{https://iam.amazonaws.com/doc/2010-05-08/}"
_MEMBER = f"{_NAMESPACE}member"
_ATTACHED = f"{_NAMESPACE}AttachedManagedPolicies"
_OF_AWS = "arn:aws:iam::aws:policy/"
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_SCOPE = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"


class UnreadablePolicyError(Exception):
    """A role's policies cannot be read; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a role's policies say, and its permissions boundary, where it has one."""

    statements: tuple[Statement, ...] = ()
    bounds: tuple[Statement, ...] | None = None


class Roles:
    """The statements of each role, as fresh as `fresh_s` says: IAM itself takes some seconds to spread a change."""

    def __init__(
        self, plane: ControlPlane, *, fresh_s: float = 0.5, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._plane, self._fresh_s, self._clock = plane, fresh_s, clock
        self._known: tuple[float, int, Mapping[str, Held]] = (float("-inf"), 0, {})
        self._asking = asyncio.Lock()
        self._changes = 0
        # AWS's own managed policies, which nobody here changes.
        self._of_aws: dict[str, str] = {}

    def forget(self) -> None:
        """Look again at the next question: something was changed."""
        self._changes += 1

    async def held(self, role_arn: str) -> Held:
        """What the role's policies say; nothing where there is no such role. Raises: UnreadablePolicyError."""
        if not self._is_fresh():
            async with self._asking:
                if not self._is_fresh():
                    # The moment of asking counts: what changes while IAM answers is seen by the next question.
                    asked_at, changes = self._clock(), self._changes
                    self._known = (asked_at + self._fresh_s, changes, await self._read())
        return self._known[2].get(role_arn, Held())

    def _is_fresh(self) -> bool:
        until, changes, _ = self._known
        return self._clock() <= until and changes == self._changes

    async def _read(self) -> Mapping[str, Held]:
        details = await self._asked("GetAccountAuthorizationDetails")
        if details is None:
            raise UnreadablePolicyError("IAM did not answer GetAccountAuthorizationDetails")
        attached = {_text(policy, "PolicyArn") for policy in details.iterfind(f".//{_ATTACHED}/{_MEMBER}")}
        bounding = await self._bounding()
        for arn in attached - self._of_aws.keys():
            if arn.startswith(_OF_AWS):
                self._of_aws[arn] = await self._document_of_aws(arn)
        return _roles(details, self._of_aws, bounding)

    async def _bounding(self) -> Mapping[str, str]:
        """Name of a role → ARN of its permissions boundary, a policy of this account's own; the account's details have
        none here.
        """
        listed = await self._asked("ListPolicies", Scope="Local")
        used = [one for one in _all(listed, "Policies") if _counts(one)] if listed is not None else []
        found: dict[str, str] = {}
        for arn in [_text(policy, "Arn") for policy in used]:
            users = await self._asked("ListEntitiesForPolicy", PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
            found |= {_text(role, "RoleName"): arn for role in _all(users, "PolicyRoles")} if users is not None else {}
        return found

    async def _document_of_aws(self, arn: str) -> str:
        """The document of one of AWS's managed policies; one that allows nothing where it is not known."""
        policy = await self._asked("GetPolicy", PolicyArn=arn)
        if policy is not None:
            version = policy.findtext(f".//{_NAMESPACE}DefaultVersionId") or ""
            if (shown := await self._asked("GetPolicyVersion", PolicyArn=arn, VersionId=version)) is not None:
                return shown.findtext(f".//{_NAMESPACE}Document") or ""
        _log.warning("%s is not known here, so it allows nothing: attach a policy of your own", arn)
        return ""

    async def _asked(self, action: str, **parameters: str) -> ElementTree.Element | None:
        form = urlencode({"Action": action, "Version": "2010-05-08", **parameters}).encode()
        request = Request(method="POST", target="/", headers={**_FORM, "authorization": _SCOPE}, body=form)
        answer = await self._plane.forward(request)
        # Our own child process wrote it.
        return ElementTree.fromstring(answer.body) if answer.status == 200 else None  # noqa: S314


def _roles(details: ElementTree.Element, of_aws: Mapping[str, str], bounding: Mapping[str, str]) -> Mapping[str, Held]:
    """Role ARN → what it holds. Raises: UnreadablePolicyError."""
    own = {_text(policy, "Arn"): _default_document(policy) for policy in _all(details, "Policies")}
    managed = {**of_aws, **own}
    found: dict[str, Held] = {}
    for role in _all(details, "RoleDetailList"):
        arn = _text(role, "Arn")
        inline = [_text(policy, "PolicyDocument") for policy in _all(role, "RolePolicyList")]
        attached = [_text(policy, "PolicyArn") for policy in _all(role, "AttachedManagedPolicies")]
        documents = [*inline, *(managed.get(each, "") for each in attached)]
        statements = tuple(one for document in documents if document for one in _statements(arn, document))
        boundary = bounding.get(_text(role, "RoleName"))
        # One that nobody knows allows nothing, as one that was deleted does on AWS.
        bounds = _statements(arn, managed.get(boundary) or "{}") if boundary else None
        found[arn] = Held(statements=statements, bounds=bounds)
    return found


def _counts(policy: ElementTree.Element) -> bool:
    """Whether it is anybody's permissions boundary."""
    return _text(policy, "PermissionsBoundaryUsageCount") not in {"", "0"}


def _statements(role: str, document: str) -> tuple[Statement, ...]:
    try:
        return statements_of(json.loads(unquote(document)))
    except (PolicyError, ValueError) as error:
        raise UnreadablePolicyError(f"a policy of {role} cannot be read: {error}") from error


def _default_document(policy: ElementTree.Element) -> str:
    versions = _all(policy, "PolicyVersionList")
    return next((_text(one, "Document") for one in versions if _text(one, "IsDefaultVersion") == "true"), "")


def _all(inside: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    found = inside.find(f".//{_NAMESPACE}{name}")
    return [] if found is None else found.findall(_MEMBER)


def _text(inside: ElementTree.Element, name: str) -> str:
    return inside.findtext(f"{_NAMESPACE}{name}") or ""
