"""The manual's examples validate and do what it says; its tables are complete."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from profiles.evaluate import demand_at
from profiles.model import Shape
from profiles.read_overrides import OVERRIDE_KEYS
from profiles.read_ping import PING_KEYS
from profiles.read_platform import INTERVALS, PLATFORM_KEYS, VERSIONS_KEYS
from profiles.read_profiles import DATED_KEYS, PROFILE_KEYS, WINDOW_KEYS
from profiles.read_service import SERVICE_KEYS, TARGET_KEYS
from profiles.reader import read_text

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "schedules.md").read_text()
SMALLEST, PEAK, PLATFORM = re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)
NEW_YORK = ZoneInfo("America/New_York")


def test_the_examples_have_no_mistakes() -> None:
    assert read_text(SMALLEST, platform=PLATFORM).mistakes == ()
    assert read_text(PEAK, platform=PLATFORM).mistakes == ()


def test_the_smallest_file_keeps_two_environments() -> None:
    assert level(SMALLEST, "2026-11-24T03:00", 0) == 2


def test_the_day_with_a_peak_has_its_levels() -> None:
    times = ["2026-11-26T08:50", "2026-11-26T08:55", "2026-11-26T18:00", "2026-11-26T20:00", "2026-11-28T02:59"]
    assert [level(PEAK, at, 0) for at in times] == [1, 3, 10, 40, 40]
    assert [level(PEAK, at, 1) for at in times] == [1, 2, 5, 5, 1]
    assert [level(PEAK, f"2026-12-25T{at}", 0) for at in ("09:30", "12:00", "20:00")] == [1, 3, 1]


def test_the_table_of_codes_is_the_one_in_the_source() -> None:
    source = "".join(path.read_text() for path in (ROOT / "profiles").glob("*.py"))
    in_source = set(re.findall(r'"([EW][0-9]{3})"', source))
    in_manual = re.findall(r"^\| ([EW][0-9]{3}) \|", MANUAL, re.MULTILINE)
    assert in_manual == sorted(in_source)


def test_every_key_and_word_of_the_language_is_in_the_manual() -> None:
    keys = {*SERVICE_KEYS, *PROFILE_KEYS, *WINDOW_KEYS, *DATED_KEYS, *PING_KEYS, *OVERRIDE_KEYS, *VERSIONS_KEYS}
    keys |= {*TARGET_KEYS, *PLATFORM_KEYS}
    words = {f"`{key}`" for key in keys} | {f"`{interval}`" for interval in INTERVALS}
    words |= {f"`{shape.value}`" for shape in Shape}
    missing = {word for word in words if word not in MANUAL and f"{word[1:-1]}:" not in MANUAL}
    assert missing == set()


def level(text: str, local: str, target: int) -> int:
    schedules = read_text(text, platform=PLATFORM)
    (service,) = schedules.services
    at = datetime.fromisoformat(local).replace(tzinfo=NEW_YORK)
    return demand_at(service, service.targets[target], at, platform=schedules.platform).level
