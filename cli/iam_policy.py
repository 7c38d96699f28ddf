"""What the warmer must be allowed to do for the targets of some schedules, as IAM policies. Pure.

What lives here: which action on which ARN, and how many of them fit into a policy. What must not: YAML, files, and any
permission that no target needs.

Lambda checks a request with a qualifier against the ARN with that qualifier, `$LATEST` included, but GetAlias against
the function's own ARN, whatever the alias is.
Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Lambda"; AWS's notice of
January 2022 on qualified ARNs, as quoted in https://github.com/aws/aws-cdk/issues/19273.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from fleet.model import LATEST, FunctionRef, VersionNumber
from profiles.model import ScheduleSet

# Source: IAM user guide, "IAM and AWS STS quotas": a managed policy has at most 6,144 characters, white space not
# counted, and a role 10 of them unless the account's quota was raised.
MOST_CHARACTERS = 6144
POLICIES_OF_A_ROLE = 10
# One is left free, for what a company adds to every role.
MOST_POLICIES = POLICIES_OF_A_ROLE - 1

# Qualifiers of one function that stay together; so many fit, whatever they are called.
_TOGETHER = 15

_PING = ("lambda:InvokeFunction", "lambda:GetFunction")
_PING_PUBLISHED = (*_PING, "lambda:GetProvisionedConcurrencyConfig")
_READ = ("lambda:GetFunction", "lambda:GetFunctionConcurrency")
_READ_ALIASES = (*_READ, "lambda:GetAlias")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where functions are that a schedule calls by their bare names."""

    partition: str
    region: str
    account: str

    def arn(self, function: str, qualifier: str = "") -> str:
        """The ARN of a function as a schedule names it: a name, `account:function:name`, or an ARN, kept as it is."""
        end = f":{qualifier}" if qualifier else ""
        if function.startswith("arn:"):
            return f"{function}{end}"
        own = function if ":function:" in function else f"{self.account}:function:{function}"
        return f"arn:{self.partition}:lambda:{self.region}:{own}{end}"


# As CloudFormation fills it in; and the longest that it can become, which sizes are measured with.
STACK = Place(partition="${AWS::Partition}", region="${AWS::Region}", account="${AWS::AccountId}")
LONGEST = Place(partition="aws-iso-f", region="us-isof-south-1", account="1" * 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person may choose: names to be granted by pattern, and aliases `exact`, for who gives them no weights."""

    patterns: tuple[str, ...] = ()
    exact: bool = False


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What one function's targets need: `asked` are pairs of a service and the qualifier that it names."""

    function: str
    asked: tuple[tuple[str, str], ...]
    exact: bool = False

    @property
    def qualifiers(self) -> tuple[str, ...]:
        """As the schedules have them, each once."""
        return tuple(sorted({qualifier for _, qualifier in self.asked}))

    def asked_by(self, end: str) -> str:
        """Who asks for an ARN with this end, as in "shop: live, beta; tax: live"."""
        by_service: dict[str, set[str]] = {}
        for service, qualifier in sorted(self.asked):
            if end in ("*", qualifier):
                by_service.setdefault(service, set()).add(qualifier)
        return "; ".join(f"{service}: {', '.join(sorted(found))}" for service, found in by_service.items())

    @property
    def by_alias(self) -> bool:
        """Whether any qualifier is an alias."""
        return any(each != LATEST and VersionNumber.parse_or_none(each) is None for each in self.qualifiers)

    @property
    def any_version(self) -> bool:
        """Whether it takes a pattern: behind an alias there may be any version."""
        return self.by_alias and not self.exact

    @property
    def published(self) -> tuple[str, ...]:
        """What an ARN ends with to mean the aliases and versions to ping.

        An alias with weights is pinged by the numbers of the versions behind it, and so is what a deployment brings.
        IAM has no pattern for numbers, so that an alias needs `*`. It adds `$LATEST` and no more: other aliases lead
        to versions as well.
        """
        return ("*",) if self.any_version else tuple(each for each in self.qualifiers if each != LATEST)

    @property
    def latest(self) -> tuple[str, ...]:
        """`$LATEST`, where it is a target and not covered by `published`."""
        return (LATEST,) if LATEST in self.qualifiers and not self.any_version else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One statement, without the place of its functions: `on` are pairs of a function and the end of its ARN."""

    sid: str
    actions: tuple[str, ...]
    on: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The functions that share one managed policy."""

    needs: tuple[Needs, ...]

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Its statements; one that nothing needs is left out."""
        named, plain = [n for n in self.needs if n.by_alias], [n for n in self.needs if not n.by_alias]
        every = (
            Grant(sid="PingTargets", actions=_PING_PUBLISHED, on=_pairs(self.needs, lambda n: n.published)),
            Grant(sid="PingLatest", actions=_PING, on=_pairs(self.needs, lambda n: n.latest)),
            Grant(sid="ReadAliasesAndLimits", actions=_READ_ALIASES, on=_pairs(named, lambda _: ("",))),
            Grant(sid="ReadLimits", actions=_READ, on=_pairs(plain, lambda _: ("",))),
        )
        return tuple(grant for grant in every if grant.on)

    def document(self, place: Place) -> dict[str, Any]:
        """The policy as IAM takes it, for functions in `place`."""
        statements = [
            {
                "Sid": grant.sid,
                "Effect": "Allow",
                "Action": list(grant.actions),
                "Resource": [place.arn(function, end) for function, end in grant.on],
            }
            for grant in self.grants
        ]
        return {"Version": "2012-10-17", "Statement": statements}


def _pairs(needs: Iterable[Needs], ends: Callable[[Needs], tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    return tuple((each.function, end) for each in needs for end in ends(each))


def characters(document: Mapping[str, Any]) -> int:
    """What IAM counts of a policy document: everything but white space."""
    return len(json.dumps(document, separators=(",", ":")))


def needs_of(schedules: ScheduleSet, wishes: Wishes = NO_WISHES) -> tuple[Needs, ...]:
    """What the warmer needs for every target, by function, in order of their names.

    Switched off, on a dry run, left to provisioned concurrency: each is granted all the same, because a switch in a
    schedule must not need another deployment. Bare names that match a pattern of `wishes` share its grant.
    """
    asked: dict[str, list[tuple[str, str]]] = {}
    for service in schedules.services:
        for target in service.targets:
            key = _key(target.function, wishes.patterns)
            asked.setdefault(key, []).append((service.name, target.qualifier))
    return tuple(one for function, found in sorted(asked.items()) for one in _needs(function, found, wishes))


def _key(function: FunctionRef, patterns: Sequence[str]) -> str:
    bare = function.text == function.name
    matching = (pattern for pattern in patterns if bare and fnmatchcase(function.name, pattern))
    return next(matching, function.text)


def _needs(function: str, asked: Sequence[tuple[str, str]], wishes: Wishes) -> tuple[Needs, ...]:
    """A function's needs as one value; as several where it has too many qualifiers for one policy."""
    whole = Needs(function=function, asked=tuple(asked), exact=wishes.exact)
    if whole.any_version or len(whole.qualifiers) <= _TOGETHER:
        return (whole,)
    parts = (whole.qualifiers[at : at + _TOGETHER] for at in range(0, len(whole.qualifiers), _TOGETHER))
    return tuple(replace(whole, asked=tuple(one for one in asked if one[1] in part)) for part in parts)


def policies_for(needs: Sequence[Needs], place: Place = LONGEST) -> tuple[Policy, ...]:
    """As few policies as hold the needs in their order, each small enough for IAM in `place`."""
    packed: list[Policy] = []
    for each in needs:
        wider = Policy(needs=(*packed[-1].needs, each)) if packed else None
        if wider is not None and characters(wider.document(place)) <= MOST_CHARACTERS:
            packed[-1] = wider
        else:
            packed.append(Policy(needs=(each,)))
    return tuple(packed)
