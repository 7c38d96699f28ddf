"""What ships: the exact contents of both bundles, their size, and that the same sources give the same bytes."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from profiles.compiled import load_compiled
from profiles.reader import read_folder
from tests.template.checkout import ROOT, copy_checkout, files_of, run

ROOMS = {"WarmerFunction": "warmer", "JanitorFunction": "janitor"}
LIBRARIES = {
    "_yaml",
    "aws_lambda_powertools",
    "croniter",
    "dateutil",
    "jmespath",
    "typing_extensions.py",
    "tzdata",
    "yaml",
}
OWN_LIBRARIES = {"WarmerFunction": {"h2", "hpack", "hyperframe"}, "JanitorFunction": set()}
# Far under Lambda's 250 MB; what it bounds is the cold start, and boto3 (over 20 MB) would not fit in.
MOST_BYTES = 12_000_000

pytestmark = pytest.mark.stack


def top_level(bundle: Path) -> set[str]:
    return {path.name for path in bundle.iterdir() if not path.name.endswith(".dist-info")}


@pytest.mark.parametrize("function", ROOMS)
def test_a_bundle_holds_its_rooms_schedules_and_libraries_and_nothing_else(
    bundles: dict[str, Path], function: str
) -> None:
    libraries = LIBRARIES | OWN_LIBRARIES[function]
    assert top_level(bundles[function]) == {ROOMS[function], "profiles", "fleet", "schedules"} | libraries


@pytest.mark.parametrize("function", ROOMS)
def test_a_bundle_holds_every_module_of_its_rooms(
    bundles: dict[str, Path], built_checkout: Path, function: str
) -> None:
    for room in (ROOMS[function], "profiles", "fleet"):
        modules = {path.relative_to(built_checkout) for path in (built_checkout / room).rglob("*.py")}
        assert modules
        assert {path.relative_to(bundles[function]) for path in (bundles[function] / room).rglob("*.*")} == modules


@pytest.mark.parametrize("function", ROOMS)
def test_a_bundle_holds_the_schedules_in_one_compiled_document_and_no_neighbour_of_theirs(
    bundles: dict[str, Path], built_checkout: Path, function: str
) -> None:
    (path,) = (bundles[function] / "schedules").iterdir()
    assert path.name == "compiled.json"
    compiled = load_compiled(path.read_bytes(), where=path.name).schedules
    source = read_folder(built_checkout / "schedules")
    assert [service.name for service in compiled.services] == ["shop"]
    assert [replace(service, file="shop.yaml") for service in source.services] == list(compiled.services)


@pytest.mark.parametrize("function", ROOMS)
def test_a_bundle_s_function_loads_its_schedules_without_yaml_or_croniter(
    bundles: dict[str, Path], function: str
) -> None:
    room = ROOMS[function]
    program = (
        f"import sys; sys.path.insert(0, {str(bundles[function])!r}); sys.dont_write_bytecode = True\n"
        f"import {room}.handler, {room}.settings as settings\n"
        "from profiles.loading import load_schedules\n"
        "from profiles.shelves import Library, Shelves\n"
        f"assert settings.__file__.startswith({str(bundles[function])!r}), settings.__file__\n"
        f"place = settings.bundled_in(__import__('pathlib').Path(settings.__file__).parent.parent)\n"
        "from datetime import UTC, datetime\n"
        "shelves = Shelves(documents=None, scratch=None, bundled=place)\n"
        "loaded = load_schedules(place, shelves, Library(), now=datetime(2026, 11, 24, tzinfo=UTC))\n"
        "print([service.name for service in loaded.schedules.services], loaded.origin.value)\n"
        "print(sorted({'yaml', 'croniter'} & set(sys.modules)))\n"
    )
    assert run([ROOT / ".venv" / "bin" / "python", "-c", program], folder=bundles[function]) == (
        "['shop'] bundled\n[]\n"
    )


@pytest.mark.parametrize("function", ROOMS)
def test_a_bundle_holds_no_bytecode_and_no_scripts(bundles: dict[str, Path], function: str) -> None:
    names = list(files_of(bundles[function]))
    assert names
    assert [name for name in names if name.endswith((".pyc", ".pyo", "/RECORD")) or name.startswith("bin/")] == []


@pytest.mark.parametrize("function", ROOMS)
def test_compiled_libraries_are_for_python_3_13_on_arm64(bundles: dict[str, Path], function: str) -> None:
    compiled = [path.name for path in bundles[function].rglob("*.so")]
    assert compiled
    assert [name for name in compiled if not name.endswith("cpython-313-aarch64-linux-gnu.so")] == []


@pytest.mark.parametrize("function", ROOMS)
def test_a_bundle_stays_small(bundles: dict[str, Path], function: str) -> None:
    size = sum(path.stat().st_size for path in bundles[function].rglob("*") if path.is_file())
    assert 1_000_000 < size <= MOST_BYTES


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory, built_checkout: Path) -> Path:
    """Both bundles made again in another folder, later, under another umask, after an edit of the README."""
    folder = tmp_path_factory.mktemp("again") / "elsewhere"
    shutil.copytree(built_checkout, folder, symlinks=True, ignore=shutil.ignore_patterns(".aws-sam"))
    (folder / "README.md").write_text("Another first line.\n", encoding="utf-8")
    (folder / "fleet" / "__pycache__").mkdir(exist_ok=True)
    (folder / "fleet" / "__pycache__" / "model.cpython-311.pyc").write_bytes(b"stale bytecode")
    os.utime(folder / "fleet" / "model.py")
    for function in ROOMS:
        artefacts = folder / "out" / function
        artefacts.mkdir(parents=True)
        run(
            ["sh", "-c", f"umask 077; exec make build-{function}"],
            folder=folder,
            variables={"ARTIFACTS_DIR": str(artefacts)},
        )
    return folder / "out"


@pytest.mark.parametrize("function", ROOMS)
def test_the_same_sources_give_the_same_bytes_anywhere_and_at_any_time(
    bundles: dict[str, Path], rebuilt: Path, function: str
) -> None:
    first, second = files_of(bundles[function]), files_of(rebuilt / function)
    assert {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)} == set()


def test_a_build_without_sam_says_what_to_call() -> None:
    ended = subprocess.run(
        # Whatever has changed meanwhile, the tools that run this very test are not installed anew.
        ["make", "--old-file=.venv/.ready", "build-WarmerFunction"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "call make build or sam build" in ended.stdout


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "deploy: found no AWS credentials; set AWS_PROFILE"),
        ({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, "deploy: no AWS region is set; set AWS_REGION"),
    ],
)
def test_a_deploy_without_credentials_or_region_says_so_before_it_builds(
    tmp_path: Path, variables: dict[str, str], words: str
) -> None:
    checkout = copy_checkout(tmp_path / "checkout")
    ended = subprocess.run(
        ["make", "deploy"],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert words in ended.stdout
    assert not (checkout / ".aws-sam").exists()
