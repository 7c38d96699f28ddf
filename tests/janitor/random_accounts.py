"""Accounts that Hypothesis makes up, and the rehearsal that must hold on every one of them."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.janitor.account import MOVING, RESTING, Account, Function, Policy
from tests.janitor.rehearsal import Rehearsal

# Letters, digits, dashes and underscores are all that Lambda allows; some of these look like something else.
NAMES = ("shop", "shop-2", "7", "function", "a" * 64, "Live", "LATEST", "_", "arn-aws", "5-7")
STATES = ("Active", "Active", "Active", "Inactive", "Inactive", "Failed", "Pending", "Deactivating", "Deactivated")
STATES += ("ActiveNonInvocable", "Deleting")
EXECUTIONS = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED", "DELETING", "PAUSING", "PAUSED")
TAGS = (
    {"team": "x"},
    {"caretaker:keep": "9"},
    {"caretaker:keep": "all"},
    {"caretaker:keep": "1"},
    {"caretaker:off": "true"},
    {"caretaker:off": "false"},
    {"caretaker:off": "maybe"},
    {"caretaker:min-superseded": "30d"},
    {"caretaker:min-superseded": "a while"},
    {"caretaker:kep": "9"},
)
FLIGHTS = ("Created", "Queued", "InProgress", "Baking", "Ready", "Succeeded", "Failed", "Stopped")


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """An account with one to four functions and whatever may stand around them."""
    policy = Policy(
        keep=draw(st.integers(2, 6)),
        min_superseded=timedelta(days=draw(st.sampled_from((0, 1, 7, 30)))),
        grace=timedelta(hours=draw(st.sampled_from((0, 1, 6)))),
    )
    account = Account(region=draw(st.sampled_from(("us-east-1", "eu-west-1"))), policy=policy)
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)):
        age = draw(st.sampled_from((0, 1, 5, 8, 40, 400)))
        account.add(name, draw(_numbers()), published=account.now - timedelta(days=age))
        _stand_on(draw, account, name)
    _stacks(draw, account)
    names = sorted(account.functions)
    # One deployment in flight keeps all of its function for good: in most accounts there is none.
    flights = draw(st.lists(st.sampled_from(FLIGHTS), max_size=2)) if draw(st.integers(0, 3)) == 0 else []
    for number, status in enumerate(flights):
        account.deployments[f"d-{number}"] = (status, draw(st.sampled_from([*names, *names, *names, None])))
    return account


def _numbers() -> st.SearchStrategy[list[int]]:
    many = st.integers(1, 70).map(lambda last: list(range(1, last + 1)))
    gaps = st.sets(st.integers(1, 300), max_size=20).map(sorted)
    return st.one_of(gaps, gaps, many)


def _stand_on(draw: st.DrawFn, account: Account, name: str) -> None:
    function = account.functions[name]
    numbers = sorted(function.versions)
    if draw(st.integers(0, 2)) == 0:
        function.tags |= draw(st.sampled_from(TAGS))
    if not numbers:
        return
    some = st.sets(st.sampled_from(numbers), max_size=2)
    for alias in draw(st.one_of(st.sets(st.sampled_from(("live", "next", "v7", "old")), max_size=3), _crowd(numbers))):
        function.aliases[alias] = draw(_routing(numbers))
    for number in draw(st.sets(st.sampled_from(numbers), max_size=4)):
        version = function.versions[number]
        version.state = draw(st.sampled_from(STATES))
        version.update = draw(st.sampled_from(("Successful", "Successful", "Failed", "InProgress")))
        version.durable = draw(st.booleans())
        version.executions = draw(st.lists(st.sampled_from(EXECUTIONS), max_size=3)) if version.durable else []
        version.policy = draw(st.integers(0, 2)) == 0
        days = draw(st.sampled_from((None, 0, 1, 13, 15)))
        version.invoked = None if days is None else account.now - timedelta(days=days)
    qualified = [str(number) for number in draw(some)]
    function.provisioned = {*qualified, *list(function.aliases)[:1]} if draw(st.booleans()) else set()
    function.invoke_configs = {"$LATEST", *(str(number) for number in draw(some))} if draw(st.booleans()) else set()
    _one_thing(draw, account, name)
    account.mappings += [account.arn(name), *(account.arn(name, number) for number in draw(some))]
    account.distributions.append([account.arn(name, number) for number in sorted(draw(some))])
    account.policy.scheduled |= {(name, number) for number in draw(some)} if draw(st.booleans()) else set()


def _one_thing(draw: st.DrawFn, account: Account, name: str) -> None:
    """Now and then an old version that one thing alone keeps, so that this one decides; or one that will not go."""
    function = account.functions[name]
    number = min(function.versions)
    version = function.versions[number]
    what = draw(st.sampled_from((None, None, "durable", "state", "stuck")))
    if what is None:
        return
    function.aliases = {alias: way for alias, way in function.aliases.items() if way[0] != str(number)}
    version.state, version.update, version.policy, version.invoked = "Active", "Successful", False, None
    version.durable, version.executions = what == "durable", ["PAUSED"] if what == "durable" else []
    if what == "state":
        version.state = draw(st.sampled_from(("Failed", "Pending")))
    if what == "stuck":
        account.stuck[name, number] = draw(st.sampled_from(("it is a replica at the edge", "no, and nobody knows why")))


def _crowd(numbers: list[int]) -> st.SearchStrategy[list[str]]:
    return st.just([f"branch-{number}" for number in range(55)]) if len(numbers) > 40 else st.just([])


def _routing(numbers: list[int]) -> st.SearchStrategy[tuple[str, dict[str, float]]]:
    texts = st.sampled_from([*map(str, numbers), "$LATEST"])
    weights = st.dictionaries(st.sampled_from([str(number) for number in numbers]), st.just(0.1), max_size=1)
    return st.tuples(texts, st.one_of(st.just({}), weights))


def _stacks(draw: st.DrawFn, account: Account) -> None:
    status = st.sampled_from((*RESTING, *RESTING, *RESTING, *RESTING, *MOVING))
    root = account.stack("root", draw(status))
    middle = account.stack("middle", draw(status), inside=root.stack_id)
    inner = account.stack("inner", draw(status), inside=middle.stack_id)
    for name, function in account.functions.items():
        stack = draw(st.sampled_from((None, None, root, middle, inner)))
        if stack is None:
            continue
        account.own(stack, name)
        if function.versions:
            number = draw(st.sampled_from(sorted(function.versions)))
            kept = draw(st.sampled_from(("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_SKIPPED", "DELETE_COMPLETE")))
            draw(st.sampled_from((stack, root))).resources.append(
                ("AWS::Lambda::Version", account.arn(name, number), kept)
            )
        if draw(st.integers(0, 5)) == 0:
            account.stacks.pop(stack.stack_id, None) if stack is inner else None


def schedule_of(account: Account, folder: Path) -> None:
    """The schedules that name the versions which the account's policy has as scheduled."""
    for old in folder.iterdir():
        old.unlink()
    for index, (name, number) in enumerate(sorted(account.policy.scheduled)):
        text = (
            f"version: 1\nservice: s{index}\nowner: team\ntimezone: UTC\n"
            f"profiles:\n  p: {{baseline: 1, windows: []}}\n"
            f'targets:\n  - {{function: "{name}", version: "{number}", profile: p}}\n'
        )
        (folder / f"s{index}.yaml").write_text(text, encoding="utf-8")


def rehearse(account: Account, folder: Path, random: Random) -> None:
    """Life and the janitor together for a while, then peace: no protected version went, all that may go went."""
    schedule_of(account, folder)
    rehearsal = Rehearsal(account, folder, per_function=random.choice((1, 3, 25)), per_run=random.choice((2, 10, 500)))
    rehearsal.api.page = random.choice((2, 7, 50, 50))
    unruly = _Life(account, random)
    rehearsal.api.before.append(unruly.between_calls)
    for _ in range(random.randint(2, 5)):
        rehearsal.later(hours=random.choice((0, 1, 3, 7, 30, 400)))
        unruly.between_runs()
        rehearsal.run(delete=random.random() < 0.9)
        _no_harm(rehearsal)
    unruly.calm = True
    account.stuck.clear()
    rehearsal.per_function, rehearsal.per_run = 25, 500
    rehearsal.later(days=31)
    for _ in range(4):
        unruly.somebody_comes()
    rehearsal.settle()
    _no_harm(rehearsal)
    left = [
        (name, number)
        for name, function in account.functions.items()
        for number in function.versions
        if not account.may_stay(name, number)
    ]
    assert not left, f"nothing protects {left}, and they are still there: {rehearsal.reports[-1].as_json()}"


def _no_harm(rehearsal: Rehearsal) -> None:
    harmed = [one for one in rehearsal.account.deleted if one[2]]
    assert not harmed, f"deleted although protected: {harmed}"
    assert not rehearsal.account.whole_function_deletes
    assert not rehearsal.api.complaints, rehearsal.api.complaints
    assert rehearsal.reports[-1].ok or _may_complain(rehearsal), rehearsal.reports[-1].as_json()


def _may_complain(rehearsal: Rehearsal) -> bool:
    """Tags that mean nothing are reported, and refusals; a race with an alias is not trouble."""
    if rehearsal.account.refused:
        return True
    return any(key.startswith("caretaker:") for f in rehearsal.account.functions.values() for key in f.tags)


class _Life:
    """What people and pipelines do to an account: aliases move at any moment, the rest changes between runs."""

    def __init__(self, account: Account, random: Random) -> None:
        self.account, self.random, self.calm = account, random, False

    def between_calls(self, _service: str, _operation: str, _parameters: Mapping[str, Any]) -> None:
        if not self.calm and self.random.random() < 0.03:
            self._move_an_alias()

    def between_runs(self) -> None:
        for _ in range(self.random.randint(0, 3)):
            happens = (self._move_an_alias, self._publish, self._drop_an_alias, self._stack_moves, self.somebody_comes)
            self.random.choice(happens)()

    def _a_function(self) -> tuple[str, Function] | None:
        found = [(name, one) for name, one in self.account.functions.items() if one.versions]
        return self.random.choice(found) if found else None

    def _move_an_alias(self) -> None:
        if (found := self._a_function()) is None:
            return
        function = found[1]
        alias = self.random.choice([*function.aliases, "live", "new"])
        numbers = [str(number) for number in function.versions]
        weights = {self.random.choice(numbers): 0.05} if self.random.random() < 0.3 else {}
        function.aliases[alias] = (self.random.choice([*numbers, "$LATEST"]), weights)

    def _drop_an_alias(self) -> None:
        if (found := self._a_function()) is not None and found[1].aliases:
            del found[1].aliases[self.random.choice(list(found[1].aliases))]

    def _publish(self) -> None:
        if (found := self._a_function()) is not None:
            name, function = found
            number = max(function.versions) + self.random.randint(1, 3)
            fresh = self.account.functions[name].versions
            fresh[number] = type(next(iter(fresh.values())))(published=self.account.now, code=f"sha-{name}-{number}")

    def somebody_comes(self) -> None:
        """Old versions are found, invoked under their numbers, or given a policy or work that lasts."""
        if (found := self._a_function()) is not None:
            for version in self.random.sample(list(found[1].versions.values()), min(4, len(found[1].versions))):
                version.invoked = self.account.now
                version.policy = version.policy or self.random.random() < 0.5
                if version.durable:
                    version.executions.append("RUNNING")

    def _stack_moves(self) -> None:
        stack = self.random.choice(list(self.account.stacks.values()))
        stack.status = self.random.choice((*RESTING, *MOVING))
