"""The adapters' package: their real distributions, the functions and the kit, built once for all tests."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
OUT = ROOT / "build" / "tests" / "adapters"


@cache
def adapters() -> Path:
    """The folder with everything that `functions` imports; the functions and the kit are always today's."""
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with open(OUT.with_suffix(".lock"), "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        _install(HERE / "requirements.lock")
        shutil.copy(HERE / "functions.py", OUT)
        shutil.copytree(ROOT / "kits" / "python" / "caretaker_kit", OUT / "caretaker_kit", dirs_exist_ok=True)
    return OUT


def _install(lock: Path) -> None:
    stamp, wanted = OUT / ".stamp", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(OUT, ignore_errors=True)
    command = [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    options = ["--link-mode", "copy", "--compile-bytecode", "--python", sys.executable, "--target", OUT, "-r", lock]
    subprocess.run([str(word) for word in (*command, *options)], check=True)
    stamp.write_text(wanted)
