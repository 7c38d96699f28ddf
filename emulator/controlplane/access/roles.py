"""What roles may do, as IAM in the control plane has it: inline policies and attached managed ones.

What lives here asks IAM by its own API, so that what is judged by is what a person would see there.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlencode
from xml.etree import ElementTree

from emulator.controlplane.plane import ControlPlane
from emulator.dataplane.exchange import Request
from fleet.policy import PolicyError, Statement, statements_of

_NAMESPACE = "{https://iam.amazonaws.com/doc/2010-05-08/}"
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_SCOPE = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"


class UnreadablePolicyError(Exception):
    """A role's policies cannot be read; the message says why."""


class Roles:
    """The statements of each role, as fresh as `fresh_s` says: IAM itself takes some seconds to spread a change."""

    def __init__(
        self, plane: ControlPlane, *, fresh_s: float = 0.5, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._plane, self._fresh_s, self._clock = plane, fresh_s, clock
        self._known: tuple[float, int, Mapping[str, tuple[Statement, ...]]] = (float("-inf"), 0, {})
        self._asking = asyncio.Lock()
        self._changes = 0

    def forget(self) -> None:
        """Look again at the next question: something was changed."""
        self._changes += 1

    async def statements(self, role_arn: str) -> tuple[Statement, ...]:
        """What the role's policies say; nothing where there is no such role. Raises: UnreadablePolicyError."""
        if not self._is_fresh():
            async with self._asking:
                if not self._is_fresh():
                    # The moment of asking counts: what changes while IAM answers is seen by the next question.
                    asked_at, changes = self._clock(), self._changes
                    self._known = (asked_at + self._fresh_s, changes, await self._read())
        return self._known[2].get(role_arn, ())

    def _is_fresh(self) -> bool:
        until, changes, _ = self._known
        return self._clock() <= until and changes == self._changes

    async def _read(self) -> Mapping[str, tuple[Statement, ...]]:
        form = {"Action": "GetAccountAuthorizationDetails", "Version": "2010-05-08"}
        request = Request(
            method="POST", target="/", headers={**_FORM, "authorization": _SCOPE}, body=urlencode(form).encode()
        )
        answer = await self._plane.forward(request)
        if answer.status != 200:
            raise UnreadablePolicyError(f"IAM answered {answer.status} to GetAccountAuthorizationDetails")
        return roles_of(answer.body)


def roles_of(details: bytes) -> Mapping[str, tuple[Statement, ...]]:
    """Role ARN → statements, from an answer of GetAccountAuthorizationDetails. Raises: UnreadablePolicyError."""
    tree = ElementTree.fromstring(details)  # noqa: S314 - our own child process wrote it
    managed = {_text(policy, "Arn"): _default_document(policy) for policy in _all(tree, "Policies")}
    found: dict[str, tuple[Statement, ...]] = {}
    for role in _all(tree, "RoleDetailList"):
        arn = _text(role, "Arn")
        inline = [_text(policy, "PolicyDocument") for policy in _all(role, "RolePolicyList")]
        attached = [_text(policy, "PolicyArn") for policy in _all(role, "AttachedManagedPolicies")]
        documents = [*inline, *(managed.get(each, "") for each in attached)]
        found[arn] = tuple(one for document in documents if document for one in _statements(arn, document))
    return found


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
    return [] if found is None else found.findall(f"{_NAMESPACE}member")


def _text(inside: ElementTree.Element, name: str) -> str:
    return inside.findtext(f"{_NAMESPACE}{name}") or ""
