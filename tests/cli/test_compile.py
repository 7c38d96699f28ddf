"""`caretaker compile`: a document that loads, the same bytes from anywhere, nothing from files with errors."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.command import main
from profiles.compiled import load_compiled

SERVICE = """\
version: 1
service: shop
owner: team-shop
timezone: UTC
profiles:
  day: {baseline: 2}
targets:
  - {function: shop-checkout, alias: live, profile: day}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(SERVICE, encoding="utf-8")
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["compile", *(str(one) for one in arguments)])


def test_the_document_goes_to_standard_output_and_loads(folder: Path) -> None:
    ended = run(folder, "--revision", "4f2a")
    assert ended.exit_code == 0
    loaded = load_compiled(ended.stdout_bytes, where="c.json")
    assert [service.name for service in loaded.schedules.services] == ["shop"]
    assert loaded.revision == "4f2a"


def test_a_file_is_written_and_standard_output_stays_empty(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "compiled.json"
    ended = run(folder, "--out", out)
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert out.read_bytes() == run(folder).stdout_bytes
    assert "1 target" in ended.stderr


def test_the_same_files_elsewhere_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "shop.yaml").write_text(SERVICE, encoding="utf-8")
    assert run(elsewhere).stdout_bytes == run(folder).stdout_bytes


def test_one_file_with_an_error_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    (folder / "other.yaml").write_text("version: 1\n", encoding="utf-8")
    ended = run(folder, "--out", tmp_path / "compiled.json")
    assert ended.exit_code == 1
    assert "other.yaml:1:1: E" in ended.stderr
    assert not (tmp_path / "compiled.json").exists()


def test_a_folder_that_is_not_there_is_an_unusable_argument(tmp_path: Path) -> None:
    ended = run(tmp_path / "nowhere")
    assert ended.exit_code == 2
