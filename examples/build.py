"""Builds an example's package: its dependencies, its code, the kit, and a database that is ready to be opened.

    .venv/bin/python examples/build.py --app django-mangum --out build/examples/django-mangum

`--platform aarch64-manylinux2014 --python 3.13` builds what needs compiled code for a function of that kind instead of
for this machine. Does nothing when nothing changed. The package is complete or not there: one rename puts it in place.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
KIT = ROOT / "kits" / "python" / "caretaker_kit"


@dataclass(frozen=True, slots=True)
class App:
    """What an example ships beside its dependencies and the kit, and whether it needs compiled code among them."""

    shipped: tuple[Path, ...]
    compiled: bool = False


# The project that both Django examples ship, beside what is their own.
SHOP = tuple(EXAMPLES / "django-shop" / name for name in ("manage.py", "shop", "catalogue"))
APPS = {
    "django-mangum": App((*SHOP, EXAMPLES / "django-mangum" / "mangum_handler.py")),
    "django-zappa": App((*SHOP, EXAMPLES / "django-zappa" / "zappa_settings.py")),
    "fastapi-mangum": App((EXAMPLES / "fastapi-mangum" / "app.py",), compiled=True),
}


def main() -> int:
    arguments = _arguments()
    out = (arguments.out or ROOT / "build" / "examples" / arguments.app).resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out.with_suffix(".lock"), "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        try:
            built = build(arguments.app, out, Wheels(arguments.platform, arguments.python))
        except subprocess.CalledProcessError as error:
            print(f"examples: {arguments.app}: this command failed with status {error.returncode}:", file=sys.stderr)
            print(f"  {' '.join(map(str, error.cmd))}", file=sys.stderr)
            return 1
    print(f"examples: {arguments.app} {'built' if built else 'is up to date'}: {out}")
    return 0


@dataclass(frozen=True, slots=True)
class Wheels:
    """Which wheels to install: for a platform and a Python by name; None is this machine's own."""

    platform: str | None = None
    python: str | None = None

    @property
    def options(self) -> list[str]:
        """What `uv pip install` is told."""
        pairs = (("--python-platform", self.platform), ("--python-version", self.python))
        return [word for name, value in pairs if value is not None for word in (name, value)]


def build(app: str, out: Path, wheels: Wheels) -> bool:
    """Put the package of `app` at `out`; False when it was there already, of the same sources."""
    lock, shipped = EXAMPLES / app / "requirements.lock", APPS[app].shipped
    stamp, wanted = out.with_suffix(".stamp"), _fingerprint(lock, shipped, wheels)
    if out.is_dir() and stamp.exists() and stamp.read_text() == wanted:
        return False
    new = out.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    _install(lock, new, wheels)
    if not APPS[app].compiled:
        # Compiled code is for one machine only. The dependency that brings some (MarkupSafe) works without it.
        for compiled in new.rglob("*.so"):
            compiled.unlink()
    for path in (*shipped, KIT):
        _copy(path, new / path.name)
    if (new / "manage.py").exists():
        _run(sys.executable, "-B", "manage.py", "migrate", "--verbosity", "0", cwd=new)
    # A cold start without bytecode takes about four times as long. Hash-based bytecode is valid whatever the
    # files' times become on their way through a zip file.
    _run(sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", new)
    stamp.unlink(missing_ok=True)
    shutil.rmtree(out, ignore_errors=True)
    new.rename(out)
    stamp.write_text(wanted)
    return True


def _install(lock: Path, target: Path, wheels: Wheels) -> None:
    uv = Path(sys.executable).with_name("uv")
    _run(uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--link-mode", "copy", "--python",
         sys.executable, *wheels.options, "--target", target, "-r", lock)  # fmt: skip
    shutil.rmtree(target / "bin", ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    # Nothing of the caller's Python settings may choose what is imported.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO", "SHOP"))}
    subprocess.run(list(map(str, command)), cwd=cwd, env=clean, check=True)


def _fingerprint(lock: Path, shipped: tuple[Path, ...], wheels: Wheels) -> str:
    digest = hashlib.sha256(f"{sys.version} {wheels}".encode())
    for path in sorted(_sources(lock, shipped)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _sources(lock: Path, shipped: tuple[Path, ...]) -> Iterator[Path]:
    yield from (lock, Path(__file__).resolve())
    for top in (*shipped, KIT):
        inside = top.rglob("*") if top.is_dir() else [top]
        yield from (path for path in inside if path.is_file() and "__pycache__" not in path.parts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build an example's package for Lambda.")
    parser.add_argument("--app", choices=APPS, required=True)
    parser.add_argument("--out", type=Path, help="folder of the package (default: build/examples/<app>)")
    parser.add_argument("--platform", help="of the wheels with compiled code, as uv names it (default: this machine)")
    parser.add_argument("--python", help="version that the function runs on (default: this one)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
