"""A mapping opened for reading: unknown, repeated and missing keys are noted once, where they are."""

from collections.abc import Collection
from typing import TypeVar

from profiles.checks import Check, wrong_type
from profiles.findings import Findings, Place, near, shown
from profiles.yaml_nodes import BrokenKey, Mapping, Node, Scalar

T = TypeVar("T")
Keys = Collection[str]


class Fields:
    """One mapping's values by key. `guessed` are known keys that an unknown one is probably meant to be."""

    def __init__(self, mapping: Mapping, path: str, findings: Findings) -> None:
        self.place = Place(line=mapping.line, column=mapping.column)
        self.path = path
        self.findings = findings
        self.keys: dict[str, Scalar] = {}
        self.guessed: set[str] = set()
        self._values: dict[str, Node] = {}
        for key, value in mapping.entries:
            if not isinstance(key, BrokenKey):
                self._take(key, value)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def at(self, key: str) -> str:
        """The path of a key in words, like `targets[0].scale`."""
        return f"{self.path}.{key}" if self.path else key

    def node(self, key: str) -> Node | None:
        """The node of a key, None when the mapping has none."""
        return self._values.get(key)

    def read(self, key: str, check: Check[T], default: T) -> T:
        """The checked value of a key; `default` when it is absent or a mistake was noted."""
        node = self._values.get(key)
        if node is None:
            return default
        value = check(node, self.at(key), self.findings)
        return default if value is None else value

    def maybe(self, key: str, check: Check[T]) -> T | None:
        """The checked value of a key; None when it is absent or a mistake was noted."""
        node = self._values.get(key)
        return None if node is None else check(node, self.at(key), self.findings)

    def meant(self, key: str) -> bool:
        """Whether the key is there, or an unknown one was probably meant as it."""
        return key in self or key in self.guessed

    def require(self, *keys: str) -> bool:
        """Whether each key is there; each that is not is noted, unless an unknown key was probably meant as it."""
        missing = [key for key in keys if not self.meant(key)]
        for key in missing:
            self.missing(f'missing required key "{key}"')
        return not any(key not in self for key in keys)

    def missing(self, message: str) -> None:
        """Note that something is not there, where the mapping begins."""
        self.findings.error(self.place, "E005", f"{self.path}: {message}" if self.path else message)

    def refuse(self, key: str, code: str, message: str) -> None:
        """Note an error at a key."""
        self.findings.error(self.keys[key], code, f"{self.at(key)}: {message}")

    def only(self, known: Keys) -> None:
        """Note each key that is not among `known`, with a suggestion where one is near."""
        for key, node in self.keys.items():
            if key in known or (key == "<<" and not node.quoted):
                continue
            prefix = f"{self.path}: " if self.path else ""
            guess = near(key, (name for name in known if name not in self._values))
            if guess is not None:
                self.guessed.add(guess)
            hint = f', did you mean "{guess}"?' if guess is not None else f"; known are {', '.join(known)}"
            self.findings.error(node, "E003", f"{prefix}unknown key {shown(key)}{hint}")

    def _take(self, key: Scalar, value: Node) -> None:
        if key.text in self.keys:
            first = self.keys[key.text].line
            prefix = f"{self.path}: " if self.path else ""
            message = f"{prefix}the key {shown(key.text)} is repeated; it stands in line {first} already"
            self.findings.error(key, "E002", message)
            return
        self.keys[key.text] = key
        self._values[key.text] = value


def open_mapping(node: Node, path: str, findings: Findings, known: Keys) -> Fields | None:
    """The mapping at `node`, its unknown and repeated keys noted; None when it is no mapping."""
    if not isinstance(node, Mapping):
        wrong_type(node, path or "the file", f"a mapping ({', '.join(known)})", findings)
        return None
    fields = Fields(node, path, findings)
    fields.only(known)
    return fields


def open_named(node: Node, path: str, findings: Findings) -> Fields | None:
    """A mapping whose keys are names chosen by the file; repeated ones noted; None when it is no mapping."""
    if not isinstance(node, Mapping):
        wrong_type(node, path, "a mapping of names", findings)
        return None
    return Fields(node, path, findings)
