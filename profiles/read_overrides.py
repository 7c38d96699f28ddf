"""Reads overrides: levels that hold from one absolute local time until another."""

from datetime import datetime

from profiles import bounds, checks, time_checks
from profiles.fields import Fields, open_mapping
from profiles.findings import Findings, did_you_mean, shown
from profiles.model import Mode, Override
from profiles.yaml_nodes import Mapping, Node, Scalar, Sequence

OVERRIDE_KEYS = ("name", "from", "until", "mode", "concurrency", "reason", "ticket", "targets")
_NEVER = datetime(1970, 1, 1)  # noqa: DTZ001 - stands in for a wall time with a mistake


def read_overrides(service: Fields, ceiling: int) -> tuple[Override, ...]:
    """The overrides of a service's file."""
    node = service.node("overrides")
    if node is None:
        return ()
    functions = _functions(service.node("targets"), guessed="targets" in service.guessed)
    found = (
        _override(item, path, service.findings, ceiling, functions)
        for item, path in checks.items(node, "overrides", service.findings)
    )
    return tuple(override for override in found if override is not None)


def _override(node: Node, path: str, findings: Findings, ceiling: int, functions: set[str] | None) -> Override | None:
    fields = open_mapping(node, path, findings, OVERRIDE_KEYS)
    if fields is None:
        return None
    fields.require("name", "from", "until", "mode", "concurrency", "reason", "ticket")
    starts, ends = _span(fields)
    return Override(
        name=fields.read("name", checks.name, ""),
        starts=starts,
        ends=ends,
        mode=fields.read("mode", checks.member(Mode), Mode.SET),
        concurrency=fields.read("concurrency", checks.level(ceiling), 0),
        reason=fields.read("reason", checks.text, ""),
        ticket=fields.read("ticket", checks.text, ""),
        targets=_targets(fields, functions),
        line=node.line,
        column=node.column,
    )


def _span(fields: Fields) -> tuple[datetime, datetime]:
    starts, ends = fields.maybe("from", time_checks.local_time), fields.maybe("until", time_checks.local_time)
    until = fields.node("until")
    if starts is None or ends is None or until is None:
        return _NEVER, _NEVER
    if ends <= starts:
        fields.findings.error(until, "E109", f"{fields.at('until')}: {ends:%Y-%m-%dT%H:%M} is not after from")
    elif ends - starts > bounds.LONGEST_OVERRIDE:
        message = f"{fields.at('until')}: {(ends - starts).days} days after from; an override lasts 31 days at most"
        fields.findings.error(until, "E302", message)
    return starts, ends


def _targets(fields: Fields, functions: set[str] | None) -> tuple[str, ...] | None:
    node = fields.node("targets")
    if node is None:
        return None

    def known(item: Node, path: str, findings: Findings) -> str | None:
        found = checks.text(item, path, findings)
        if found is not None and functions is not None and found not in functions:
            hint = did_you_mean(found, functions) or "; name a function as in targets"
            findings.error(item, "E203", f"{path}: no target {shown(found)}{hint}")
        return found

    if isinstance(node, Sequence) and not node.items:
        fields.findings.error(node, "E102", f"{fields.at('targets')}: the list is empty; leave the key out for all")
    return tuple(fields.read("targets", checks.many(known), []))


def _functions(node: Node | None, *, guessed: bool) -> set[str] | None:
    """The functions as targets name them, bare names too; taken from the text, so that a bad target counts as well.

    None when `targets` itself has a mistake, so that no name can be checked.
    """
    found: set[str] = set()
    if guessed or (node is not None and not isinstance(node, Sequence)):
        return None
    for item in node.items if node is not None else ():
        for key, value in item.entries if isinstance(item, Mapping) else ():
            if key.text == "function" and isinstance(value, Scalar):
                found.update((value.text, value.text.rsplit(":", 1)[-1]))
    return found
