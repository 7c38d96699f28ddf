"""YAML text to a tree of nodes that know their line and column: the restricted loader of the schedule language.

The only implicit types are null, true/false, integers and floats of YAML 1.2. Anchors, aliases, merge keys, tags and
second documents are mistakes. Built from the parser's events, so nothing is expanded, nothing recurses, and depth and
size are bounded. What a schedule means lives in `reader`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from profiles import bounds
from profiles.findings import Findings, Place

MAX_BYTES = bounds.MOST_FILE_BYTES
MAX_DEPTH = bounds.MAX_DEPTH
MAX_NODES = 100_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Source: YAML 1.2.2, section 5.1, the printable characters.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Source: YAML 1.2.2, section 10.3.2, the core schema's tag resolution.
_INT = re.compile(r"[-+]?[0-9]{1,300}")
_OTHER_INT = re.compile(r"0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), float("inf")),
    "-.inf": float("-inf"),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


@dataclass(slots=True)
class Scalar(Place):
    """A text, a number, true, false or null; `text` as written, without quotes."""

    text: str
    quoted: bool

    @property
    def value(self) -> str | int | float | bool | None:
        """The value under YAML 1.2's core schema: `22:30` is text, not 1350."""
        if self.quoted:
            return self.text
        if self.text in _WORDS:
            return _WORDS[self.text]  # type: ignore[no-any-return]
        if _INT.fullmatch(self.text):
            return int(self.text)
        if _OTHER_INT.fullmatch(self.text):
            return int(self.text, 0)
        if _FLOAT.fullmatch(self.text):
            return float(self.text)
        return self.text


@dataclass(slots=True)
class BrokenKey(Scalar):
    """Stands where a key is no text; that is reported already, and its value is passed over."""


@dataclass(slots=True)
class Sequence(Place):
    """A list."""

    items: list["Node"]


@dataclass(slots=True)
class Mapping(Place):
    """A mapping, its entries in the order of the file; repeated keys are still there."""

    entries: list[tuple[Scalar, "Node"]]


@dataclass(slots=True)
class Broken(Place):
    """Stands where a mistake is reported already: every check passes it over in silence."""


Node = Scalar | Sequence | Mapping | Broken


def parse(data: bytes, findings: Findings) -> Node | None:
    """The tree of one file's bytes; None when it cannot be read as YAML at all, with the mistake in `findings`."""
    text = _decoded(data, findings)
    if text is None:
        return None
    builder = _Builder(findings)
    try:
        for event in _events(text):
            if not builder.take(event):
                return None
    except yaml.MarkedYAMLError as error:
        findings.error(_mark(error.problem_mark), "E001", _syntax(error, text))
        return None
    except yaml.YAMLError as error:
        findings.error(Place(line=1, column=1), "E001", f"not valid YAML: {error}")
        return None
    if builder.root is None or (isinstance(builder.root, Scalar) and builder.root.value is None):
        findings.error(Place(line=1, column=1), "E001", "the file is empty; a schedule begins with `version: 1`")
        return None
    return builder.root


def plain(node: Node) -> Any:
    """The node as plain Python data, for a payload. Depth is bounded by MAX_DEPTH."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key.text: plain(value) for key, value in node.entries}
        case Broken():
            return None


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=_LOADER)


def _decoded(data: bytes, findings: Findings) -> str | None:
    if len(data) > MAX_BYTES:
        message = f"the file has more than {MAX_BYTES:,} bytes; split the service"
        findings.error(Place(line=1, column=1), "E001", message)
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_in(data[: error.start].decode("utf-8-sig", "replace"))
        message = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        findings.error(place, "E001", message)
        return None
    odd = _UNPRINTABLE.search(text)
    if odd is not None:
        message = f"the character U+{ord(odd[0]):04X} is not allowed; this is not a text file, or one with a slip in it"
        findings.error(_place_in(text[: odd.start()]), "E001", message)
        return None
    return text


def _place_in(before: str) -> Place:
    line = before.count("\n") + 1
    return Place(line=line, column=len(before) - (before.rfind("\n") + 1) + 1)


def _mark(mark: Any) -> Place:
    if mark is None:
        return Place(line=1, column=1)
    return Place(line=mark.line + 1, column=mark.column + 1)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> str:
    place = _mark(error.problem_mark)
    lines = text.splitlines()
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if line[place.column - 1 : place.column] == "\t":
        return "a tab where YAML wants spaces; indent with spaces only"
    if error.context is None or error.context_mark is None:
        return f"not valid YAML: {error.problem}"
    return f"not valid YAML: {error.problem} {error.context} that begins in line {error.context_mark.line + 1}"


class _Builder:
    """Puts events together into one tree, without recursion."""

    def __init__(self, findings: Findings) -> None:
        self.root: Node | None = None
        self._findings = findings
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Scalar | None] = []
        self._nodes = 0
        self._documents = 0

    def take(self, event: Any) -> bool:
        """Add one event; False when the file is not worth reading on."""
        match event:
            case yaml.ScalarEvent():
                node = Scalar(**_at(event), text=event.value, quoted=bool(event.style))
                return self._add(node, event)
            case yaml.SequenceStartEvent():
                return self._add(Sequence(**_at(event), items=[]), event)
            case yaml.MappingStartEvent():
                return self._add(Mapping(**_at(event), entries=[]), event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._open.pop()
                self._keys.pop()
            case yaml.AliasEvent():
                if not self._is_merge_value():
                    self._refuse(event, f"the alias *{event.anchor} is not allowed; write the value out")
                return self._place(Broken(**_at(event)))
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._refuse(event, "a second document begins here; one file holds one service")
                    return False
        return True

    def _add(self, node: Scalar | Sequence | Mapping, event: Any) -> bool:
        if event.anchor is not None:
            self._refuse(event, f"the anchor &{event.anchor} is not allowed; write values out where they are used")
        if event.tag is not None:
            self._refuse(event, f"the tag {_short_tag(event.tag)} is not allowed; write the plain value")
        standing: Node = Broken(**_at(event)) if event.tag is not None else node
        if not self._place(standing):
            return False
        if not isinstance(node, Scalar):
            if len(self._open) >= MAX_DEPTH:
                self._findings.error(node, "E001", f"nested more than {MAX_DEPTH} levels deep")
                return False
            self._open.append(node)
            self._keys.append(None)
        return True

    def _place(self, node: Node) -> bool:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._findings.error(node, "E001", f"more than {MAX_NODES:,} values in one file; split the service")
            return False
        if not self._open:
            self.root = node
            return True
        match self._open[-1]:
            case Sequence() as sequence:
                sequence.items.append(node)
            case Mapping() as mapping:
                self._place_in_mapping(mapping, node)
        return True

    def _place_in_mapping(self, mapping: Mapping, node: Node) -> None:
        key = self._keys[-1]
        if key is not None:
            mapping.entries.append((key, node))
            self._keys[-1] = None
            return
        if not isinstance(node, Scalar):
            if not isinstance(node, Broken):
                self._findings.error(node, "E004", "a key must be plain text")
            node = BrokenKey(line=node.line, column=node.column, text="", quoted=True)
        elif node.text == "<<" and not node.quoted:
            self._findings.error(node, "E004", "merge keys (<<) are not allowed; write the keys out")
        self._keys[-1] = node

    def _is_merge_value(self) -> bool:
        key = self._keys[-1] if self._keys else None
        return key is not None and key.text == "<<"

    def _refuse(self, event: Any, message: str) -> None:
        self._findings.error(_mark(event.start_mark), "E004", message)


def _at(event: Any) -> dict[str, int]:
    return {"line": event.start_mark.line + 1, "column": event.start_mark.column + 1}


def _short_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")[:60]
