"""The way without a change of code: a handler named by an environment variable."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.kits.stage import block_text, invocation, ping


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Imports caretaker_kit.handler anew, with CARETAKER_HANDLER set to the given name."""
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "entry.py").write_text("def main(event, context):\n    return {'event': event}\nNOTHING = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    def imported(name: str) -> ModuleType:
        monkeypatch.setenv("CARETAKER_HANDLER", name)
        sys.modules.pop("caretaker_kit.handler", None)
        return importlib.import_module("caretaker_kit.handler")

    yield imported
    for module in ("caretaker_kit.handler", "web", "web.entry"):
        sys.modules.pop(module, None)


@pytest.mark.parametrize("name", ["web.entry.main", "web/entry.main"])
def test_the_named_handler_answers_requests_and_pings(named, name: str) -> None:
    handler = named(name).lambda_handler
    assert handler("a", invocation()) == {"event": "a"}
    assert "environment" in handler("a", ping(block_text(release_at_ms=0)))["caretaker"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "CARETAKER_HANDLER is '': give the application's handler as module.attribute"),
        ("main", "give the application's handler"),
        ("web.entry.absent", "module web.entry has no callable absent"),
        ("web.entry.NOTHING", "module web.entry has no callable NOTHING"),
    ],
)
def test_a_name_that_stands_for_no_handler_fails_at_init_and_says_so(named, name: str, message: str) -> None:
    with pytest.raises(Exception, match=message):
        named(name)


def test_a_module_that_is_not_there_fails_at_init_as_lambda_would(named) -> None:
    with pytest.raises(ModuleNotFoundError, match="web_absent"):
        named("web_absent.main")
