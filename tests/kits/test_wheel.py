"""The kit as a wheel: it holds what it needs, and installs alone."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.kits.packages import ROOT

UV = Path(sys.executable).with_name("uv")
# What tools and other tests leave there, and may make or remove at this moment.
MADE = shutil.ignore_patterns("__pycache__", ".*_cache", "build", "*.egg-info")


def test_the_wheel_installs_alone_and_brings_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "kits" / "python", source, ignore=MADE)
    subprocess.run([UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, source], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"caretaker_kit/py.typed", "caretaker_kit/django/urls.py", "caretaker_kit/handler.py"} <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"caretaker_kit"}

    target = tmp_path / "target"
    options = ["--quiet", "--no-index", "--python", sys.executable, "--target", target]
    subprocess.run([UV, "pip", "install", *options, wheel], check=True)
    program = f"import sys; sys.path[:] = [{str(target)!r}, *[p for p in sys.path if 'site-packages' not in p]]; "
    program += "import caretaker_kit; print(caretaker_kit.__file__, caretaker_kit.warmable(len).__name__)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(target / "caretaker_kit" / "__init__.py"), "len"]
