"""What the command prints cannot steer a terminal, whoever wrote the words in it.

Names, messages and files come from accounts, applications and pull requests. A control character in them could clear
the screen, forge a line, or turn text around; here each becomes its escape, which JSON reads as the same character.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

# The colours and weights that the command itself uses, each alone or behind others. No concealing, no background.
_STYLE = re.compile(r"\x1b\[(?:(?:0|1|2|3|4|22|39|3[1-7]|9[0-7])(?:;(?=\d)|(?=m)))*m")
# Control characters but line ends and tabs, marks that turn the direction of text around, other ends of lines.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


def printable(text: str) -> str:
    """The text with everything that steers a terminal as an escape, such as \\u001b; the command's own styles stay."""
    if _STEERING.search(text) is None:
        return text
    parts: list[str] = []
    end = 0
    for style in _STYLE.finditer(text):
        parts += (_escaped(text[end : style.start()]), style[0])
        end = style.end()
    return "".join((*parts, _escaped(text[end:])))


def _escaped(text: str) -> str:
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class _Guarded:
    """A text stream that writes `printable` text, and is the stream in everything else."""

    def __init__(self, stream: TextIO) -> None:
        self.behind = stream

    def write(self, text: str) -> int:
        self.behind.write(printable(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)


def unguarded(stream: TextIO) -> TextIO:
    """The stream behind, for what the command draws by itself, such as a bar that grows."""
    return stream.behind if isinstance(stream, _Guarded) else stream


@contextmanager
def guarded() -> Iterator[None]:
    """Within it, standard output and standard error take nothing that steers a terminal."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Guarded(out), _Guarded(err)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
