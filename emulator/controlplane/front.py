"""The control plane's front: Lambda's own operations as AWS answers them, and everything else handed on to ministack.

This is the data plane's hook for all that is no invocation; what each operation answers is in
`answers`.
"""

import json
import re

from emulator.controlplane import answers
from emulator.controlplane.access.gate import Gate
from emulator.controlplane.ask import Ask, Refused, invalid, missing
from emulator.controlplane.codedeploy import CodeDeploy
from emulator.controlplane.deployed import ControlPlaneCatalog
from emulator.controlplane.ministack import Account
from emulator.controlplane.plane import ControlPlane
from emulator.controlplane.rate import ControlRate
from emulator.dataplane.exchange import Answer, Request

# Source: IAM user guide, "Create a signed AWS API request": the credential scope names key, day, region and service.
_SCOPE = re.compile(r"Credential=(?P<key>[^/,]+)/\d{8}/(?P<region>[^/]+)/")


class ControlFront:
    """Answers a request to any service of AWS but an invocation; see the module."""

    def __init__(
        self,
        plane: ControlPlane,
        catalog: ControlPlaneCatalog,
        account: Account,
        *,
        rate: ControlRate | None = None,
        codedeploy: CodeDeploy | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._plane, self._catalog, self._account, self._rate = plane, catalog, account, rate
        self._codedeploy, self._gate = codedeploy or CodeDeploy(), gate

    async def __call__(self, request: Request) -> Answer:
        """The answer, an error in AWS's shape included."""
        if (about_deployments := self._codedeploy.answer(request)) is not None:
            return about_deployments
        ask = Ask.read(request)
        if ask is None:
            return await self._plane.forward(request)
        try:
            _check_scope(request, self._account)
            if self._rate is not None:
                self._rate.take(ask)
            return await self._answer(ask, request)
        except Refused as refused:
            return refused.answer
        finally:
            if request.method != "GET":
                self._catalog.forget()

    async def _answer(self, ask: Ask, request: Request) -> Answer:
        match ask.method, ask.resource:
            case "GET", "account-settings":
                return answers.account_settings(await self._plane.functions(), self._account.concurrency)
            case "GET", "event-source-mappings" if ask.name is None:
                return await self._plane.forward(request, answers.mappings_query(ask.query))
            case "GET", "functions" if ask.name is None:
                return answers.list_functions(ask, await self._plane.functions())
            case _, "functions" if ask.name is not None:
                return await self._of_function(ask, ask.name, request)
        return await self._plane.forward(request)

    async def _of_function(self, ask: Ask, name: str, request: Request) -> Answer:
        record = await self._plane.function(name)
        if record is None:
            raise missing(f"arn:aws:lambda:{self._account.region}:{self._account.number}:function:{name}")
        if (ask.method, ask.sub) == ("GET", ""):
            found = await self._plane.forward(request)
            if found.status != 200:
                return found
            shown = json.loads(found.body)
            if self._gate is not None and (denial := await self._gate.denial(request, "lambda:ListTags", record.arn)):
                shown = answers.without_tags(shown, denial)
            return answers.shown_function(ask, record, shown, self._plane.code_url)
        answer: Answer | None = None
        if (ask.method, ask.sub) == ("PUT", "/concurrency"):
            answer = answers.put_concurrency(ask, await self._plane.functions(), self._account.concurrency)
        elif of_function := answers.OF_FUNCTION.get((ask.method, ask.sub.strip("/").partition("/")[0])):
            answer = of_function(ask, record)
        return answer if answer is not None else await self._plane.forward(request)


def _check_scope(request: Request, account: Account) -> None:
    """One region and one account are played: a request to another would see none of what is deployed, and wonder why.

    Raises: Refused, with what to set.
    """
    scope = _SCOPE.search(request.headers.get("authorization", ""))
    if scope is None:
        return
    if scope["region"] != account.region:
        raise invalid(f"this emulator plays {account.region}, and the request is for {scope['region']}: set AWS_REGION")
    if re.fullmatch(r"\d{12}", scope["key"]) and scope["key"] != account.number:
        raise invalid(f"this emulator plays account {account.number}, and the access key names {scope['key']}")
