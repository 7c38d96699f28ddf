"""`make` and the permissions in the template: who renews them, who only looks, and who objects."""

from pathlib import Path

import pytest

from tests.template.checkout import ROOT, copy_checkout, run
from tests.template.conftest import SCHEDULE

BUILD = ["make", "build", "SAM=true"]  # everything but sam itself


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with a second schedule, beside a folder with other schedules."""
    folder = copy_checkout(tmp_path_factory.mktemp("permissions") / "checkout")
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "shop.yaml").write_text(SCHEDULE, encoding="utf-8")
    (folder / "schedules" / "tax.yaml").write_text(SCHEDULE.replace("shop", "tax"), encoding="utf-8")
    return folder


@pytest.fixture
def checkout(sources: Path) -> Path:
    """The copy with the template of this checkout, which grants nothing of the second schedule."""
    (sources / "template.yaml").write_bytes((ROOT / "template.yaml").read_bytes())
    (sources / ".template.yaml").unlink(missing_ok=True)
    return sources


def text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def test_make_build_grants_a_new_target_before_it_builds(checkout: Path) -> None:
    printed = run(BUILD, folder=checkout)
    assert "function:tax-checkout:*" in text(checkout / "template.yaml")
    assert "  + arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:tax-checkout:*" in printed
    assert "up to date" in run(BUILD, folder=checkout)


def test_make_build_with_other_schedules_leaves_the_template_alone(checkout: Path) -> None:
    run([*BUILD, "SCHEDULES=elsewhere"], folder=checkout)
    assert text(checkout / "template.yaml") == text(ROOT / "template.yaml")
    copy = text(checkout / ".template.yaml")
    assert "function:shop-checkout:*" in copy
    assert "auth-token-verifier:*" not in copy


def test_a_build_by_sam_itself_says_what_the_template_lacks_and_goes_on(checkout: Path, tmp_path: Path) -> None:
    printed = run(["make", "build-WarmerFunction"], folder=checkout, variables={"ARTIFACTS_DIR": str(tmp_path)})
    assert "run: caretaker iam schedules --write template.yaml" in printed
    assert "build-WarmerFunction: goes on all the same" in printed
    assert (tmp_path / "schedules" / "compiled.json").exists()
    assert text(checkout / "template.yaml") == text(ROOT / "template.yaml")


def test_a_build_of_the_janitor_has_nothing_to_say_of_it(checkout: Path, tmp_path: Path) -> None:
    printed = run(["make", "build-JanitorFunction"], folder=checkout, variables={"ARTIFACTS_DIR": str(tmp_path)})
    assert "caretaker iam" not in printed


def test_make_check_asks_for_it(checkout: Path) -> None:
    assert "-m cli iam schedules --check template.yaml" in run(["make", "--dry-run", "check"], folder=checkout)
