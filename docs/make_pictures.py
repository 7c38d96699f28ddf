"""`make pictures`: the manual's pictures, made by `caretaker render` from the manual's own example. Needs Chromium."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
# The weeks that the manual speaks of: a plain one with an override in it, and one in which the clocks go back.
WEEKS = {"week-black-friday": "2026-11-23", "week-clocks-back": "2026-10-26"}
QUIET = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --hide-scrollbars --window-size=1060,780"
)


def main() -> int:
    browser = shutil.which("chromium")
    if browser is None:
        print("pictures: there is no chromium; install Debian's package", file=sys.stderr)
        return 2
    example = next(
        block
        for block in re.findall(r"```yaml\n(.*?)```", (DOCS / "schedules.md").read_text(encoding="utf-8"), re.DOTALL)
        if "black-friday" in block
    )
    with tempfile.TemporaryDirectory() as folder:
        schedule = Path(folder, "shop.yaml")
        schedule.write_text(example, encoding="utf-8")
        for name, week in WEEKS.items():
            page, picture = Path(folder, f"{name}.html"), DOCS / "pictures" / f"{name}.png"
            command = [sys.executable, "-m", "cli", "render", str(schedule), "--function", "shop-web"]
            subprocess.run([*command, "--week", week, "--out", str(page)], cwd=DOCS.parent, check=True)
            subprocess.run(
                [browser, *QUIET.split(), f"--user-data-dir={folder}/{name}", f"--screenshot={picture}", page.as_uri()],
                check=True,
                capture_output=True,
            )
            print(f"pictures: {picture.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
