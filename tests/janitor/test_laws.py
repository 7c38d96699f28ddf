"""Laws over made-up accounts: what may never happen, whatever the account, the policy and the record hold."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.model import Alias
from janitor.inventory import Unread
from janitor.keep import keep_unmarked
from janitor.plan import plan_sweep
from janitor.rules import KEEPERS
from janitor.sweep import sweep
from tests.janitor.builders import (
    NOW,
    Account,
    NoUses,
    a_journal,
    a_memory,
    a_policy,
    a_sweep_policy,
    a_version,
    an_inventory,
    facts,
    v,
)

NUMBERS = st.integers(min_value=1, max_value=30)
DATES = st.one_of(st.none(), st.integers(min_value=-5, max_value=400).map(lambda days: NOW - timedelta(days=days)))
UNREAD = st.sampled_from([Unread(reason="denied"), Unread(reason="no table", failed=False)])
ALIASES = st.lists(
    st.builds(
        Alias,
        name=st.sampled_from(["live", "next", "old"]),
        version=st.one_of(NUMBERS.map(str), st.just("$LATEST")),
        weights=st.lists(st.tuples(NUMBERS.map(str), st.floats(0, 1)), max_size=2).map(tuple),
    ),
    max_size=4,
).map(tuple)
MEMORIES = st.builds(
    a_memory,
    marked=st.frozensets(NUMBERS),
    at=st.integers(min_value=0, max_value=48).map(lambda hours: NOW - timedelta(hours=hours)),
    superseded=st.dictionaries(NUMBERS, DATES.filter(lambda at: at is not None), max_size=5),
)
POLICIES = st.builds(
    a_policy,
    keep=st.integers(min_value=2, max_value=8),
    min_superseded=st.integers(min_value=0, max_value=60).map(lambda days: timedelta(days=days)),
    grace=st.integers(min_value=0, max_value=24).map(lambda hours: timedelta(hours=hours)),
    off=st.one_of(st.none(), st.none(), st.just("checkout")),
    scheduled=st.lists(st.tuples(NUMBERS.map(v), st.just("checkout")), max_size=3).map(tuple),
    unread=st.one_of(st.none(), st.none(), st.just("broken")),
)


@st.composite
def functions(draw: st.DrawFn):
    published = tuple(a_version(n, at=draw(DATES)) for n in sorted(draw(st.frozensets(NUMBERS, max_size=30))))
    return facts(
        published=published, aliases=draw(st.one_of(ALIASES, ALIASES, UNREAD)), memory=draw(st.one_of(MEMORIES, UNREAD))
    )


@settings(deadline=None)
@given(functions(), POLICIES, st.integers(1, 30), st.integers(1, 30), ALIASES)
def test_a_sweep_never_deletes_what_any_keeper_claims(one, policy, per_function, per_run, aliases_now):
    plan = plan_sweep(an_inventory(one), a_sweep_policy(policy, per_function=per_function, per_run=per_run), NOW)
    account = Account(published={"shop": {n.number.value for n in one.versions}}, named={"shop": list(aliases_now)})
    list(sweep(plan, account, NoUses(), a_journal()))
    claimed = {
        verdict.version.number.value
        for verdict in plan.functions[0].verdicts
        if any(keeper(verdict.candidate) for keeper in (*KEEPERS, keep_unmarked))
    }
    claimed |= {
        int(text) for alias in aliases_now for text in (alias.version, *dict(alias.weights)) if text != "$LATEST"
    }
    assert not claimed & {number for _, number in account.deletes}
    assert len(account.deletes) <= min(per_function, per_run)


@settings(deadline=None)
@given(functions(), POLICIES)
def test_every_version_has_exactly_one_verdict_with_a_reason(one, policy):
    plan = plan_sweep(an_inventory(one), a_sweep_policy(policy), NOW).functions[0]
    assert [verdict.version for verdict in plan.verdicts] == list(one.versions)
    assert all(verdict.reason and verdict.would_change_if for verdict in plan.verdicts)
    assert all(bool(verdict.keep) != bool(verdict.delete) for verdict in plan.verdicts)


@settings(deadline=None)
@given(functions(), POLICIES)
def test_the_newest_two_stay_whatever_else_is_true(one, policy):
    plan = plan_sweep(an_inventory(one), a_sweep_policy(policy), NOW).functions[0]
    newest = sorted(version.number for version in one.versions)[-2:]
    assert not set(newest) & {verdict.version.number for verdict in plan.to_delete}


@settings(deadline=None)
@given(functions(), POLICIES)
def test_planning_twice_gives_the_same_plan(one, policy):
    first, second = (plan_sweep(an_inventory(one), a_sweep_policy(policy), NOW) for _ in range(2))
    assert first == second
