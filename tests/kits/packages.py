"""Real distributions that the kit is tested with, installed from their locks and then up to date; and interpreters."""

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@cache
def adapters() -> Path:
    """The folder with every adapter, the functions behind them and the kit, as a package for Lambda."""
    out = installed("adapters", HERE / "adapters" / "requirements.lock")
    shutil.copy(HERE / "adapters" / "functions.py", out)
    return out


@cache
def installed(name: str, lock: Path, *, python: str = "3.11") -> Path:
    """A folder with what `lock` names, for that Python, and today's kit."""
    out = ROOT / "build" / "tests" / name
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out.with_suffix(".lock"), "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        _install(lock, out, python)
        # Bytecode may be in the making at this moment, by another test's process.
        fresh = shutil.ignore_patterns("*.pyc.*")
        kit = ROOT / "kits" / "python" / "caretaker_kit"
        shutil.copytree(kit, out / "caretaker_kit", ignore=fresh, dirs_exist_ok=True)
    return out


def _install(lock: Path, out: Path, python: str) -> None:
    stamp, wanted = out / ".stamp", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(out, ignore_errors=True)
    command = [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    options = ["--link-mode", "copy", "--python", sys.executable, "--python-version", python, "--target", out]
    subprocess.run([str(word) for word in (*command, *options, "-r", lock)], check=True)
    stamp.write_text(wanted)


@cache
def interpreter(version: str) -> Path | None:
    """A Python of that version: this one, one in PATH that works, or one of pyenv's; None when none is at hand."""
    in_path = shutil.which(f"python{version}")
    roots = [Path(os.environ["PYENV_ROOT"])] if "PYENV_ROOT" in os.environ else [home / ".pyenv" for home in _homes()]
    installed = [path for root in roots for path in sorted(root.glob(f"versions/{version}.*/bin/python"))]
    found = [sys.executable, *([in_path] if in_path else []), *installed]
    return next((Path(each) for each in found if _version(each) == version), None)


def _homes() -> set[Path]:
    """HOME, and the user's own, which is another one in a run that starts from nothing; a user may have neither."""
    found = set()
    with suppress(RuntimeError):
        found.add(Path.home())
    with suppress(KeyError):
        found.add(Path(pwd.getpwuid(os.getuid()).pw_dir))
    return found


def _version(python: str | Path) -> str | None:
    asked = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
