"""The example's own template, deployed by the stock `sam` command and pinged through its alias."""

import os
import subprocess
from pathlib import Path

import pytest

from emulator.stack import Options, running_emulator
from tests.examples.caller import Caller, event
from tests.examples.packages import ROOT, built

pytestmark = pytest.mark.stack


def test_the_example_s_template_deploys_and_its_alias_is_warmed_with_proof(tmp_path: Path) -> None:
    built("django-mangum")
    with running_emulator(Options()) as emulator:
        template = ROOT / "examples" / "django-mangum" / "template.yaml"
        command = [ROOT / ".tools" / "sam" / "bin" / "sam", "deploy", "--template-file", template, "--resolve-s3"]
        done = subprocess.run(
            [*command, "--stack-name", "shop", "--capabilities", "CAPABILITY_IAM", "--no-progressbar"],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **emulator.environment},
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        shop = Caller.of(emulator.endpoint_url_lambda, "django-shop:live")
        first = shop.burst(event("universal"), count=3, hold_ms=2000)
        second = shop.burst(event("universal"), count=3, hold_ms=1000)
    assert len({evidence["environment"] for evidence in first}) == 3
    assert [evidence["cold"] for evidence in second] == [False] * 3
