"""A simulated AWS account: Lambda, CloudFormation, CodeDeploy, CloudFront and CloudWatch as far as versions go.

Change it directly; ask it through `tests.janitor.account_api`, which answers as AWS does. It knows on its own, and not
by the janitor's rules, why a version must stay: `protected` says so in words, and every delete is recorded together
with what protected the version at that moment. A delete without a qualifier is recorded and refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NUMBER = "123456789012"
MOVING = (
    "CREATE_IN_PROGRESS",
    "CREATE_FAILED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_FAILED",
    "DELETE_IN_PROGRESS",
    "DELETE_FAILED",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "REVIEW_IN_PROGRESS",
    "IMPORT_IN_PROGRESS",
    "IMPORT_ROLLBACK_IN_PROGRESS",
    "IMPORT_ROLLBACK_FAILED",
)
RESTING = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
    "DELETE_COMPLETE",
)


@dataclass
class Version:
    """A published version and what stands on it alone."""

    published: datetime
    code: str
    state: str = "Active"
    update: str = "Successful"
    durable: bool = False
    executions: list[str] = field(default_factory=list)  # statuses
    policy: bool = False
    snap_start: bool = False
    invoked: datetime | None = None  # the last time under its number


@dataclass
class Function:
    """A function: its versions by number, aliases as name -> (version, weights), and what names it."""

    versions: dict[int, Version] = field(default_factory=dict)
    aliases: dict[str, tuple[str, dict[str, float]]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    provisioned: set[str] = field(default_factory=set)  # qualifiers
    invoke_configs: set[str] = field(default_factory=set)
    seen: dict[str, dict[int, datetime]] = field(default_factory=dict)  # alias -> version -> last run that saw it there
    looks: int = 0  # how often this run has listed the aliases

    def live(self) -> dict[str, set[int]]:
        """The numbers that each alias sends traffic to."""
        named = {name: {version, *weights} for name, (version, weights) in self.aliases.items()}
        return {name: {int(text) for text in texts if text.isdigit()} for name, texts in named.items()}


@dataclass
class Stack:
    """A stack; `resources` are (type, physical id, status)."""

    stack_id: str
    status: str = "UPDATE_COMPLETE"
    parent: str | None = None
    root: str | None = None
    resources: list[tuple[str, str, str]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.stack_id.split("/")[1]


@dataclass
class Policy:
    """What the janitor was told, for the account's own judgement."""

    keep: int = 2
    min_superseded: timedelta = timedelta(days=7)
    grace: timedelta = timedelta(hours=6)
    previously_live: int = 2
    scheduled: set[tuple[str, int]] = field(default_factory=set)


@dataclass
class Account:
    """One account in one region."""

    now: datetime = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    region: str = "us-east-1"
    functions: dict[str, Function] = field(default_factory=dict)
    stacks: dict[str, Stack] = field(default_factory=dict)
    mappings: list[str] = field(default_factory=list)  # function ARNs
    deployments: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # id -> status, function if known
    distributions: list[list[str]] = field(default_factory=list)  # ARNs of each
    policy: Policy = field(default_factory=Policy)
    runs: list[datetime] = field(default_factory=list)
    deleted: list[tuple[str, int, tuple[str, ...]]] = field(default_factory=list)
    whole_function_deletes: list[str] = field(default_factory=list)
    stuck: dict[tuple[str, int], str] = field(default_factory=dict)  # what Lambda says instead of deleting it
    refused: list[tuple[str, int, datetime, bool]] = field(default_factory=list)  # whether because of the edge

    def arn(self, function: str, qualifier: object = None) -> str:
        """The function's ARN, qualified if asked."""
        plain = f"arn:aws:lambda:{self.region}:{NUMBER}:function:{function}"
        return plain if qualifier is None else f"{plain}:{qualifier}"

    def add(self, name: str, numbers: Iterable[int], *, published: datetime) -> Function:
        """A function with these versions, each published a minute after the one before."""
        function = self.functions[name] = Function()
        for index, number in enumerate(sorted(numbers)):
            at = published + timedelta(minutes=index)
            function.versions[number] = Version(published=at, code=f"sha-{name}-{number}")
        return function

    def stack(self, name: str, status: str = "UPDATE_COMPLETE", *, inside: str | None = None) -> Stack:
        """A stack, nested in the stack with the id `inside` or on its own."""
        stack_id = f"arn:aws:cloudformation:{self.region}:{NUMBER}:stack/{name}/0a1b"
        root = None if inside is None else self.stacks[inside].root or inside
        made = self.stacks[stack_id] = Stack(stack_id, status, inside, root)
        if inside is not None:
            self.stacks[inside].resources.append(("AWS::CloudFormation::Stack", stack_id, "CREATE_COMPLETE"))
        return made

    def own(self, stack: Stack, function: str) -> None:
        """The function becomes one of the stack's, with the tags that CloudFormation puts on it."""
        self.functions[function].tags |= {
            "aws:cloudformation:stack-id": stack.stack_id,
            "aws:cloudformation:stack-name": stack.name,
        }
        stack.resources.append(("AWS::Lambda::Function", function, "UPDATE_COMPLETE"))

    def begin_run(self) -> None:
        """A run of the janitor begins: it remembers where each function's aliases were when it first asked."""
        self.runs.append(self.now)
        for function in self.functions.values():
            function.looks = 0

    def shown(self, name: str, aliases: Iterable[str]) -> None:
        """These aliases were shown to the janitor."""
        function = self.functions[name]
        for alias in aliases if function.looks == 1 else ():
            numbers = function.live()[alias]
            function.seen.setdefault(alias, {}).update(dict.fromkeys(numbers, self.now))

    def delete(self, function: str, number: int) -> None:
        """The version goes; what protected it is recorded."""
        self.deleted.append((function, number, self.protected(function, number)))
        del self.functions[function].versions[number]

    def refuse(self, name: str, number: int) -> str:
        """Lambda will not delete that version; gives its words. That it was asked is remembered."""
        words = self.stuck[name, number]
        self.refused.append((name, number, self.now, "replica" in words))
        return words

    def left_alone(self, name: str, number: int) -> Iterable[str]:
        """Refusals after which it is too early to ask for that version again."""
        for function, refused, at, edge in self.refused:
            if function == name and (refused == number or not edge):
                days = 7 if refused == number and not edge else 1
                if self.now - at < timedelta(days=days):
                    yield f"{function}:{refused} was refused"

    def protected(self, name: str, number: int) -> tuple[str, ...]:
        """Everything that forbids to delete the version now, in words; empty when it may go."""
        found = [*self._by_itself(name, number), *self._by_name(name, number), *self._by_stack(name, number)]
        return (*found, *self._by_age(name, number), *self._by_tags(name, number), *self.left_alone(name, number))

    def _by_itself(self, name: str, number: int) -> Iterable[str]:
        version = self.functions[name].versions[number]
        if version.state not in ("Active", "Inactive") or version.update == "InProgress":
            yield "state"
        if version.policy:
            yield "policy"
        if version.durable and set(version.executions) & {"RUNNING", "PAUSING", "PAUSED", "DELETING"}:
            yield "durable"
        if version.invoked is not None and self.now - version.invoked <= timedelta(days=14):
            yield "traffic"

    def _by_name(self, name: str, number: int) -> Iterable[str]:
        function, arn = self.functions[name], self.arn(name, number)
        if any(number in numbers for numbers in function.live().values()):
            yield "alias"
        if (name, number) in self.policy.scheduled:
            yield "schedule"
        if arn in self.mappings:
            yield "event-source"
        if self.region == "us-east-1" and any(arn in arns for arns in self.distributions):
            yield "edge"
        if str(number) in function.provisioned:
            yield "provisioned"
        if str(number) in function.invoke_configs:
            yield "invoke-config"
        going = [one for status, one in self.deployments.values() if status not in ("Succeeded", "Failed", "Stopped")]
        if name in going or None in going:
            yield "deployment"

    def _by_stack(self, name: str, number: int) -> Iterable[str]:
        at: str | None = self.functions[name].tags.get("aws:cloudformation:stack-id")
        while at is not None and (stack := self.stacks.get(at)) is not None:
            if stack.status in MOVING:
                yield "stack-busy"
            owned = [status for _, thing, status in stack.resources if thing == self.arn(name, number)]
            if any(status not in ("DELETE_COMPLETE", "DELETE_SKIPPED") for status in owned):
                yield "stack-resource"
            at = stack.parent

    def _by_age(self, name: str, number: int) -> Iterable[str]:
        function = self.functions[name]
        newer = sorted(other for other in function.versions if other > number)
        if len(newer) < self.policy.keep:
            yield "newest"
            return
        seen = [at for places in function.seen.values() for other, at in places.items() if other == number]
        replaced = max([function.versions[newer[0]].published, *seen])
        if self.now - replaced < max(self.policy.min_superseded, _span(function.tags)):
            yield "young"
        if any(self.now - at < self.policy.grace for at in seen):
            yield "just-left"
        if self._rank_among_left(function, number, ties=True) <= self.policy.previously_live:
            yield "previously-live"
        first_runs = [at for at in self.runs if at >= function.versions[number].published]
        if not first_runs or self.now - first_runs[0] < self.policy.grace:
            yield "unmarked"

    def may_stay(self, name: str, number: int) -> bool:
        """Whether the janitor may keep the version for good: it is protected, or it is as good as previously live.

        Where an alias left several versions between two runs, which of them were the last is the janitor's guess.
        """
        function = self.functions[name]
        near = self._rank_among_left(function, number, ties=False) <= self.policy.previously_live
        return near or bool(self.protected(name, number))

    def _rank_among_left(self, function: Function, number: int, *, ties: bool) -> int:
        """The version's best place, from 1, among those that an alias has left; versions that went do not count."""
        ranks = [10_000]
        for alias, current in function.live().items():
            past = {n: at for n, at in function.seen.get(alias, {}).items() if n not in current}
            if number in past:
                present = [at for n, at in past.items() if n in function.versions or ties]
                later = [at for at in present if at > past[number] or (ties and at == past[number])]
                ranks.append(len(later) + (0 if ties else 1))
        return min(ranks)

    def _by_tags(self, name: str, number: int) -> Iterable[str]:
        tags, function = self.functions[name].tags, self.functions[name]
        ours = {key: value for key, value in tags.items() if key.startswith("caretaker:")}
        keep, off, least = (ours.pop(f"caretaker:{key}", None) for key in ("keep", "off", "min-superseded"))
        newer = sum(1 for other in function.versions if other > number)
        if ours or off not in (None, "false"):
            yield "tag"
        if keep is not None and (not keep.isdigit() or int(keep) < 2 or newer < int(keep)):
            yield "tag"
        if least is not None and not (least.endswith("d") and least[:-1].isdigit()):
            yield "tag"


def _span(tags: Mapping[str, str]) -> timedelta:
    text = tags.get("caretaker:min-superseded", "0d")
    return timedelta(days=int(text[:-1])) if text[:-1].isdigit() else timedelta(0)
