"""CloudFormation stacks: the adapter of `fleet.uses.Stacks`. Reads only."""

import re
from collections.abc import Mapping
from typing import Any

from fleet.aws.asking import Asking, no_such_stack
from fleet.model import VersionNumber
from fleet.uses import Stack, StackContents

_NEXT = ("NextToken", "NextToken")
# A resource in such a state is no longer the stack's: it was deleted, or left behind on purpose.
_GONE = {"DELETE_COMPLETE", "DELETE_SKIPPED"}
_VERSION_ARN = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:(?P<name>[^:]+):(?P<number>[1-9][0-9]*)", re.ASCII)
_Item = Mapping[str, Any]


class AwsStacks:
    """The Stacks port over one CloudFormation client."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def stack(self, stack_id: str) -> Stack | None:
        """The stack as it is now; None when CloudFormation does not know it."""
        reply = self._asking.one("DescribeStacks", {"StackName": stack_id}, absent=no_such_stack)
        if reply is None:
            return None
        return self._asking.understood("DescribeStacks", lambda: _stack(reply["Stacks"]))

    def contents(self, stack_id: str) -> StackContents:
        """What the stack holds now, all pages; nothing when there is no such stack."""
        operation = "ListStackResources"
        pages = self._asking.pages(operation, {"StackName": stack_id}, token=_NEXT, absent=no_such_stack)
        return self._asking.understood(operation, lambda: _contents([one for page in pages for one in _items(page)]))


def _items(page: _Item) -> list[_Item]:
    return [item for item in page["StackResourceSummaries"] if item["ResourceStatus"] not in _GONE]


def _stack(found: list[_Item]) -> Stack:
    if len(found) != 1:
        raise ValueError(f"{len(found)} stacks in place of one")
    item = found[0]
    return Stack(
        stack_id=str(item["StackId"]),
        name=str(item["StackName"]),
        status=str(item["StackStatus"]),
        parent_id=item.get("ParentId"),
        root_id=item.get("RootId"),
        tags=tuple((str(tag["Key"]), str(tag["Value"])) for tag in item.get("Tags") or ()),
    )


def _is_custom(kind: str) -> bool:
    return kind == "AWS::CloudFormation::CustomResource" or kind.startswith("Custom::")


def _contents(items: list[_Item]) -> StackContents:
    ids = [(str(item["ResourceType"]), str(item.get("PhysicalResourceId") or "")) for item in items]
    versions = [match for _, text in ids if (match := _VERSION_ARN.fullmatch(text)) is not None]
    return StackContents(
        functions=frozenset(text for kind, text in ids if kind == "AWS::Lambda::Function" and text),
        versions=frozenset((match["name"], VersionNumber.parse(match["number"])) for match in versions),
        stacks=frozenset(text for kind, text in ids if kind == "AWS::CloudFormation::Stack" and text),
        custom=frozenset(str(item["LogicalResourceId"]) for item in items if _is_custom(str(item["ResourceType"]))),
    )
