"""`template.yaml` as plain values, and its intrinsic functions answered as CloudFormation would in one account.

What lives here: reading. What must not: opinions about the template, which are the tests.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fleet.policy import decide, statements_of

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
FUNCTIONS = ["WarmerFunction", "JanitorFunction"]
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:"
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "caretaker",
    "AWS::NoValue": None,
}


class _Loader(yaml.SafeLoader):
    pass


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
            return {"Fn::GetAtt": value.split(".")} if suffix == "GetAtt" else {_long_form(suffix): value}
        case yaml.SequenceNode():
            return {_long_form(suffix): loader.construct_sequence(node, deep=True)}
    raise AssertionError(f"!{suffix} on a mapping")


def _long_form(suffix: str) -> str:
    return suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"


_Loader.add_multi_constructor("!", _short_form)


def read_template(path: Path = TEMPLATE) -> dict[str, Any]:
    """The template, every `!Short` form written out as `{"Fn::Short": …}`."""
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    return found


class Stack:
    """The template with every parameter at its default, or at what `overrides` says."""

    def __init__(self, template: Mapping[str, Any], **overrides: Any) -> None:
        self.template = template
        defaults = {name: declared.get("Default") for name, declared in template["Parameters"].items()}
        self.parameters = {**defaults, **overrides}

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Logical id → properties with all functions answered, of the resources of one kind that this stack has."""
        found = {}
        for name, resource in self.template["Resources"].items():
            if resource["Type"] == kind and self._holds(resource.get("Condition")):
                found[name] = self.answer(resource.get("Properties", {}))
        return found

    def function(self, name: str) -> dict[str, Any]:
        """A function's properties over those of Globals, answered."""
        own = self.resources("AWS::Serverless::Function")[name]
        shared = self.answer(self.template["Globals"]["Function"])
        variables = {**shared["Environment"]["Variables"], **own.get("Environment", {}).get("Variables", {})}
        return {**shared, **own, "Environment": {"Variables": variables}}

    def answer(self, value: Any) -> Any:
        """`value` with its functions answered; what is NoValue is left out."""
        if isinstance(value, list):
            return [item for item in map(self.answer, value) if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (set(value) == {"Ref"} or next(iter(value)).startswith("Fn::")):
            return self._function(value)
        answered = {key: self.answer(item) for key, item in value.items()}
        return {key: item for key, item in answered.items() if item is not None}

    def _function(self, value: Mapping[str, Any]) -> Any:
        match value:
            case {"Ref": str(name)}:
                return self._ref(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._attribute(name, attribute)
            case {"Fn::If": [str(condition), yes, no]}:
                return self.answer(yes if self._holds(condition) else no)
        return self._text(value)

    def _text(self, value: Mapping[str, Any]) -> Any:
        match value:
            case {"Fn::Sub": str(text)}:
                return self._filled(text, {})
            case {"Fn::Sub": [str(text), dict(names)]}:
                return self._filled(text, self.answer(names))
            case {"Fn::Join": [str(glue), parts]}:
                return glue.join(self.answer(parts))
            case {"Fn::Split": [str(at), text]}:
                return self.answer(text).split(at)
            case {"Fn::Select": [int(index), items]}:
                return self.answer(items)[index]
        raise AssertionError(f"a function that this reader does not know: {value}")

    def _filled(self, text: str, names: Mapping[str, str]) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda found: names.get(found[1]) or self._named(found[1]), text)

    def _holds(self, name: str | None) -> bool:
        return name is None or self.holds(self.template["Conditions"][name])

    def holds(self, condition: Mapping[str, Any]) -> bool:
        """Whether a condition, as the template writes it, is true in this stack."""
        match condition:
            case {"Fn::Equals": [left, right]}:
                return bool(self.answer(left) == self.answer(right))
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::Or": inners}:
                return any(self.holds(inner) for inner in inners)
            case {"Fn::And": inners}:
                return all(self.holds(inner) for inner in inners)
            case {"Condition": str(name)}:
                return self._holds(name)
        raise AssertionError(f"a condition that this reader does not know: {condition}")

    def _ref(self, name: str) -> Any:
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name not in self.parameters:
            return name
        declared = self.template["Parameters"][name]["Type"]
        value = self.parameters[name]
        return value.split(",") if declared == "CommaDelimitedList" else value

    def _attribute(self, name: str, attribute: str) -> str:
        kind = self.template["Resources"].get(name, {}).get("Type")
        is_function = kind in {"AWS::Serverless::Function", "AWS::Lambda::Function"} and attribute == "Arn"
        return f"{LAMBDA}{name}" if is_function else f"{name}.{attribute}"

    def _named(self, text: str) -> str:
        name, _, attribute = text.partition(".")
        return self._attribute(name, attribute) if attribute else str(self._ref(name))


def statements(stack: Stack, role: str) -> list[dict[str, Any]]:
    """Every policy statement that `role` has in this stack."""
    kinds = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    every = [policy for kind in kinds for policy in stack.resources(kind).values()]
    attached = [policy for policy in every if role in policy["Roles"]]
    return [statement for policy in attached for statement in policy["PolicyDocument"]["Statement"]] + inline(
        stack, role
    )


def inline(stack: Stack, role: str) -> list[dict[str, Any]]:
    """The statements that `role` has from the moment it exists."""
    policies = stack.resources("AWS::IAM::Role")[role]["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def listed(value: Any) -> list[Any]:
    """One item or many, as a list."""
    return value if isinstance(value, list) else [value]


def may(granted: list[dict[str, Any]], action: str, resource: str) -> bool:
    """Whether IAM would allow `action` on `resource`."""
    return decide(statements_of({"Statement": granted}), action, resource).allowed
