"""The dear half of reading: what else uses the versions that the cheap half did not keep. Deletes nothing.

Each read is asked only while a version is left that nothing keeps, the ones that hold for the whole region once a run.
A version is looked at alone last, oldest first, and only as many as this run and the next could delete.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from fleet.model import VersionNumber
from fleet.ports import FunctionAbsent
from fleet.uses import Deployment, Stack, StackContents, Uses, VersionState, VersionUse
from janitor import used
from janitor.inventory import LATER, FunctionFacts, FunctionUses, Unread, VersionUses, read
from janitor.keep import Keeper, candidates
from janitor.policy import SweepPolicy
from janitor.rules import CHEAP
from janitor.stacks import chain, stack_id_of

Numbers = Collection[VersionNumber]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Region:
    """What holds for all functions of the region."""

    deployments: tuple[Deployment, ...] | Unread
    event_sources: tuple[VersionUse, ...] | Unread
    edge: tuple[VersionUse, ...] | Unread


@dataclass(slots=True)
class Checks:
    """Looks closer at one function after the other, within one run.

    `clear` counts the versions that nothing keeps: a run reads of no more than it and the next one can delete.
    """

    uses: Uses
    policy: SweepPolicy
    now: datetime
    time_to_act: Callable[[], bool] = lambda: False
    clear: int = 0
    _region: _Region | None = None
    _stacks: dict[str, Stack | Unread | None] = field(default_factory=dict)
    _contents: dict[str, StackContents | Unread] = field(default_factory=dict)

    def look_closer(self, facts: FunctionFacts) -> FunctionFacts:
        """The same facts with what else uses the function's versions. Raises: FunctionAbsent."""
        stages: tuple[tuple[Callable[[FunctionFacts], FunctionUses], tuple[Keeper, ...]], ...] = (
            (self._tagged, (*CHEAP, used.keep_tagged)),
            (self._stacked, (used.keep_stack_busy, used.keep_stack_resource)),
            (self._in_region, (used.keep_deployed, used.keep_event_source, used.keep_edge)),
            (self._listed, (used.keep_provisioned, used.keep_invoke_config)),
            (self._invoked, (used.keep_traffic,)),
        )
        left = self._left(facts, None, CHEAP)
        for ask, keepers in stages:
            if not left:
                return facts
            facts = replace(facts, uses=ask(facts))
            left = self._left(facts, left, keepers)
        return self._one_by_one(facts, left)

    def _left(
        self, facts: FunctionFacts, among: Numbers | None, keepers: tuple[Keeper, ...]
    ) -> tuple[VersionNumber, ...]:
        if used.not_read(facts.uses) is not None:
            return ()
        them = candidates(facts, self.policy.of(facts.name), self.now, only=among)
        return tuple(it.version.number for it in them if not any(keeper(it) for keeper in keepers))

    def _tagged(self, facts: FunctionFacts) -> FunctionUses:
        return replace(facts.uses, tags=read(lambda: self.uses.tags(facts.name)))

    def _stacked(self, facts: FunctionFacts) -> FunctionUses:
        tags = facts.uses.tags
        stack_id = None if isinstance(tags, Unread) else stack_id_of(tags)
        if stack_id is None:
            return replace(facts.uses, stacks=(), owned={})
        stacks = chain(self._stack, stack_id)
        draining = self.policy.of(facts.name).draining is not None
        if isinstance(stacks, Unread) or used.busy(stacks, draining=draining):
            return replace(facts.uses, stacks=stacks)
        return replace(facts.uses, stacks=stacks, owned=self._owned(facts.name, stacks))

    def _owned(self, function: str, stacks: tuple[Stack, ...]) -> dict[VersionNumber, str] | Unread:
        owned: dict[VersionNumber, str] = {}
        for stack in stacks:
            contents = self._contents_of(stack.stack_id)
            if isinstance(contents, Unread):
                return contents
            owned |= {number: stack.name for name, number in contents.versions if name == function}
        return owned

    def _contents_of(self, stack_id: str) -> StackContents | Unread:
        if stack_id not in self._contents:
            self._contents[stack_id] = read(lambda: self.uses.contents(stack_id))
        return self._contents[stack_id]

    def _stack(self, stack_id: str) -> Stack | Unread | None:
        if stack_id not in self._stacks:
            self._stacks[stack_id] = read(lambda: self.uses.stack(stack_id))
        return self._stacks[stack_id]

    def _in_region(self, facts: FunctionFacts) -> FunctionUses:
        if self._region is None:
            self._region = _Region(
                deployments=read(self.uses.deployments),
                event_sources=read(self.uses.event_sources),
                edge=read(self.uses.edge),
            )
        return replace(
            facts.uses,
            deployments=_for(self._region.deployments, facts.name),
            event_sources=_of(self._region.event_sources, facts.name),
            edge=_of(self._region.edge, facts.name),
        )

    def _listed(self, facts: FunctionFacts) -> FunctionUses:
        return replace(
            facts.uses,
            provisioned=_of(read(lambda: self.uses.provisioned(facts.name)), facts.name),
            invoke_configs=_of(read(lambda: self.uses.invoke_configs(facts.name)), facts.name),
        )

    def _invoked(self, facts: FunctionFacts) -> FunctionUses:
        return replace(facts.uses, traffic=_of(read(lambda: self.uses.traffic(facts.name)), facts.name))

    def _one_by_one(self, facts: FunctionFacts, left: tuple[VersionNumber, ...]) -> FunctionFacts:
        asked: dict[VersionNumber, VersionUses] = {}
        clear = 0
        # What this run may delete, and as much again to be marked for the next; small limits get room for marks.
        most, most_in_run = max(50, 2 * self.policy.max_per_function), max(1000, 2 * self.policy.max_per_run)
        for number in left:
            if clear >= most or self.clear >= most_in_run:
                break
            if asked and self.time_to_act():
                asked[number] = VersionUses(state=LATER)
                continue
            asked[number] = own = self._alone(facts.name, number)
            unused = not used.in_use(own)
            clear, self.clear = clear + unused, self.clear + unused
        return replace(facts, uses=replace(facts.uses, versions=asked))

    def _alone(self, function: str, number: VersionNumber) -> VersionUses:
        own = VersionUses(state=read(lambda: self.uses.state(function, number)))
        if used.in_use(own) or not isinstance(own.state, VersionState):
            return own
        ask = self.uses.open_executions
        own = replace(own, open_executions=_present(lambda: ask(function, number)) if own.state.durable else 0)
        if used.in_use(own):
            return own
        return replace(own, policy=read(lambda: self.uses.policy(function, number)))


def _present(ask: Callable[[], int]) -> int | Unread:
    try:
        return read(ask)
    except FunctionAbsent as error:
        return Unread(reason=str(error))  # the version or its function went meanwhile: the next run knows


def _for(deployments: tuple[Deployment, ...] | Unread, name: str) -> tuple[Deployment, ...] | Unread:
    if isinstance(deployments, Unread):
        return deployments
    return tuple(one for one in deployments if not one.functions or name in one.functions)


def _of(uses: tuple[VersionUse, ...] | Unread, name: str) -> tuple[VersionUse, ...] | Unread:
    return uses if isinstance(uses, Unread) else tuple(use for use in uses if use.function == name)
