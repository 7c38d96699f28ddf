"""IAM policies as values, and what they decide. Pure: no AWS, no reading of roles.

What lives here: identity-based policies of one account, as roles have them, and the boundary of a role. What must not:
resource policies, service control policies and sessions, which only IAM itself knows.

Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements reference".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# What a request says of itself beside action and resource, such as {"dynamodb:LeadingKeys": ("boosts",)}.
Context = Mapping[str, Sequence[str]]
_EVERY, _NONE_IS_FINE = "ForAllValues:", "IfExists"


class PolicyError(ValueError):
    """A policy document that IAM would not take. The message says what was found where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. `actions` and `resources` are patterns with `*` and `?`; `not_…`: all but those."""

    allows: bool
    sid: str | None
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_actions: bool = False
    not_resources: bool = False
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def speaks_of(self, action: str, resource: str) -> bool:
        """Whether action and resource match, conditions aside. Actions match in any letter case, resources do not."""
        acts = any(_like(pattern.lower(), action.lower()) for pattern in self.actions) is not self.not_actions
        return acts and any(_like(pattern, resource) for pattern in self.resources) is not self.not_resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a request is allowed, the statement that decided, and why in a sentence. `bounded`: but for a permissions
    boundary it would be.
    """

    allowed: bool
    by: Statement | None
    reason: str
    bounded: bool = False


def statements_of(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """The statements of a policy document as IAM stores it. Raises: PolicyError."""
    found = document.get("Statement", [])
    listed = [found] if isinstance(found, Mapping) else found
    if not isinstance(listed, list):
        raise PolicyError(f'"Statement" is {type(found).__name__}, neither an object nor a list')
    return tuple(_statement(number, each) for number, each in enumerate(listed, start=1))


def decide(
    statements: Iterable[Statement],
    action: str,
    resource: str,
    context: Context | None = None,
    *,
    bounds: Iterable[Statement] | None = None,
) -> Decision:
    """What the policies say of `action` (such as "lambda:InvokeFunction") on `resource`, an ARN or "*".

    A deny that matches wins; without an allow that matches, the answer is no. A condition that cannot be judged makes
    an allow not match and a deny match. What is allowed must be so by the permissions boundary's statements as well,
    where there are `bounds`. Source: IAM user guide, "Permissions boundaries for IAM entities".
    """
    decision = _decide(statements, action, resource, context)
    if bounds is None or not decision.allowed:
        return decision
    bound = _decide(bounds, action, resource, context)
    if bound.allowed:
        return decision
    why = (
        f"no permissions boundary allows the {action} action"
        if bound.by is None
        else "its permissions boundary denies it"
    )
    return Decision(allowed=False, by=bound.by, reason=f"because {why}", bounded=True)


def _decide(statements: Iterable[Statement], action: str, resource: str, context: Context | None) -> Decision:
    speaking = [one for one in statements if one.speaks_of(action, resource)]
    known = context or {}
    denying = next((one for one in speaking if not one.allows and _holds(one, known, unjudged=True)), None)
    if denying is not None:
        return Decision(allowed=False, by=denying, reason=f"with an explicit deny{_named(denying)}")
    allowing = next((one for one in speaking if one.allows and _holds(one, known, unjudged=False)), None)
    if allowing is not None:
        return Decision(allowed=True, by=allowing, reason=f"allowed{_named(allowing)}")
    return Decision(allowed=False, by=None, reason=f"because no identity-based policy allows the {action} action")


def _named(statement: Statement) -> str:
    return f" by statement {statement.sid}" if statement.sid else ""


def _statement(number: int, found: Any) -> Statement:
    if not isinstance(found, Mapping) or found.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f'statement {number} has no "Effect" of "Allow" or "Deny"')
    action, resource = _either(number, found, "Action"), _either(number, found, "Resource")
    return Statement(
        allows=found["Effect"] == "Allow",
        sid=found.get("Sid"),
        actions=_texts(found[action]),
        resources=_texts(found[resource]),
        not_actions=action.startswith("Not"),
        not_resources=resource.startswith("Not"),
        conditions=tuple(
            (operator, key, _texts(wanted))
            for operator, pairs in found.get("Condition", {}).items()
            for key, wanted in pairs.items()
        ),
    )


def _either(number: int, found: Mapping[str, Any], name: str) -> str:
    present = [key for key in (name, f"Not{name}") if key in found]
    if len(present) != 1:
        raise PolicyError(f'statement {number} must have "{name}" or "Not{name}", one of them')
    return present[0]


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _holds(statement: Statement, context: Context, *, unjudged: bool) -> bool:
    judged = [_condition(operator, key, wanted, context) for operator, key, wanted in statement.conditions]
    return all(unjudged if one is None else one for one in judged)


def _condition(operator: str, key: str, wanted: tuple[str, ...], context: Context) -> bool | None:
    """Whether one condition holds; None when its operator is none of those known here."""
    every = operator.startswith(_EVERY)
    name = operator.removeprefix(_EVERY)
    lenient = name.endswith(_NONE_IS_FINE)
    name = name.removesuffix(_NONE_IS_FINE)
    if name not in {"StringEquals", "StringLike", "ArnEquals", "ArnLike"}:
        return None
    found = next((values for known, values in context.items() if known.lower() == key.lower()), ())
    if not found:
        return every or lenient
    matches = [any(want == one if name == "StringEquals" else _like(want, one) for want in wanted) for one in found]
    return all(matches) if every else any(matches)


def _like(pattern: str, text: str) -> bool:
    return _regex(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern), re.DOTALL)
