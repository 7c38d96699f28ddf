"""Which changes the workflow for schedules looks at."""

import subprocess

import yaml

from tests.template.checkout import PYTHON, ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "schedules.yml"


def test_what_is_deployed_when_it_is_merged_is_checked_before() -> None:
    triggers = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))[True]  # YAML 1.1 reads "on" as true
    checked, deployed = set(triggers["pull_request"]["paths"]), set(triggers["push"]["paths"])
    assert deployed <= checked
    # What ships, what says how it is deployed, and what the jobs run with.
    assert deployed >= {
        "schedules/**",
        "template.yaml",
        "samconfig.toml",
        "Makefile",
        "pyproject.toml",
        "requirements/**",
    }
    assert deployed >= {f"{room}/**" for room in rooms_of_the_command()}


def rooms_of_the_command() -> set[str]:
    """The folders of this repository that `caretaker` imports: each of them can change what the check says."""
    script = "import sys, cli.command; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.check_output([PYTHON, "-c", script], cwd=ROOT, text=True, timeout=60).split()
    found = {name for name in loaded if any((ROOT / name).glob("*.py"))}
    assert found >= {"cli", "warmer", "janitor", "profiles", "fleet"}
    return found
