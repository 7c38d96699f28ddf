"""The policies that a deployed role has, and the role with one grant less: the proof of least privilege turns on it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from emulator.controlplane.access.gate import Judged
from emulator.stack import RunningEmulator
from fleet.policy import Statement, statements_of
from tests.emulator.controlled import client_of
from tests.template.reading import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One action of one statement of a role. `place` is the statement's number among the role's."""

    role: str
    place: int
    action: str
    statement: Statement

    @property
    def name(self) -> str:
        """Statement and action, as a person would look for them in the template."""
        return f"{self.statement.sid} {self.action}"

    def covers(self, judged: Judged) -> bool:
        """Whether this grant allows what was asked for; of two that do, both."""
        same = judged.role.endswith(f"/{self.role}") and judged.action == self.action
        return same and self.statement.speaks_of(judged.action, judged.resource)


class Role:
    """A role of the deployed stack, with the statements that it was deployed with."""

    def __init__(self, emulator: RunningEmulator, name: str) -> None:
        self.name = name
        self._emulator = emulator
        self._iam = client_of(emulator, "iam")
        self.deployed = [statement for document in self._documents() for statement in listed(document["Statement"])]

    def grants(self) -> list[Grant]:
        """Every action that some statement allows."""
        return [
            Grant(role=self.name, place=place, action=action, statement=statements_of({"Statement": statement})[0])
            for place, statement in enumerate(self.deployed)
            if statement["Effect"] == "Allow"
            for action in listed(statement["Action"])
        ]

    @contextmanager
    def without(self, *lost: Grant) -> Iterator[None]:
        """The role as deployed but for these grants; as deployed again on leaving."""
        self._have([kept for place, statement in enumerate(self.deployed) if (kept := _less(place, statement, lost))])
        try:
            yield
        finally:
            self._have(self.deployed)

    def stand_alone(self) -> None:
        """Have the same statements in one policy that is easily changed, and no other policy."""
        self._have(self.deployed)
        for name in self._iam.list_role_policies(RoleName=self.name)["PolicyNames"]:
            if name != "proof":
                self._iam.delete_role_policy(RoleName=self.name, PolicyName=name)
        for policy in self._iam.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]:
            self._iam.detach_role_policy(RoleName=self.name, PolicyArn=policy["PolicyArn"])
        self._emulator.look_again()

    def _have(self, statements: Sequence[dict[str, Any]]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self._iam.put_role_policy(RoleName=self.name, PolicyName="proof", PolicyDocument=document)
        self._emulator.look_again()

    def _documents(self) -> Iterator[dict[str, Any]]:
        for name in self._iam.list_role_policies(RoleName=self.name)["PolicyNames"]:
            yield self._iam.get_role_policy(RoleName=self.name, PolicyName=name)["PolicyDocument"]
        for policy in self._iam.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]:
            arn = policy["PolicyArn"]
            version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            yield self._iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _less(place: int, statement: dict[str, Any], lost: Sequence[Grant]) -> dict[str, Any] | None:
    gone = {grant.action for grant in lost if grant.place == place}
    kept = [action for action in listed(statement["Action"]) if action not in gone]
    return {**statement, "Action": kept} if kept else None
