"""The examples' own templates, deployed by the stock `sam` command and pinged through their alias."""

import os
import subprocess
from pathlib import Path

import pytest

from emulator.stack import Options, RunningEmulator, running_emulator
from tests.examples.caller import Caller, event
from tests.examples.packages import ROOT, built
from tests.examples.spring import PATIENT
from tests.examples.spring import built as built_spring

pytestmark = pytest.mark.stack


def deploy(app: str, emulator: RunningEmulator, home: Path) -> None:
    """Deploy an example's template as its README does."""
    template = ROOT / "examples" / app / "template.yaml"
    command = [ROOT / ".tools" / "sam" / "bin" / "sam", "deploy", "--template-file", template, "--resolve-s3"]
    done = subprocess.run(
        [*command, "--stack-name", "shop", "--capabilities", "CAPABILITY_IAM", "--no-progressbar"],
        env={"PATH": os.environ["PATH"], "HOME": str(home), **emulator.environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_s_template_deploys_and_its_alias_is_warmed_with_proof(tmp_path: Path) -> None:
    built("django-mangum")
    with running_emulator(Options()) as emulator:
        deploy("django-mangum", emulator, tmp_path)
        shop = Caller.of(emulator.endpoint_url_lambda, "django-shop:live")
        first = shop.burst(event("universal"), count=3, hold_ms=2000)
        second = shop.burst(event("universal"), count=3, hold_ms=2000)
    assert len({evidence["environment"] for evidence in first}) == 3
    assert [evidence["cold"] for evidence in second] == [False] * 3


@pytest.mark.java
@pytest.mark.timeout(900)
def test_the_spring_example_s_template_deploys_and_its_alias_answers_by_a_jvm(tmp_path: Path) -> None:
    built_spring()
    with running_emulator(Options(settings=PATIENT)) as emulator:
        deploy("spring-boot", emulator, tmp_path)
        shop = Caller.of(emulator.endpoint_url_lambda, "spring-shop:live")
        (evidence,) = shop.burst(event("http-v2", "/warmz"), count=1, hold_ms=0)
        answer = shop.request(event("http-v2", "/products/1"))
    assert evidence["cold"] is True
    assert "Chef" in answer["body"]
