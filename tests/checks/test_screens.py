"""What is too long is found, wherever it stands, and nothing else is."""

from pathlib import Path

import pytest

from checks.screens import main


def function(lines: int) -> str:
    return "def act() -> None:\n" + "    pass\n" * (lines - 1)


@pytest.mark.parametrize("name", ["room/act.py", "tests/room/test_act.py", "kits/spring/Act.java"])
def test_a_file_of_300_lines_fits_and_one_line_more_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text("\n" * 300)
    assert main(tmp_path) == 0
    path.write_text("\n" * 301)
    assert main(tmp_path) == 1
    assert capsys.readouterr().out == f"{name}: 301 lines, over 300; split it by its ideas\n"


@pytest.mark.parametrize("kind", ["", "async "])
def test_a_function_of_40_lines_fits_and_one_line_more_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    (tmp_path / "act.py").write_text(f"\n{kind}{function(40)}")
    assert main(tmp_path) == 0
    (tmp_path / "act.py").write_text(f"\n{kind}{function(41)}")
    assert main(tmp_path) == 1
    assert capsys.readouterr().out == "act.py:2: act has 41 lines, over 40; give a part of it a name of its own\n"


def test_a_method_is_a_function(tmp_path: Path) -> None:
    body = "".join(f"    {line}\n" for line in function(41).splitlines())
    (tmp_path / "act.py").write_text(f"class Actor:\n{body}")
    assert main(tmp_path) == 1


@pytest.mark.parametrize("folder", [".venv", "build", "room/__pycache__", "kits/spring/target"])
def test_what_is_built_or_installed_may_be_as_long_as_it_likes(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "made.py").write_text(function(400))
    assert main(tmp_path) == 0


def test_a_page_of_data_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "golden.json").write_text("\n" * 400)
    assert main(tmp_path) == 0
