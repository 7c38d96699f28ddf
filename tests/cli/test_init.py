"""`caretaker init`: by questions, by options, and with answers that no file could hold."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cli.command import main
from cli.init import Answers, schedule_text
from profiles.reader import read_text

OPTIONS = {
    "--service": "shop",
    "--owner": "team-storefront",
    "--function": "shop-prod",
    "--alias": "live",
    "--framework": "django-mangum",
    "--timezone": "America/New_York",
    "--peak-from": "08:00",
    "--peak-to": "20:00",
    "--days": "mon-fri",
    "--peak": "20",
    "--baseline": "2",
    "--host": "shop.example.com",
    "--path": "/warmz/",
}


def init(folder: Path, *more: str, answers: str = "", **changed: str) -> Result:
    options = {**OPTIONS, **{f"--{name.replace('_', '-')}": value for name, value in changed.items()}}
    flat = [part for pair in options.items() for part in pair]
    return CliRunner().invoke(main, ["init", "--folder", str(folder), *flat, *more], input=answers)


@pytest.mark.parametrize("framework", ["django-mangum", "django-zappa", "python-http", "spring", "other"])
def test_what_it_writes_validates_without_a_warning(tmp_path: Path, framework: str) -> None:
    assert init(tmp_path, framework=framework).exit_code == 0

    validated = CliRunner().invoke(main, ["validate", str(tmp_path), "--strict"])
    assert validated.exit_code == 0, validated.output


def test_it_asks_for_what_the_options_do_not_say(tmp_path: Path) -> None:
    answers = "shop\nteam-storefront\nshop-prod\n\nspring\nAsia/Seoul\n\n\n\n\n\nshop.example.com\n\n"
    result = CliRunner().invoke(main, ["init", "--folder", str(tmp_path)], input=answers)

    assert result.exit_code == 0, result.output
    text = (tmp_path / "shop.yaml").read_text()
    assert "ping: {shape: http-v2, host: shop.example.com, path: /warmz/" in text
    assert "alias: live" in text


def test_a_file_that_is_there_is_never_overwritten_without_force(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("mine")

    refused = init(tmp_path)
    assert (refused.exit_code, (tmp_path / "shop.yaml").read_text()) == (2, "mine")
    assert "--force overwrites it" in refused.stderr
    assert init(tmp_path, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"timezone": "EST"}, "is not an IANA region name"),
        ({"service": "My Shop"}, "small letters, digits and hyphens"),
        ({"function": "not a function"}, "is not a function name"),
        ({"peak_from": "25:00"}, "25:00"),
        ({"peak_to": "08:00"}, "from and to are equal"),
        ({"days": "sometimes"}, "sometimes"),
    ],
)
def test_an_answer_that_cannot_be_is_one_line_and_nothing_is_written(
    tmp_path: Path, changed: dict[str, str], words: str
) -> None:
    result = init(tmp_path, **changed)

    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@given(st.text(st.characters(exclude_categories=["C", "Z"], max_codepoint=0xFFFF), min_size=1, max_size=20))
def test_any_text_for_an_owner_comes_back_as_it_was(owner: str) -> None:
    answers = Answers(
        service="shop",
        owner=owner,
        function="shop-prod",
        alias="$LATEST",
        framework="other",
        timezone="UTC",
        peak_from="08:00",
        peak_to="20:00",
        days="sat,sun",
        peak=3,
        baseline=1,
        host="",
        path="",
    )

    schedules = read_text(schedule_text(answers))
    assert [service.owner for service in schedules.services] == [owner]
