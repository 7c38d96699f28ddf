"""Whether the account has room for all that the schedules ask for at once. Pure."""

from collections.abc import Sequence

from cli.doctor.case import AHEAD, Case
from cli.doctor.check import Check, Group
from cli.doctor.facts import Facts
from fleet.deployed import DeployedFunction, Unread
from profiles.model import Strategy
from profiles.timeline import target_changes
from warmer.budget import USERS_SHARE


def room_for_all(facts: Facts, cases: Sequence[Case]) -> Check:
    """Whether the account's unreserved concurrency has room for the greatest sum of levels, users' share aside."""
    group = Group("account")
    if isinstance(facts.account, Unread):
        return group.unread("concurrency", facts.account)
    region = facts.caller.region
    sharing = [one for one in cases if _shares(one, region)]
    most = _greatest_sum(sharing, facts)
    free = facts.account.unreserved * (100 - _users_share(facts)) // 100
    found = f"at most {most} environments at once in the next 7 days, of {free} that pings may take"
    if most <= free:
        return group.ok("concurrency", found)
    return group.broken("concurrency", found, "have the account's concurrency limit raised, or ask for less")


def _users_share(facts: Facts) -> int:
    """What the deployed warmer leaves to users, in per cent; a value that it would refuse is told of elsewhere."""
    function = facts.warmer.function
    text = function.variables.get("CARETAKER_USERS_SHARE", "") if isinstance(function, DeployedFunction) else ""
    return int(text) if text.isascii() and text.isdigit() and int(text) <= 100 else USERS_SHARE


def _shares(case: Case, region: str) -> bool:
    function = case.seen.function
    unreserved = isinstance(function, DeployedFunction) and function.reserved is None
    return unreserved and case.target.function.region in {None, region} and case.target.strategy is Strategy.PING


def _greatest_sum(cases: Sequence[Case], facts: Facts) -> int:
    assert not isinstance(facts.schedules, Unread)  # noqa: S101 - there are cases only with schedules
    turns = sorted(
        (change.at, number, change.demand.level)
        for number, case in enumerate(cases)
        for change in target_changes(
            case.service, case.target, facts.now, facts.now + AHEAD, platform=facts.schedules.platform
        )
    )
    levels: dict[int, int] = {}
    most = total = 0
    for index, (at, number, level) in enumerate(turns):
        total += level - levels.get(number, 0)
        levels[number] = level
        if index + 1 == len(turns) or turns[index + 1][0] != at:
            most = max(most, total)
    return most
