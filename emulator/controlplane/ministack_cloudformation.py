"""What ministack's CloudFormation lacks: two properties that it forgets, and a function that conditions cannot read.

What lives here: what `ministack_bridge` runs in ministack's own interpreter, by this file's path. What must not:
anything of this project, which that interpreter cannot import.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

_FORGOTTEN_BY_CLOUDFORMATION = ("ReservedConcurrentExecutions", "DeadLetterConfig")
_CLOUDFORMATION = "ministack.services.cloudformation"
# Each of them has the function under its own name.
_EVALUATING = ("engine", "changesets", "handlers", "stacks")


def keep_properties(functions: Any) -> None:
    """Make CloudFormation keep a function's ReservedConcurrentExecutions and DeadLetterConfig."""
    provisioners = importlib.import_module("ministack.services.cloudformation.provisioners")
    handler = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]  # noqa: SLF001

    def apply(name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        record = functions[name]
        reserved, letters = (new.get(key) for key in _FORGOTTEN_BY_CLOUDFORMATION)
        if reserved is not None:
            record["concurrency"] = int(reserved)
        elif "ReservedConcurrentExecutions" in old:
            record["concurrency"] = None
        if letters:
            record["config"]["DeadLetterConfig"] = letters
        elif "DeadLetterConfig" in old:
            record["config"].pop("DeadLetterConfig", None)

    def applied(act: Callable[..., Any], properties: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*args: Any, **named: Any) -> Any:
            name, attributes = act(*args, **named)
            apply(name, *properties(*args))
            return name, attributes

        return acted

    handler["create"] = applied(handler["create"], lambda _, new, *__: ({}, new))
    handler["update"] = applied(handler["update"], lambda _, old, new, *__: (old, new))


def join_in_conditions(replace: Callable[..., None]) -> None:
    """Let conditions read Fn::Join, which ministack takes for a value of its own there, equal to nothing.

    `replace` is called with module, name, and what makes the new function of the old one.
    """

    def reading(evaluate: Callable[..., Any]) -> Callable[..., Any]:
        def evaluated(template: dict[str, Any], params: Mapping[str, Any]) -> Any:
            return evaluate({**template, "Conditions": _joined(template.get("Conditions", {}), params)}, params)

        return evaluated

    for name in _EVALUATING:
        replace(importlib.import_module(f"{_CLOUDFORMATION}.{name}"), "_evaluate_conditions", reading)


def _joined(value: Any, params: Mapping[str, Any]) -> Any:
    """`value` with each Fn::Join in it answered. A parameter that is a list is its items, with commas between."""
    match value:
        case {"Fn::Join": [str(glue), {"Ref": str(name)}]} if name in params:
            return glue.join(item.strip() for item in str(params[name]["Value"]).split(","))
        case {"Fn::Join": [str(glue), list(items)]}:
            return glue.join(str(_text(item, params)) for item in items)
        case dict():
            return {key: _joined(item, params) for key, item in value.items()}
        case list():
            return [_joined(item, params) for item in value]
    return value


def _text(item: Any, params: Mapping[str, Any]) -> Any:
    match item:
        case {"Ref": str(name)} if name in params:
            return params[name]["Value"]
    return _joined(item, params)
