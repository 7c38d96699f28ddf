"""Which environment of samconfig.toml deploys the stack looked at, and mends that say so. Reads that one file only.

Plain `make deploy` is the environment `default`, and so another stack than most that are looked at.
"""

import tomllib
from pathlib import Path
from typing import Any

from cli.doctor.facts import Facts
from fleet.deployed import Unread

_DEFAULT = "default"
_FILE = "samconfig.toml"


def environments_of(stack: str, folder: Path) -> tuple[str, ...]:
    """The environments in the samconfig.toml of `folder` that deploy that stack, plain `make deploy`'s first.

    None where there is no such file, or where it is not one that sam understands.
    """
    try:
        document = tomllib.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    found = [name for name, commands in document.items() if _stack_name(commands) == stack]
    return tuple(sorted(found, key=lambda name: name != _DEFAULT))


def _stack_name(commands: Any) -> Any:
    """What an environment calls its stack; a command's own parameters win over those of all commands."""
    deploy, every = _parameters(commands, "deploy"), _parameters(commands, "global")
    return None if deploy is None else {**(every or {}), **deploy}.get("stack_name")


def _parameters(commands: Any, command: str) -> dict[str, Any] | None:
    table = commands.get(command) if isinstance(commands, dict) else None
    parameters = table.get("parameters") if isinstance(table, dict) else None
    return parameters if isinstance(parameters, dict) else None


def make_deploy(facts: Facts, arguments: str = "") -> str:
    """The command that deploys the stack looked at, with these variables of make."""
    plain = f"make deploy {arguments}".rstrip()
    if not facts.environments:
        return f'{plain} ARGS="--stack-name {_name(facts)}"'
    first, *others = facts.environments
    command = plain if first == _DEFAULT else f"make deploy ENV={first} {arguments}".rstrip()
    return f"{command}{_or_with(others)}"


def _or_with(others: list[str]) -> str:
    named = " or ".join(f"ENV={name}" for name in others)
    return f" (with {named} if you deploy it so)" if others else ""


def in_samconfig(facts: Facts, name: str, value: str) -> str:
    """How a parameter is set for good, in words: a line of samconfig.toml as sam understands it, and the deployment.

    Source: AWS SAM developer guide, "AWS SAM CLI configuration file"; a value with spaces stands in quotes of its own.
    """
    quoted = f'\\"{value}\\"' if " " in value else value
    line = f'set parameter_overrides = "{name}={quoted}" in {_FILE}'
    if not facts.environments:
        return (
            f'{line}, under [<env>.deploy.parameters] of an environment whose stack_name is "{_name(facts)}", which '
            "the file here does not have, then make deploy ENV=<env>"
        )
    first, *others = facts.environments
    there = "".join(f"; under [{each}.deploy.parameters] instead if you deploy with ENV={each}" for each in others)
    deploy = "make deploy" if first == _DEFAULT else f"make deploy ENV={first}"
    return f"{line}, under [{first}.deploy.parameters] beside what it sets there, then {deploy}{there}"


def _name(facts: Facts) -> str:
    return "<stack>" if isinstance(facts.stack, Unread) else facts.stack.name
