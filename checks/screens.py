"""`python -m checks.screens`: every file and every function fits its screens, product and tests alike.

Long is a sign of two ideas: a file has 300 lines at most, a function 40. Reads files and runs none of them.
"""

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES_A_FILE, MOST_LINES_A_FUNCTION = 300, 40
# What is built or installed; folders whose name begins with a dot are left out as well.
NOT_OURS = {"__pycache__", "build", "node_modules", "target"}
KINDS = {".java", ".py"}


def sources(root: Path) -> Iterator[Path]:
    """Every file of source below a folder, in order."""
    for folder, inside, names in os.walk(root):
        inside[:] = sorted(name for name in inside if name not in NOT_OURS and not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if Path(name).suffix in KINDS)


def too_long(path: Path, where: str) -> Iterator[str]:
    """What of a file is too long, each a sentence. Raises ``SyntaxError`` where Python cannot read it."""
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > MOST_LINES_A_FILE:
        yield f"{where}: {lines} lines, over {MOST_LINES_A_FILE}; split it by its ideas"
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text, filename=where)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES_A_FUNCTION:
                said = f"{node.name} has {lines} lines, over {MOST_LINES_A_FUNCTION}"
                yield f"{where}:{node.lineno}: {said}; give a part of it a name of its own"


def main(root: Path = ROOT) -> int:
    """Print what is too long; 1 if anything is."""
    found = [words for path in sources(root) for words in too_long(path, str(path.relative_to(root)))]
    for words in found:
        print(words)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
