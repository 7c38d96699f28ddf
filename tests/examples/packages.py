"""The examples' packages, built once and then up to date."""

import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def built(app: str) -> Path:
    """The folder of an example's package, as it would ship."""
    command = [sys.executable, str(ROOT / "examples" / "build.py"), "--app", app]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{app} could not be built:\n{done.stdout}{done.stderr}"
    return ROOT / "build" / "examples" / app
