"""The order of the safeguards, which is the order of the report: the first that speaks gives the reason. Pure.

A new safeguard is one predicate in `janitor.keep` or `janitor.used`, and one line here.
"""

from janitor import keep, used
from janitor.keep import Candidate, Keeper, KeepReason
from janitor.quarantine import keep_quarantined

# What the listing, the aliases, the schedules and the record tell: asked of every version.
CHEAP: tuple[Keeper, ...] = (
    keep.keep_newest,
    keep.keep_aliased,
    keep.keep_weighted,
    keep.keep_scheduled,
    keep.keep_unverified,
    keep_quarantined,
    keep.keep_previously_live,
    keep.keep_young,
)
# What needs reads of its own: asked of the versions that nothing cheap keeps.
DEAR: tuple[Keeper, ...] = (
    used.keep_tagged,
    used.keep_stack_busy,
    used.keep_stack_resource,
    used.keep_deployed,
    used.keep_event_source,
    used.keep_edge,
    used.keep_provisioned,
    used.keep_invoke_config,
    used.keep_traffic,
    used.keep_state,
    used.keep_durable,
    used.keep_policy,
)
KEEPERS = (*CHEAP, *DEAR)


def keep_reasons(it: Candidate) -> tuple[KeepReason, ...]:
    """Everything that keeps the version, strongest first; empty when it may go.

    Of a version that nothing else keeps it is asked whether everything was read, and only then for its mark: only
    those are marked. A drain waits for no mark.
    """
    reasons = [reason for keeper in KEEPERS if (reason := keeper(it)) is not None]
    if reasons:
        return tuple(reasons)
    last = used.keep_unread(it) or used.keep_unasked(it)
    if last is None and it.policy.draining is None:
        last = keep.keep_unmarked(it)
    return () if last is None else (last,)
