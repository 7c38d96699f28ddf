"""Both functions under their own deployed policies: enough for all their work, and nothing of it too much.

Every grant, an action of a statement, is taken away, many at a time as long as the report names each, the others one by
one. Then something must be worse, or the report must say what to allow; a grant of which neither is true is one that
nobody needs.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from emulator.controlplane.access.gate import Judged
from emulator.controlplane.ministack import Account
from emulator.stack import Options, running_emulator
from tests.template.errands import ERRANDS, Reply
from tests.template.granted import Grant, Role
from tests.template.stage import REGION, Stage, deploy, set_up

pytestmark = pytest.mark.stack

# Either knows a function's own limit, and the second is asked where the first is throttled: missed when both are gone.
EITHER = {
    "lambda:GetFunction": "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionConcurrency": "lambda:GetFunction",
}
# Denied while all is well: GetFunction gives tags only to who may list them, and only the janitor needs tags.
NOT_MISSED = {("WarmerFunctionName", "lambda:ListTags"), ("DeployHookName", "lambda:ListTags")}
# What was asked for a moment ago may be marked, or remembered, and is asked for by the next run.
TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An errand that was run, and what was judged meanwhile."""

    reply: Reply
    judged: tuple[Judged, ...]

    def refused(self, grant: Grant) -> bool:
        """Whether something was denied that this grant would have allowed."""
        return any(grant.covers(one) and not one.allowed for one in self.judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The stage, the two roles, and every errand as it went with all grants in place."""

    stage: Stage
    roles: tuple[Role, ...]
    done: Mapping[str, Done]

    def errand_for(self, grant: Grant) -> str | None:
        """The first errand that this grant was needed for; None without one."""
        if grant.action == "lambda:GetFunctionConcurrency":
            return "tick"
        return next(
            (name for name, done in self.done.items() if any(one.allowed and grant.covers(one) for one in done.judged)),
            None,
        )


@pytest.fixture(scope="module")
def proof(built_checkout: Path) -> Iterator[Proof]:
    with running_emulator(Options(iam=True, account=Account(region=REGION))) as emulator:
        outputs = deploy(emulator, built_checkout)
        stage = set_up(emulator, outputs)
        _run(stage, "sweep")  # the first run after installation only marks
        _run(stage, "tick")  # the first tick makes the SDK's clients, and may have no time to read all it would
        roles = tuple(Role(emulator, stage.role(name)) for name in ("WarmerFunctionName", "JanitorFunctionName"))
        yield Proof(stage=stage, roles=roles, done={name: _done(stage, name) for name in ERRANDS})


def _done(stage: Stage, name: str) -> Done:
    """The errand, sent again where the machine was too slow for it; what was asked and denied of each try counts."""
    judged: tuple[Judged, ...] = ()
    for _ in range(TRIES):
        done = _run(stage, name)
        judged += done.judged
        if done.reply.well:
            break
    return replace(done, judged=judged)


def _run(stage: Stage, name: str) -> Done:
    errand, before = ERRANDS[name], len(stage.emulator.judged())
    reply, function = errand.run(stage), stage.outputs[errand.function]
    judged = [one for one in stage.emulator.judged()[before:] if one.function == function]
    # A log is written when the next errand runs already; the errand that waits for its log is the one that counts.
    own = [one for one in judged if name.endswith(" log") or not one.action.startswith("logs:")]
    return Done(reply=reply, judged=tuple(own))


@pytest.mark.parametrize("name", ERRANDS)
def test_a_function_does_all_its_work_under_its_own_role(proof: Proof, name: str) -> None:
    done = proof.done[name]
    assert done.reply.well, json.dumps(done.reply.report)
    denied = {(one.action, one.resource) for one in done.judged if not one.allowed}
    assert {it for it in denied if (ERRANDS[name].function, it[0]) not in NOT_MISSED} == set()


def test_no_grant_lies_idle(proof: Proof) -> None:
    idle = [grant.name for role in proof.roles for grant in role.grants() if proof.errand_for(grant) is None]
    assert idle == []


@pytest.mark.parametrize("number", [0, 1], ids=["warmer", "janitor"])
def test_each_grant_that_is_taken_away_is_missed(proof: Proof, number: int) -> None:
    role = proof.roles[number]
    role.stand_alone()
    missed = {grant for name in ERRANDS for grant in _named_together(proof, role, name)}
    left = [grant for grant in role.grants() if grant not in missed]
    assert [grant.name for grant in left if not _is_missed(proof, role, grant)] == []


def _named_together(proof: Proof, role: Role, name: str) -> set[Grant]:
    """The grants that one report names when many are gone, as long as each further report names more of them.

    An action of two statements could be named for the other one's sake, so it is taken away alone.
    """
    actions = Counter(grant.action for grant in role.grants())
    alone = {grant for grant in role.grants() if actions[grant.action] > 1 or grant.action in EITHER}
    gone = {grant for grant in role.grants() if grant not in alone and proof.errand_for(grant) == name}
    found: set[Grant] = set()
    while gone:
        with role.without(*gone):
            done = _run(proof.stage, name)
        told = {grant for grant in gone if done.refused(grant) and done.reply.names(grant.action)}
        if not told:
            break
        found, gone = found | told, gone - told
    return found


def _is_missed(proof: Proof, role: Role, grant: Grant) -> bool:
    other = [it for it in role.grants() if it.action == EITHER.get(grant.action)]
    return any(_misses(proof, role, grant, *also) for also in ([], *([other] if other else [])))


def _misses(proof: Proof, role: Role, grant: Grant, *also: Grant) -> bool:
    """Whether the grant is asked for where it is taken away, and then told or felt to be missing."""
    name = proof.errand_for(grant)
    if name is None:
        return False
    with role.without(grant, *also):
        for _ in range(TRIES):
            done = _run(proof.stage, name)
            if done.refused(grant):
                return not done.reply.well or any(done.reply.names(it.action) for it in (grant, *also))
    return False
