"""The safeguards that need a read of their own: what else uses a version. Pure.

One predicate each: a Candidate in, a KeepReason or None out. None of them speaks of a fact that was not read; what
was asked and not answered keeps by `keep_unread`, and what nobody asked by `keep_unasked`.
"""

from collections.abc import Callable, Iterable
from dataclasses import fields
from operator import attrgetter

from fleet.uses import Stack, VersionState, VersionUse
from janitor.inventory import LATER, NOT_ASKED, FunctionUses, Unread, VersionUses
from janitor.keep import Candidate, KeepCode, KeepReason

# Source: CloudFormation API reference, Stack, StackStatus. Nothing moves in these, and nothing can be rolled back.
SETTLED = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
        "DELETE_COMPLETE",
    }
)
# What a drain is for: CloudFormation waits for Lambda, and every version takes its time.
_BEING_DELETED = "DELETE_IN_PROGRESS"
# Source: Lambda API reference, FunctionConfiguration, State. Inactive: idle, its resources were reclaimed.
_QUIET = frozenset({"Active", "Inactive"})


def keep_tagged(it: Candidate) -> KeepReason | None:
    """The function's tags say that its versions stay, or say something that nobody understands."""
    if it.policy.tagged is None:
        return None
    return KeepReason(code=KeepCode.TAG, facts=it.policy.tagged, would_change_if="the function's tags say otherwise")


def busy(stacks: Iterable[Stack], *, draining: bool) -> Stack | None:
    """The first of the stacks in which something moves, or may be rolled back; a drain is for what is being deleted."""
    quiet = SETTLED | {_BEING_DELETED} if draining else SETTLED
    return next((stack for stack in stacks if stack.status not in quiet), None)


def keep_stack_busy(it: Candidate) -> KeepReason | None:
    """The function's stack, or one that it is nested in, is in no settled state: all of its versions stay."""
    draining = it.policy.draining is not None
    stack = None if isinstance(it.uses.stacks, Unread) else busy(it.uses.stacks, draining=draining)
    if stack is None:
        return None
    return KeepReason(
        code=KeepCode.STACK_BUSY,
        facts=f"stack {stack.name} is in {stack.status}",
        would_change_if=f"stack {stack.name} comes to rest",
    )


def keep_stack_resource(it: Candidate) -> KeepReason | None:
    """A stack has the version among its resources: deleting it behind the stack's back breaks its next update."""
    stack = None if isinstance(it.uses.owned, Unread) else it.uses.owned.get(it.version.number)
    if stack is None:
        return None
    return KeepReason(
        code=KeepCode.STACK_RESOURCE,
        facts=f"it is a resource of stack {stack}",
        would_change_if=f"stack {stack} no longer has it",
    )


def keep_deployed(it: Candidate) -> KeepReason | None:
    """CodeDeploy is deploying the function, or something that it does not name yet: all versions stay."""
    if isinstance(it.uses.deployments, Unread) or not it.uses.deployments:
        return None
    one = it.uses.deployments[0]
    whose = "" if one.functions else ", and which function it deploys is not known yet"
    return KeepReason(
        code=KeepCode.DEPLOYMENT,
        facts=f"CodeDeploy deployment {one.deployment_id} is {one.status}{whose}",
        would_change_if=f"deployment {one.deployment_id} ends",
    )


def keep_event_source(it: Candidate) -> KeepReason | None:
    """An event source mapping invokes it by its number."""
    return _used(it, it.uses.event_sources, KeepCode.EVENT_SOURCE, "the mapping names an alias or another version")


def keep_edge(it: Candidate) -> KeepReason | None:
    """CloudFront runs it at its edges."""
    return _used(it, it.uses.edge, KeepCode.EDGE, "no distribution runs it any more")


def keep_provisioned(it: Candidate) -> KeepReason | None:
    """It has provisioned concurrency of its own."""
    return _used(it, it.uses.provisioned, KeepCode.PROVISIONED, "its provisioned concurrency is removed")


def keep_invoke_config(it: Candidate) -> KeepReason | None:
    """It has a configuration for asynchronous invocations of its own."""
    return _used(it, it.uses.invoke_configs, KeepCode.INVOKE_CONFIG, "its invoke configuration is removed")


def keep_traffic(it: Candidate) -> KeepReason | None:
    """Somebody invoked it under its number."""
    return _used(it, it.uses.traffic, KeepCode.TRAFFIC, "nobody invokes it for 14 days")


def keep_state(it: Candidate) -> KeepReason | None:
    """It is in a state in which it is being made, being removed, or broken."""
    state = it.own.state
    if isinstance(state, Unread):
        return None
    if state is None:
        return KeepReason(
            code=KeepCode.STATE, facts="it went since it was listed", would_change_if="it is published again"
        )
    if state.state in _QUIET and state.last_update != "InProgress":
        return None
    said = state.state if state.state not in _QUIET else f"{state.state} and its update is {state.last_update}"
    return KeepReason(code=KeepCode.STATE, facts=f"it is {said}", would_change_if="it is Active or Inactive")


def keep_durable(it: Candidate) -> KeepReason | None:
    """A durable execution that has not ended runs on it, and can run on no other."""
    count = it.own.open_executions
    if isinstance(count, Unread) or not count:
        return None
    said = "1 durable execution is" if count == 1 else f"{count} durable executions are"
    return KeepReason(code=KeepCode.DURABLE, facts=f"{said} open on it", would_change_if="they have all ended")


def keep_policy(it: Candidate) -> KeepReason | None:
    """A resource policy stands on it: somebody was let in to invoke exactly this version."""
    who = it.own.policy
    if isinstance(who, Unread) or who is None:
        return None
    return KeepReason(
        code=KeepCode.POLICY,
        facts=f"a resource policy on it lets {who} invoke it",
        would_change_if="the permissions on it are removed",
    )


def keep_unread(it: Candidate) -> KeepReason | None:
    """Something that might use it was asked about and not answered."""
    failed = not_read(it.uses) or _failed(_version_facts(it.own))
    if failed is None:
        return None
    return KeepReason(code=KeepCode.UNVERIFIED, facts=failed.reason, would_change_if="that can be read")


def keep_unasked(it: Candidate) -> KeepReason | None:
    """Nobody asked about everything that might use it: this run had no time, or more than enough before it."""
    facts = (*_function_facts(it.uses), *_version_facts(it.own))
    unasked = next((fact for fact in facts if isinstance(fact, Unread)), None)
    if unasked is None:
        return None
    if unasked is not NOT_ASKED:
        return KeepReason(code=KeepCode.UNVERIFIED, facts=unasked.reason, would_change_if="a later run gets to it")
    return KeepReason(
        code=KeepCode.LIMIT,
        facts="what this run and the next may delete was found before it",
        would_change_if="a later run gets to it, or CARETAKER_MAX_PER_FUNCTION and CARETAKER_MAX_PER_RUN are raised",
    )


def in_use(own: VersionUses) -> bool:
    """Whether what was asked of the version alone already keeps it, so that no more needs to be asked."""
    facts = (own.state, own.open_executions, own.policy)
    if any(isinstance(fact, Unread) and (fact.failed or fact is LATER) for fact in facts):
        return True
    quiet = isinstance(own.state, VersionState) and own.state.state in _QUIET and own.state.last_update != "InProgress"
    executions = own.open_executions if isinstance(own.open_executions, int) else 0
    return not quiet or executions > 0 or isinstance(own.policy, str)


def not_read(uses: FunctionUses) -> Unread | None:
    """What of the whole function was asked about and not answered: it keeps every version."""
    return _failed(_function_facts(uses))


def _failed(facts: Iterable[object]) -> Unread | None:
    return next((fact for fact in facts if isinstance(fact, Unread) and fact.failed), None)


# Every field is a fact, so that one which is added cannot be forgotten here.
_function_facts: Callable[[FunctionUses], tuple[object, ...]] = attrgetter(
    *(one.name for one in fields(FunctionUses) if one.name != "versions")
)
_version_facts: Callable[[VersionUses], tuple[object, ...]] = attrgetter(*(one.name for one in fields(VersionUses)))


def _used(
    it: Candidate, uses: tuple[VersionUse, ...] | Unread, code: KeepCode, would_change_if: str
) -> KeepReason | None:
    if isinstance(uses, Unread) or not uses:
        return None
    found = next((use for use in uses if use.version == it.version.number), None)
    return None if found is None else KeepReason(code=code, facts=found.by, would_change_if=would_change_if)
