"""The gate before every request of a role: what the role does not allow is refused, as AWS refuses it.

What lives here: whose an access key is, a function's or that of somebody who took a role, and the decision about each
request with it. Requests with any other key, or with none, pass. Not judged: resource policies, and what event source
mappings read.
"""

import asyncio
import base64
import hashlib
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from emulator.controlplane.access import named, paths
from emulator.controlplane.access.asked import Protocol, Wish, call_of, signer_of
from emulator.controlplane.access.denial import denied, worded
from emulator.controlplane.access.roles import Roles, UnreadablePolicyError
from emulator.controlplane.ministack import Account
from emulator.controlplane.plane import ControlPlane
from emulator.dataplane.exchange import Answer, Request
from emulator.dataplane.model import FunctionVersion
from emulator.dataplane.settings import Keys
from fleet.policy import decide

# Whether Lambda may do something for a function: its name, its role, the action, the resource.
May = Callable[[str, str, str, str], Awaitable[bool]]

_REMEMBERED = 100_000
# Source: Service Authorization Reference: the names that services sign for, where IAM has another.
_PREFIXES = {"monitoring": "cloudwatch", "email": "ses"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision: which function, or which session of a role, asked for which action on which resource with which
    facts that conditions ask for, and the statement that decided, if any.
    """

    function: str
    role: str
    action: str
    resource: str
    allowed: bool
    sid: str | None
    reason: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A role as a function has it, or somebody who took it under a name."""

    function: str
    role: str

    @property
    def user(self) -> str:
        """The ARN by which messages name it. Source: Lambda developer guide, "Defining Lambda function permissions"."""
        account, name = self.role.split(":")[4], self.role.rpartition("/")[2]
        return f"arn:aws:sts::{account}:assumed-role/{name}/{self.function}"


class Gate:
    """Gives each function keys of its own role, and judges what is asked with them."""

    def __init__(self, plane: ControlPlane, account: Account) -> None:
        self._plane, self._account = plane, account
        self._roles = Roles(plane)
        self._sessions: dict[str, Session] = {}
        self._partition_keys: dict[str, str] = {}
        self._asking = asyncio.Lock()
        self.judged: deque[Judged] = deque(maxlen=_REMEMBERED)

    def look_again(self) -> None:
        """Read the policies anew at the next question, for a test that just changed one."""
        self._roles.forget()

    def keys(self, version: FunctionVersion) -> Keys:
        """The keys for an environment of this version: always the same for one function and role."""
        return self.assume(version.role or "", version.function)

    def assume(self, role: str, name: str) -> Keys:
        """The keys of whoever takes the role, an ARN, under this name. Whether the role trusts them is not judged."""
        session = Session(function=name, role=role)
        digest = hashlib.sha256(f"{session.role} {session.function}".encode()).digest()
        key = "ASIA" + base64.b32encode(digest)[:16].decode()
        self._sessions[key] = session
        return Keys(access_key_id=key, secret_access_key=digest.hex()[:40], session_token=f"session-of-{key}")

    async def admit(self, request: Request) -> Answer | None:
        """The refusal of a request; None when it may pass."""
        signer = signer_of(request)
        if signer is None:
            return None
        session = self._sessions.get(signer.key)
        if session is None:
            return None
        wishes, protocol = await self._wishes(signer.service, request)
        if not wishes:
            message = (
                f"the emulator does not know which IAM action {request.method} {request.path} needs; run it without IAM"
            )
            return denied(message, protocol)
        for wish in wishes:
            judged = await self._judge(session, wish)
            if not judged.allowed:
                return denied(worded(session.user, wish.action, wish.resource, judged.reason, protocol), protocol)
        return None

    async def denial(self, request: Request, action: str, resource: str) -> str | None:
        """What whoever made this request would be told if it asked for this too; None when it may."""
        signer = signer_of(request)
        session = self._sessions.get(signer.key) if signer is not None else None
        if session is None:
            return None
        judged = await self._judge(session, Wish(action=action, resource=resource))
        return None if judged.allowed else worded(session.user, action, resource, judged.reason, "rest-json")

    async def may(self, function: str, role: str, action: str, resource: str) -> bool:
        """Whether Lambda, which acts for a function under the function's role, may do this."""
        return (
            await self._judge(Session(function=function, role=role), Wish(action=action, resource=resource))
        ).allowed

    async def _wishes(self, service: str, request: Request) -> tuple[Sequence[Wish], Protocol]:
        match service:
            case "lambda":
                return _one(paths.of_lambda(self._account, request)), "rest-json"
            case "s3":
                return _one(paths.of_s3(request)), "s3"
            case "cloudfront":
                return _one(paths.of_cloudfront(request)), "rest-xml"
        call = call_of(request)
        if call is None:
            return (), "rest-json"
        keys = await self._keys_of(named.tables_of(call)) if service == "dynamodb" else {}
        return named.wishes(_PREFIXES.get(service, service), self._account, call, keys), call.protocol

    async def _judge(self, session: Session, wish: Wish) -> Judged:
        try:
            held = await self._roles.held(session.role)
        except UnreadablePolicyError as error:
            return self._noted(session, wish, allowed=False, sid=None, reason=f"because {error}")
        decision = decide(held.statements, wish.action, wish.resource, wish.context, bounds=held.bounds)
        sid = decision.by.sid if decision.by is not None else None
        return self._noted(session, wish, allowed=decision.allowed, sid=sid, reason=decision.reason)

    def _noted(self, session: Session, wish: Wish, *, allowed: bool, sid: str | None, reason: str) -> Judged:
        judged = Judged(
            function=session.function,
            role=session.role,
            action=wish.action,
            resource=wish.resource,
            allowed=allowed,
            sid=sid,
            reason=reason,
            context=wish.context,
        )
        self.judged.append(judged)
        return judged

    async def _keys_of(self, tables: Iterable[str]) -> dict[str, str]:
        """The partition keys of these tables, which never change while a table lives."""
        async with self._asking:
            for name in tables:
                if name not in self._partition_keys and (key := await self._partition_key(name)) is not None:
                    self._partition_keys[name] = key
        return self._partition_keys

    async def _partition_key(self, table: str) -> str | None:
        headers = {"x-amz-target": "DynamoDB_20120810.DescribeTable", "content-type": "application/x-amz-json-1.0"}
        scope = f"Credential=test/20260101/{self._account.region}/dynamodb/aws4_request"
        request = Request(
            method="POST",
            target="/",
            headers={**headers, "authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"},
            body=json.dumps({"TableName": table}).encode(),
        )
        answer = await self._plane.forward(request)
        schema = json.loads(answer.body)["Table"]["KeySchema"] if answer.status == 200 else []
        return next((str(key["AttributeName"]) for key in schema if key["KeyType"] == "HASH"), None)


async def anything(_function: str, _role: str, _action: str, _resource: str) -> bool:
    """Nothing is judged."""
    return True


def _one(wish: Wish | None) -> Sequence[Wish]:
    return () if wish is None else (wish,)
