"""Builds an example's package: its dependencies, its code, the kit, and a database that is ready to be opened.

    .venv/bin/python examples/build.py --app django-mangum --out build/examples/django-mangum

Does nothing when nothing changed. The package is complete or not there: it is put in place by one rename.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "examples" / "django-shop"
KIT = ROOT / "kits" / "python" / "caretaker_kit"
# Of the project, what runs on Lambda under either adapter, and each adapter's own file and lock.
SHIPPED = ("manage.py", "shop", "catalogue")
APPS = {
    "django-mangum": ("mangum_handler.py", "mangum.lock"),
    "django-zappa": ("zappa_settings.py", "zappa.lock"),
}


def main() -> int:
    arguments = _arguments()
    out = (arguments.out or ROOT / "build" / "examples" / arguments.app).resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out.with_suffix(".lock"), "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        try:
            built = build(arguments.app, out)
        except subprocess.CalledProcessError as error:
            print(f"examples: {arguments.app}: this command failed with status {error.returncode}:", file=sys.stderr)
            print(f"  {' '.join(map(str, error.cmd))}", file=sys.stderr)
            return 1
    print(f"examples: {arguments.app} {'built' if built else 'is up to date'}: {out}")
    return 0


def build(app: str, out: Path) -> bool:
    """Put the package of `app` at `out`; False when it was there already, of the same sources."""
    entry, lock_name = APPS[app]
    lock, shipped = PROJECT / "requirements" / lock_name, (*SHIPPED, entry)
    stamp, wanted = out.with_suffix(".stamp"), _fingerprint(lock, shipped)
    if out.is_dir() and stamp.exists() and stamp.read_text() == wanted:
        return False
    new = out.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    _install(lock, new)
    for name in shipped:
        _copy(PROJECT / name, new / name)
    _copy(KIT, new / "caretaker_kit")
    _fill_database(new)
    # A cold start without bytecode takes about four times as long. Hash-based bytecode is valid whatever the
    # files' times become on their way through a zip file.
    _run(sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", new)
    stamp.unlink(missing_ok=True)
    shutil.rmtree(out, ignore_errors=True)
    new.rename(out)
    stamp.write_text(wanted)
    return True


def _install(lock: Path, target: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    _run(uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--link-mode", "copy", "--python",
         sys.executable, "--target", target, "-r", lock)  # fmt: skip
    shutil.rmtree(target / "bin", ignore_errors=True)
    # Compiled code is for this machine only. The one dependency that brings some (MarkupSafe) works without it.
    for compiled in target.rglob("*.so"):
        compiled.unlink()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _fill_database(package: Path) -> None:
    _run(sys.executable, "-B", "manage.py", "migrate", "--verbosity", "0", cwd=package)


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    # Nothing of the caller's Python settings may choose what is imported.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO", "SHOP"))}
    subprocess.run(list(map(str, command)), cwd=cwd, env=clean, check=True)


def _fingerprint(lock: Path, shipped: tuple[str, ...]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(_sources(lock, shipped)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _sources(lock: Path, shipped: tuple[str, ...]) -> Iterator[Path]:
    yield from (lock, Path(__file__).resolve())
    for top in (*(PROJECT / name for name in shipped), KIT):
        inside = top.rglob("*") if top.is_dir() else [top]
        yield from (path for path in inside if path.is_file() and "__pycache__" not in path.parts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build an example's package for Lambda.")
    parser.add_argument("--app", choices=APPS, required=True)
    parser.add_argument("--out", type=Path, help="folder of the package (default: build/examples/<app>)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
