"""Whose work ships: every package in the bundles may, brings its licence's text along, and stands in the manual."""

from pathlib import Path

import pytest

from checks.bundles import MOST_BYTES, PAGE, Distribution, distributions, doubtful, page, weight

pytestmark = pytest.mark.stack


def package(bundle: Path, *headers: str, text: bool = True) -> Distribution:
    folder = bundle / "thing-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("\n".join(["Name: thing", "Version: 1.0", *headers, "", "About it."]))
    if text:
        (folder / "LICENSE").write_text("You may.")
    (found,) = distributions(bundle)
    return found


def test_every_package_that_ships_is_permissive_and_brings_its_licence_s_text(bundles: dict[str, Path]) -> None:
    found = {name: distributions(bundle) for name, bundle in bundles.items()}

    assert all(len(it) >= 7 for it in found.values())
    assert [doubt for bundle in found.values() for it in bundle if (doubt := doubtful(it))] == []


def test_the_manual_s_page_of_licences_is_what_the_bundles_hold(bundles: dict[str, Path]) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(bundles), "make it anew: make bundles ARGS=--write"


def test_each_bundle_is_within_its_bound_and_holds_no_boto3(bundles: dict[str, Path]) -> None:
    for bundle in bundles.values():
        weighed = weight(bundle)
        assert weighed.zipped_bytes < weighed.unzipped_bytes <= MOST_BYTES
        assert not [it.name for it in bundle.iterdir() if it.name.startswith(("boto3", "botocore"))]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (["License-Expression: GPL-3.0-only"], "licence GPL-3.0-only is not among"),
        (["License-Expression: MIT AND LGPL-2.1"], "licence LGPL-2.1 is not among"),
        (["License: Do as you please"], "licence Do as you please is not among"),
        (["Classifier: License :: Other/Proprietary License"], "licence Other/Proprietary License is not among"),
        ([], "licence none is not among"),
    ],
)
def test_a_licence_that_nobody_has_looked_at_is_a_doubt(tmp_path: Path, headers: list[str], reason: str) -> None:
    doubt = doubtful(package(tmp_path, *headers))

    assert doubt
    assert doubt.startswith("thing 1.0: ")
    assert reason in doubt


def test_a_licence_without_its_text_is_a_doubt(tmp_path: Path) -> None:
    assert doubtful(package(tmp_path, "License: MIT", text=False)) == (
        "thing 1.0: its licence's text is not in the bundle"
    )


@pytest.mark.parametrize(
    "headers",
    [
        ["License-Expression: (MIT OR Apache-2.0)"],
        ["License: MIT"],
        ["License: The MIT License", "        All of it", "Classifier: License :: OSI Approved :: MIT License"],
    ],
)
def test_a_permissive_licence_is_known_however_the_package_words_it(tmp_path: Path, headers: list[str]) -> None:
    assert doubtful(package(tmp_path, *headers)) is None
