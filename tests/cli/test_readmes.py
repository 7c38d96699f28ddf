"""Every schedule that a README or a manual shows is one that `caretaker validate` takes."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.command import main

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for pattern in ("README.md", "docs/*.md", "kits/*/README.md", "examples/*/README.md")
    for path in sorted(ROOT.glob(pattern))
]


def schedules_on(page: Path) -> list[str]:
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [block for block in blocks if re.search(r"^service: ", block, re.MULTILINE)]


@pytest.mark.parametrize("page", [page for page in PAGES if schedules_on(page)], ids=lambda page: str(page.parent.name))
def test_a_schedule_that_a_page_shows_is_valid(page: Path, tmp_path: Path) -> None:
    for number, text in enumerate(schedules_on(page)):
        folder = tmp_path / str(number)
        folder.mkdir()
        name = re.search(r"^service: (\S+)", text, re.MULTILINE)
        assert name is not None
        (folder / f"{name[1]}.yaml").write_text(text)
        result = CliRunner().invoke(main, ["validate", str(folder)])
        assert result.exit_code == 0, result.output


def test_the_first_page_shows_one() -> None:
    assert schedules_on(ROOT / "README.md")


def test_the_list_of_verbs_says_each_in_a_whole_sentence() -> None:
    output = CliRunner().invoke(main, ["--help"], terminal_width=100).output
    listed = output.partition("Commands:\n")[2].splitlines()
    assert len(listed) == len(main.commands)
    assert [line for line in listed if line.endswith("...")] == []
