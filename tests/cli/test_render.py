"""`caretaker render`: the page shows the levels that `plan` lists, as text and in a real browser."""

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.command import main
from profiles.zones import region

SERVICE = """\
version: 1
service: shop
owner: team-storefront
timezone: America/New_York
profiles:
  storefront:
    baseline: 1
    windows:
      - {name: daytime, days: daily, from: "09:00", to: "23:00", concurrency: 6, rampUp: 10m}
      - {name: "late-night", days: sat, from: "22:00", to: "02:30", concurrency: 8}
targets:
  - {function: shop-prod, alias: live, profile: storefront}
  - {function: shop-admin, alias: live, profile: storefront, scale: 0.5}
overrides:
  - {name: black-friday, from: "2026-10-28T20:00", until: "2026-10-30T03:00", mode: atLeast, concurrency: 40,
     targets: [shop-prod], reason: doors open at midnight, ticket: SHOP-4127}
"""
FALL_BACK, SPRING_FORWARD = "2026-10-26", "2027-03-08"
CAIRO, APIA, BERLIN = "Africa/Cairo", "Pacific/Apia", "Europe/Berlin"
HAVANA, LORD_HOWE, NEW_YORK = "America/Havana", "Australia/Lord_Howe", "America/New_York"
# Midnight skipped and midnight repeated, half an hour, the ordinary nights, and a date that never was.
NIGHTS = [
    (NEW_YORK, FALL_BACK),
    (NEW_YORK, SPRING_FORWARD),
    (BERLIN, "2027-03-22"),
    (BERLIN, "2026-10-19"),
    (CAIRO, "2027-04-26"),
    (CAIRO, "2027-10-25"),
    (HAVANA, "2027-03-08"),
    (HAVANA, "2026-10-26"),
    (LORD_HOWE, "2026-09-28"),
    (LORD_HOWE, "2027-03-29"),
    (APIA, "2011-12-26"),
]
SECTION = re.compile(r'<section data-target.*?data-function="([^"]+)".*?</section>', re.DOTALL)
ROW = re.compile(r'<tr data-date="([^"]+)">(.*?)</tr>', re.DOTALL)
CELL = re.compile(r'<td class="[^"]+" data-hour="(\d+)"[^>]*>([^<]*)</td>')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(SERVICE)
    return tmp_path


def rendered(folder: Path, week: str) -> Path:
    page = folder / "week.html"
    result = CliRunner().invoke(main, ["render", str(folder), "--week", week, "--out", str(page)])
    assert result.exit_code == 0, result.output
    return page


def shown(html: str) -> dict[tuple[str, str, int], str]:
    """What each cell of the page says, by function, local date and hour."""
    return {
        (section[1], date, int(hour)): text
        for section in SECTION.finditer(html)
        for date, row in ROW.findall(section[0])
        for hour, text in CELL.findall(row)
    }


def planned(folder: Path, week: str, zone_name: str = NEW_YORK) -> dict[tuple[str, str, int], str]:
    """What the cells have to say, worked out from `plan` minute by minute of the grid."""
    zone = region(zone_name)
    monday = datetime.fromisoformat(week)
    start, end = (monday.replace(tzinfo=zone), (monday + timedelta(days=7)).replace(tzinfo=zone))
    arguments = ["plan", str(folder), "--from", start.isoformat(), "--to", end.isoformat(), "--format", "json"]
    changes: list[dict[str, Any]] = json.loads(CliRunner().invoke(main, arguments).stdout)
    cells: dict[tuple[str, str, int], dict[timedelta | None, int]] = {}
    for function in {change["function"] for change in changes}:
        own = [(datetime.fromisoformat(c["at"]), c["level"]) for c in changes if c["function"] == function]
        tick, last = start.astimezone(UTC), end.astimezone(UTC)
        while tick < last:
            level = [level for at, level in own if at <= tick][-1]
            local = tick.astimezone(zone)
            cell = cells.setdefault((function, str(local.date()), local.hour), {})
            cell[local.utcoffset()] = max(cell.get(local.utcoffset(), 0), level)
            tick += timedelta(minutes=5)
    return {key: "/".join(str(level) for level in levels.values()) for key, levels in cells.items()}


@pytest.mark.parametrize(("zone", "week"), NIGHTS)
def test_every_cell_shows_the_greatest_level_that_plan_lists_for_its_hour(folder: Path, zone: str, week: str) -> None:
    (folder / "shop.yaml").write_text(SERVICE.replace(NEW_YORK, zone))
    html = rendered(folder, week).read_text()

    seen = {key: text for key, text in shown(html).items() if text != "&ndash;"}
    assert seen == planned(folder, week, zone)


@pytest.mark.parametrize(
    ("zone", "week", "words"),
    [
        (CAIRO, "2027-04-26", "clocks go forward an hour"),
        (CAIRO, "2027-10-25", "clocks go back an hour"),
        (LORD_HOWE, "2026-09-28", "clocks go forward 30 minutes"),
        (APIA, "2011-12-26", "Fri 30 does not happen"),
    ],
)
def test_what_the_clocks_do_is_written_where_they_do_it(folder: Path, zone: str, week: str, words: str) -> None:
    (folder / "shop.yaml").write_text(SERVICE.replace(NEW_YORK, zone))

    assert f">{words}</text>" in rendered(folder, week).read_text()


def test_a_date_that_never_was_has_a_row_without_hours(folder: Path) -> None:
    (folder / "shop.yaml").write_text(SERVICE.replace(NEW_YORK, APIA))

    html = rendered(folder, "2011-12-26").read_text()
    assert {shown(html)["shop-prod", "2011-12-30", hour] for hour in range(24)} == {"&ndash;"}
    assert 'title="this day does not happen">skipped' in html
    assert ">Fri 30</text>" not in html


def test_an_hour_that_the_clocks_skip_is_shown_as_none(folder: Path) -> None:
    cells = shown(rendered(folder, SPRING_FORWARD).read_text())

    assert cells["shop-prod", "2027-03-14", 2] == "&ndash;"


def test_the_page_needs_nothing_from_elsewhere_and_holds_the_levels_for_machines(folder: Path) -> None:
    html = rendered(folder, FALL_BACK).read_text()

    assert "http" not in html
    levels = re.search(r'<script type="application/json" id="levels">(.*?)</script>', html, re.DOTALL)
    assert levels is not None
    assert {change["function"] for change in json.loads(levels[1])} == {"shop-prod", "shop-admin"}
    assert "black-friday" in html
    assert "clocks go back an hour" in html


def test_what_a_file_says_cannot_become_markup(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SERVICE.replace("doors open at midnight", '"<script>alert(1)</script>"'))

    assert "<script>alert" not in rendered(tmp_path, FALL_BACK).read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--week", "someday"], "is not a date"),
        (["--week", "9999-12-31"], "out of range"),
        (["--function", "nobody"], 'no target "nobody" in these files'),
        (["--out", "/nowhere/at/all.html"], "No such file or directory"),
    ],
)
def test_bad_arguments_are_one_line_and_status_two(folder: Path, arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(main, ["render", str(folder), *arguments])

    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.browser
def test_a_browser_shows_the_same_levels(folder: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    assert browser is not None, "there is no chromium; install Debian's package, or run make test without this marker"
    page, picture = rendered(folder, FALL_BACK), tmp_path / "week.png"
    quiet = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"
    command = [browser, "--headless", *quiet.split(), "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    dom = subprocess.run(
        [*command, "--dump-dom", page.as_uri()],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    subprocess.run(
        [*command, f"--screenshot={picture}", page.as_uri()],
        env=environment,
        capture_output=True,
        timeout=120,
        check=True,
    )

    assert shown(dom.stdout) == planned(folder, FALL_BACK)
    assert picture.read_bytes().startswith(b"\x89PNG")
