"""Which CloudFormation stack a function belongs to, what that is nested in, and what is in a stack. Decides nothing."""

from collections.abc import Callable, Mapping

from fleet.uses import Stack, Stacks
from janitor.inventory import Unread

# Source: CloudFormation user guide, "Resource tag": CloudFormation puts these on what it makes.
_STACK_ID = "aws:cloudformation:stack-id"
_STACK_NAME = "aws:cloudformation:stack-name"


def stack_id_of(tags: Mapping[str, str]) -> str | None:
    """The id of the stack that made the function, or its name where the id is missing; None when no stack did."""
    return tags.get(_STACK_ID) or tags.get(_STACK_NAME)


def chain(ask: Callable[[str], Stack | Unread | None], stack_id: str) -> tuple[Stack, ...] | Unread:
    """The stack and everything that it is nested in, each once; empty when there is no such stack any more."""
    found: dict[str, Stack] = {}
    waiting, seen = [stack_id], set[str]()
    while waiting:
        one = waiting.pop(0)
        seen.add(one)
        stack = ask(one)
        if isinstance(stack, Unread):
            return stack
        if stack is not None:
            found[stack.stack_id] = stack
            waiting += [up for up in (stack.parent_id, stack.root_id) if up and up not in seen]
    return tuple(found.values())


def functions_of(stacks: Stacks, name: str) -> frozenset[str] | None:
    """The functions of a stack and of all nested in it; None when there is no such stack. Raises: FleetError."""
    top = stacks.stack(name)
    if top is None:
        return None
    functions: set[str] = set()
    waiting, seen = [top.stack_id], set[str]()
    while waiting:
        one = waiting.pop()
        seen.add(one)
        contents = stacks.contents(one)
        functions |= contents.functions
        waiting += [nested for nested in contents.stacks if nested not in seen]
    return frozenset(functions)
