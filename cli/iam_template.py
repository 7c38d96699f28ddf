"""The block of template.yaml that `caretaker iam` makes: its lines, and its place between two comments. Pure.

What lives here: text. It never parses the template, so that every other byte of it stays as it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cli.iam_policy import STACK, Grant, Needs, Policy, Wishes

BEGIN, END = "# begin caretaker iam", "# end caretaker iam"
# Lines that a person may write into the block, and that stay there.
BY_PATTERN, EXACT = "# by pattern:", "# aliases without weights"

_PATTERN = re.compile(r"[A-Za-z0-9_*?-]{1,140}")


class BlockUnusable(ValueError):  # noqa: N818 - says what was found
    """The template has no place for the block, or an unusable one. The message says where and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The block in a template: what stands before, inside and after, byte for byte."""

    before: str
    inside: str
    after: str
    indent: str
    newline: str

    @property
    def wishes(self) -> Wishes:
        """What a person wrote into the block to stay there. Raises: BlockUnusable."""
        lines = [line.strip() for line in self.inside.splitlines()]
        said = [line.removeprefix(BY_PATTERN) for line in lines if line.startswith(BY_PATTERN)]
        patterns = tuple(one.strip() for line in said for one in line.split(",") if one.strip())
        for pattern in patterns:
            if _PATTERN.fullmatch(pattern) is None or not pattern.strip("*?"):
                raise BlockUnusable(
                    f'"{BY_PATTERN} {pattern}": a pattern is a function\'s name with * or ? in it, such as shop-*'
                )
        return Wishes(patterns=patterns, exact=EXACT in lines)

    def holding(self, lines: Sequence[str]) -> str:
        """The template's text with these lines as its block; an empty line takes no indent."""
        inside = "".join(f"{self.indent if line else ''}{line}{self.newline}" for line in lines)
        return f"{self.before}{inside}{self.after}"


def find_block(text: str) -> Found:
    """The block in a template's text. Raises: BlockUnusable when there is not exactly one."""
    lines = text.splitlines(keepends=True)
    begins = [at for at, line in enumerate(lines) if line.strip().startswith(BEGIN)]
    ends = [at for at, line in enumerate(lines) if line.strip().startswith(END)]
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise BlockUnusable(
            f'found {len(begins)} lines "{BEGIN}" and {len(ends)} lines "{END}"; '
            "under Resources there must be one of each, in this order"
        )
    first, last = begins[0], ends[0]
    begin = lines[first]
    return Found(
        before="".join(lines[: first + 1]),
        inside="".join(lines[first + 1 : last]),
        after="".join(lines[last:]),
        indent=begin[: len(begin) - len(begin.lstrip())],
        newline="\r\n" if begin.endswith("\r\n") else "\n",
    )


def block_lines(policies: Sequence[Policy], wishes: Wishes) -> list[str]:
    """The lines of the block, without its indent: one managed policy of the warmer's role after the other."""
    lines = [EXACT] if wishes.exact else []
    lines += [f"{BY_PATTERN} {', '.join(wishes.patterns)}"] if wishes.patterns else []
    for number, policy in enumerate(policies, start=1):
        if lines:
            lines.append("")
        lines += _resource(number, policy)
    return lines


def _resource(number: int, policy: Policy) -> list[str]:
    head = [
        f"WarmerTargets{number}:",
        "  Type: AWS::IAM::ManagedPolicy",
        "  Properties:",
        "    Description: What Caretaker's warmer may invoke and read. Made from its schedules.",
        "    Roles: [!Ref WarmerRole]",
        "    PolicyDocument:",
        '      Version: "2012-10-17"',
        "      Statement:",
    ]
    said = {(each.function, end): each for each in policy.needs for end in (*each.published, *each.latest)}
    return head + [f"        {line}" for grant in policy.grants for line in _statement(grant, said)]


def _statement(grant: Grant, said: dict[tuple[str, str], Needs]) -> list[str]:
    head = [
        f"- Sid: {grant.sid}",
        "  Effect: Allow",
        f"  Action: [{', '.join(grant.actions)}]",
        "  Resource:",
    ]
    return head + [f"    - {_arn(*pair)}{_comment(said.get(pair), pair[1])}" for pair in grant.on]


def _arn(function: str, end: str) -> str:
    arn = STACK.arn(function, end)
    return f"!Sub {arn}" if "${" in arn else arn


def _comment(needs: Needs | None, end: str) -> str:
    return f"  # {needs.asked_by(end)}" if needs else ""
