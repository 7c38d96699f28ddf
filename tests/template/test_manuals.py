"""The manuals against the template: each alarm has its row, what they name exists, and links lead somewhere."""

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "kits").glob("*/README.md"))]


def section(page: Path, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page.read_text(encoding="utf-8"), re.M | re.S)
    assert found is not None, f"{page.name} has no section {title}"
    return found[1]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_alarm_has_a_row_that_says_what_it_means_where_to_look_and_what_to_do(template: dict[str, Any]) -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", section(ROOT / "docs" / "operate.md", "Alarms, one by one"), re.M)
    alarms = {name for name, one in template["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    assert {name for name, _ in rows} == alarms
    for name, row in rows:
        cells = [cell.strip() for cell in row.split("|")]
        assert len(cells) == 3, name
        assert all(cells), name


def test_every_parameter_that_the_table_names_is_one_with_that_default(template: dict[str, Any]) -> None:
    rows = re.findall(r"^\| (`\w+`(?: or `\w+`)?) \| (.*?) \|", section(ROOT / "docs" / "operate.md", "Install"), re.M)
    named = [(name, default) for names, default in rows for name in re.findall(r"`(\w+)`", names)]
    assert len(named) >= 8
    for name, default in named:
        assert name in template["Parameters"], name
        if (told := re.fullmatch(r"`(\w+)`", default)) is not None:
            assert str(template["Parameters"][name]["Default"]) == told[1], name


def test_outputs_that_the_manuals_name_exist(template: dict[str, Any]) -> None:
    outputs = template["Outputs"]
    for page in PAGES:
        for name in re.findall(r"output `(\w+)`", page.read_text(encoding="utf-8")):
            assert name in outputs, f"{page.name}: {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_title_that_there_are(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        name, _, title = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert not title or title in anchors(file), target
