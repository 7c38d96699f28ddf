"""What will still be slow when a drained stack is deleted, and why: for the report of a drain. Pure but for `seen`.

That many versions make a stack's deletion slow is one team's experience (about 40 minutes with more than 100 SnapStart
versions, under 10 with few), not a published fact; so nothing here speaks of minutes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fleet.ports import FleetError
from fleet.uses import StackContents, Stacks
from janitor.keep import KeepCode
from janitor.plan import FunctionPlan, SweepPlan

# A stack with this tag is drained as soon as its deletion begins.
TAG = ("caretaker:drain", "true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a stack and those nested in it hold beside functions; `unread` says why that is not known."""

    custom: tuple[str, ...] = ()
    unread: str | None = None


def asked_for(stacks: Stacks, name: str) -> bool:
    """Whether the stack has the tag that asks for a drain when its deletion begins. Raises: FleetError."""
    stack = stacks.stack(name)
    return stack is not None and TAG in {(key, value.strip().lower()) for key, value in stack.tags}


def seen(stacks: Stacks, name: str) -> Seen:
    """The custom resources of a stack and of all nested in it. Never raises."""
    custom: set[str] = set()
    waiting, known = [name], set[str]()
    try:
        while waiting:
            one = waiting.pop()
            known.add(one)
            contents: StackContents = stacks.contents(one)
            custom |= contents.custom
            waiting += [nested for nested in contents.stacks if nested not in known]
    except FleetError as error:
        return Seen(unread=str(error))
    return Seen(custom=tuple(sorted(custom)))


def still_slow(plan: SweepPlan, stack: Seen) -> tuple[str, ...]:
    """Sentences on what a drain cannot take out of the way, of the versions that stay and of the stack itself."""
    return (*_of_versions(plan), *_of_the_stack(stack))


def _of_versions(plan: SweepPlan) -> Iterator[str]:
    edge = [function for function in plan.functions if _kept_for(function, KeepCode.EDGE)]
    if edge:
        yield (
            f"{_names(edge)}: CloudFront keeps copies at its edges, and Lambda refuses to delete the version until "
            "CloudFront has removed them, some hours after the last distribution let go"
        )
    provisioned = [function for function in plan.functions if _kept_for(function, KeepCode.PROVISIONED)]
    if provisioned:
        yield f"{_names(provisioned)}: provisioned concurrency is taken down before its version can go"
    networks = [function for function in plan.functions if len(_networks(function)) > 1]
    if networks:
        yield (
            f"{_names(networks)}: versions that stay have other subnets or security groups than the newest; Lambda "
            "holds network interfaces for each such pair until the last version with it is gone, and a while longer"
        )
    inside = [function for function in plan.functions if len(_networks(function)) == 1]
    if inside:
        yield f"{_names(inside)}: in a VPC, whose network interfaces Lambda gives back only after the function is gone"


def _of_the_stack(stack: Seen) -> Iterator[str]:
    if stack.unread is not None:
        yield f"what else the stack holds could not be read: {stack.unread}"
    if stack.custom:
        names = ", ".join(stack.custom[:5]) + (f" and {len(stack.custom) - 5} more" if len(stack.custom) > 5 else "")
        yield f"custom resources ({names}) take as long as their own code takes, an hour at most when it never answers"


def _kept_for(function: FunctionPlan, code: KeepCode) -> bool:
    return any(reason.code is code for verdict in function.verdicts for reason in verdict.keep)


def _networks(function: FunctionPlan) -> set[tuple[str, ...]]:
    kept = {verdict.version.network for verdict in function.verdicts if verdict.keep}
    return kept - {()}


def _names(functions: list[FunctionPlan]) -> str:
    names = [function.function for function in functions]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
