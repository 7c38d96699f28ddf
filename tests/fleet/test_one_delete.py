"""Law 1, read from the source: the product has one call that deletes, and it names a version."""

import ast
from pathlib import Path

ROOMS = ("cli", "fleet", "janitor", "profiles", "warmer")
ROOT = Path(__file__).resolve().parents[2]


def uses_of(name: str) -> list[tuple[str, int]]:
    """Where the rooms that ship mention the attribute or the text `name`."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                attribute = isinstance(node, ast.Attribute) and node.attr == name
                text = isinstance(node, ast.Constant) and node.value == name
                if attribute or text:
                    found.append((str(path.relative_to(ROOT)), getattr(node, "lineno", 0)))
    return found


def test_lambdas_delete_function_is_reached_from_one_place():
    assert [path for path, _ in uses_of("delete_function")] == ["fleet/aws/versions.py"]


def test_that_place_always_sends_a_qualifier():
    source = (ROOT / "fleet/aws/versions.py").read_text(encoding="utf-8")
    calls = [
        {keyword.arg for keyword in node.keywords}
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "method"
    ]
    assert {"FunctionName", "Qualifier"} in calls
    assert all(named in ({"FunctionName", "Qualifier"}, {None}) for named in calls)
