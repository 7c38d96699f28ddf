"""One simulated account a situation: a function with twenty versions and something that uses an old one of them.

The account says in its own words, not by the janitor's rules, what protected a version when it was deleted.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.janitor.account import Account, Function, Policy

KEEP = 3
_VERSIONS = 20
# What other janitors cannot be blamed for: these are only Caretaker's own caution, no use of a version.
_CAUTION = {"newest", "young", "just-left", "previously-live", "unmarked", "tag"}
# Nothing uses the version, but a rollback may want it in a minute.
_MOVING = {"stack-busy", "deployment"}

Change = Callable[[Account, Function], object]


def _number(number: int) -> str:
    return Account().arn("shop", number)


def _weighted(_: Account, shop: Function) -> None:
    shop.aliases["live"] = ("20", {"4": 0.1})


def _busy(account: Account, _: Function) -> None:
    account.own(account.stack("shop", "UPDATE_IN_PROGRESS"), "shop")


def _owned(account: Account, _: Function) -> None:
    stack = account.stack("shop")
    account.own(stack, "shop")
    stack.resources.append(("AWS::Lambda::Version", _number(4), "CREATE_COMPLETE"))


def _durable(_: Account, shop: Function) -> None:
    shop.versions[4].durable, shop.versions[4].executions = True, ["RUNNING"]


def _called(account: Account, shop: Function) -> None:
    shop.versions[4].invoked = account.now - timedelta(days=1)


def _crowd(_: Account, shop: Function) -> None:
    numbers = sorted(shop.versions)
    shop.aliases |= {f"branch-{number}": (str(number), {}) for number in numbers[:-KEEP]}


# What stands on version 4, or around the function, in words for people.
SITUATIONS: dict[str, Change] = {
    "nothing uses the old ones": lambda _, __: None,
    "an alias points to an old one": lambda _, shop: shop.aliases.update(live=("4", {})),
    "an alias sends an old one 10 %": _weighted,
    "60 aliases, each to a version": _crowd,
    "an event source names it": lambda account, _: account.mappings.append(_number(4)),
    "a resource policy stands on it": lambda _, shop: setattr(shop.versions[4], "policy", True),
    "provisioned concurrency on it": lambda _, shop: shop.provisioned.add("4"),
    "an invoke configuration on it": lambda _, shop: shop.invoke_configs.add("4"),
    "CloudFront runs it": lambda account, _: account.distributions.append([_number(4)]),
    "a durable execution is open on it": _durable,
    "called by its number yesterday": _called,
    "a resource of its stack": _owned,
    "its stack is being updated": _busy,
    "CodeDeploy is deploying it": lambda account, _: account.deployments.update({"d-1": ("InProgress", "shop")}),
}


def accounts() -> Iterator[tuple[str, Account]]:
    """Each situation and a fresh account in it; all versions but the newest were replaced long ago."""
    now = datetime.now(UTC).replace(microsecond=0)
    for said, change in SITUATIONS.items():
        account = Account(now=now, policy=Policy(keep=KEEP))
        last = 60 + KEEP if change is _crowd else _VERSIONS
        shop = account.add("shop", range(1, last + 1), published=now - timedelta(days=100))
        if change is not _crowd:
            shop.aliases["live"] = (str(last), {})
        change(account, shop)
        yield said, account


def used(account: Account) -> int:
    """How many versions were deleted while something used or named them."""
    return sum(1 for _, _, why in account.deleted if set(why) - _CAUTION - _MOVING)


def hasty(account: Account) -> int:
    """How many were deleted in the middle of a deployment that might have been rolled back to them."""
    return sum(1 for _, _, why in account.deleted if set(why) & _MOVING)


def unused(account: Account) -> int:
    """How many versions beyond the newest are still there though nothing uses them."""
    calm = replace(account, policy=replace(account.policy, previously_live=0))
    return sum(
        1
        for name, function in account.functions.items()
        for number in sorted(function.versions)[:-KEEP]
        if not set(calm.protected(name, number)) - _CAUTION
    )
