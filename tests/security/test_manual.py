"""docs/security.md names a test for each threat, and every test that it names exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)
THREATS = (
    "Forged pings",
    "YAML from a pull request",
    "A poisoned object in S3",
    "Log injection",
    "Secrets in logs",
    "A stolen role",
    "A stolen pipeline",
    "Denial of wallet",
    "One application against the others",
    "The deploy hook",
    "Supply chain",
)


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_every_test_that_the_manual_names_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("threat", THREATS)
def test_every_threat_names_a_test(threat: str) -> None:
    _, _, part = TEXT.partition(f"\n## {threat}\n")
    assert re.search(r"`tests/[\w/]+\.py::\w+`", part.partition("\n## ")[0])


def test_every_test_file_of_this_folder_is_named() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in Path(__file__).parent.glob("test_*.py")}
    assert files - {file for file, _ in NAMED} - {Path(__file__).relative_to(ROOT).as_posix()} == set()


def test_every_file_that_the_manual_names_exists() -> None:
    named = re.findall(r"`((?:checks|fleet|requirements)/[\w./]+)`", TEXT) + re.findall(r"\]\(([\w.]+\.md)\)", TEXT)
    assert named
    assert [name for name in named if not (ROOT / name).exists() and not (ROOT / "docs" / name).exists()] == []
