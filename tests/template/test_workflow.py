"""The workflow for schedules: what it may do, and what its steps do, run as GitHub runs them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_diff import git
from tests.template.checkout import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "schedules.yml"
SHOP = """\
version: 1
service: shop
owner: team-shop
timezone: UTC
profiles:
  day: {baseline: 2}
targets:
  - {function: shop-checkout, alias: live, profile: day}
"""
# Keeps comments in files, and answers as `gh api` does to the four requests that the workflow makes.
GH = """\
#!/usr/bin/env python3
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
words = sys.argv[1:]
assert words[0] == "api", words
method = words[words.index("--method") + 1] if "--method" in words else "GET"
path = next(word for word in words if word.startswith("repos/"))
if method == "GET":
    assert path == "repos/acme/caretaker/issues/7/comments" and "--paginate" in words
    print((folder / "ids").read_text(), end="")
else:
    body = words[words.index("--raw-field") + 1]
    assert body.startswith("body=")
    (folder / "written").write_text(json.dumps([method, path, body[5:]]))
"""


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return found


def steps(workflow: dict[Any, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step with its job's name."""
    for name, job in workflow["jobs"].items():
        yield from ((name, step) for step in job["steps"])


def step(workflow: dict[Any, Any], job: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in workflow["jobs"][job]["steps"] if one["name"] == name]
    assert isinstance(found, dict)
    return found


def test_no_text_of_githubs_context_is_put_into_a_script(workflow: dict[Any, Any]) -> None:
    scripts = [each["run"] for _, each in steps(workflow) if "run" in each]
    assert len(scripts) >= 6
    assert not [script for script in scripts if "${{" in script]


def test_every_action_is_pinned_to_a_commit_with_its_release_beside_it(workflow: dict[Any, Any]) -> None:
    used = [each["uses"] for _, each in steps(workflow) if "uses" in each]
    text = WORKFLOW.read_text(encoding="utf-8")
    assert used
    for one in used:
        assert re.search(rf"uses: {re.escape(one)} # v\d+\.\d+\.\d+$", text, re.MULTILINE)
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one)


def test_a_pull_request_meets_no_rights_but_to_be_read_and_commented_on(workflow: dict[Any, Any]) -> None:
    triggers = workflow[True]  # YAML 1.1 reads "on" as true
    assert set(triggers) == {"pull_request", "push"}
    assert triggers["push"]["branches"] == ["main"]
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "check": {"contents": "read"},
        "comment": {"pull-requests": "write"},
        "deploy": {"contents": "read", "id-token": "write"},
    }


def test_the_job_that_may_write_runs_none_of_the_pull_requests_code(workflow: dict[Any, Any]) -> None:
    (only,) = workflow["jobs"]["comment"]["steps"]
    assert "uses" not in only
    assert ".venv" not in only["run"]
    assert "make" not in only["run"]


def test_no_checkout_leaves_credentials_behind_and_no_secret_is_named(workflow: dict[Any, Any]) -> None:
    checkouts = [each for _, each in steps(workflow) if each.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == 2
    assert all(each["with"]["persist-credentials"] is False for each in checkouts)
    assert "secrets." not in WORKFLOW.read_text(encoding="utf-8")


def test_nothing_is_deployed_from_a_pull_request_or_where_no_role_is_named(workflow: dict[Any, Any]) -> None:
    deploy = workflow["jobs"]["deploy"]
    assert deploy["if"] == "github.event_name == 'push' && vars.CARETAKER_DEPLOY_ROLE != '' && vars.AWS_REGION != ''"
    assert deploy["environment"] == "prod"
    ours = [each for name, each in steps(workflow) if name != "deploy"]
    assert not [each for each in ours if "aws" in each.get("uses", "")]


def test_a_deploy_waits_for_the_one_before_it_and_is_never_cut_off(workflow: dict[Any, Any]) -> None:
    assert workflow["concurrency"]["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
    assert "github.ref" in workflow["concurrency"]["group"]
    assert all(job["timeout-minutes"] <= 30 for job in workflow["jobs"].values())


def test_what_it_deploys_with_are_verbs_that_there_are(workflow: dict[Any, Any]) -> None:
    deploy = step(workflow, "deploy", "Deploy the stack")["run"]
    said = subprocess.check_output(
        ["make", "--no-print-directory", "--dry-run", *deploy.split()[1:], "SAM=sam"], cwd=ROOT, text=True, timeout=60
    )
    assert "sam deploy --config-env prod --no-confirm-changeset" in said
    assert step(workflow, "deploy", "Push the schedules")["run"].split()[1:4] == ["push", "schedules", "--stack"]


@dataclass(slots=True)
class Runner:
    """A checkout, and what GitHub gives a step: files for its outputs and its summary, its own variables, a shell."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, step: Mapping[str, Any], **given: str) -> subprocess.CompletedProcess[str]:
        """The step's script as `shell: bash` runs it; `given` are the values that GitHub puts into its variables."""
        assert given.keys() == step.get("env", {}).keys()
        files = {name: str(self.folder.parent / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **files, **self.variables, **given},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def read(self, name: str) -> str:
        """One of those files."""
        return (self.folder.parent / name).read_text(encoding="utf-8")

    def output(self, name: str) -> str:
        """The output of a step, as GitHub reads it from the file."""
        first, *lines = self.read("GITHUB_OUTPUT").splitlines()
        found, _, end = first.partition("<<")
        assert (found, lines[-1]) == (name, end)
        assert lines.count(end) == 1
        return "\n".join(lines[:-1])


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A pull request that is checked out: a clone in which `origin/main` is what it is compared with."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    (origin / "schedules").mkdir(parents=True)
    (origin / "schedules" / "shop.yaml").write_text(SHOP, encoding="utf-8")
    git(origin, "init", "-q", "-b", "main")
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "first")
    git(tmp_path, "clone", "-q", str(origin), str(clone))
    (clone / ".venv").symlink_to(ROOT / ".venv")
    return Runner(folder=clone)


def write(runner: Runner, text: str, name: str = "shop.yaml") -> None:
    (runner.folder / "schedules" / name).write_text(text, encoding="utf-8")


def test_the_check_says_in_words_what_a_pull_request_changes(workflow: dict[Any, Any], runner: Runner) -> None:
    write(runner, SHOP.replace("baseline: 2", "baseline: 9"))

    validated = runner.run(step(workflow, "check", "Every mistake, beside its line"))
    planned = runner.run(step(workflow, "check", "What it would change"), BASE="main")

    assert (validated.returncode, validated.stdout) == (0, "")
    assert (planned.returncode, planned.stdout, planned.stderr) == (0, "", "")
    comment = runner.output("comment")
    assert comment.startswith("<!-- caretaker: schedules -->\n**What this changes of the schedules")
    assert "<pre>\nshop-checkout:live from " in comment
    assert "rises from 2 to 9\n</pre>" in comment
    assert runner.read("GITHUB_STEP_SUMMARY") == comment + "\n"


def test_a_mistake_fails_the_check_beside_its_line_and_the_rest_is_compared(
    workflow: dict[Any, Any], runner: Runner
) -> None:
    write(runner, SHOP.replace("shop", "cart").replace("owner", "ownr"), "cart.yaml")

    validated = runner.run(step(workflow, "check", "Every mistake, beside its line"))
    planned = runner.run(step(workflow, "check", "What it would change"), BASE="main")

    assert validated.returncode == 1
    assert "::error file=schedules/cart.yaml,line=3,col=1,title=" in validated.stdout
    assert planned.returncode == 0
    assert "schedules/cart.yaml:3:1: " in runner.output("comment")
    assert step(workflow, "check", "What it would change")["if"].startswith("${{ !cancelled()")


def test_a_target_without_its_permission_fails_the_check(workflow: dict[Any, Any], runner: Runner) -> None:
    shutil.copy(ROOT / "template.yaml", runner.folder)
    permitted = step(workflow, "check", "The template lets the warmer invoke what they name")
    before = runner.run(permitted)
    assert before.returncode == 1
    assert "shop-checkout" in before.stdout
    assert all(line.startswith("| ") for line in before.stdout.splitlines())
    command = [runner.folder / ".venv/bin/caretaker", "iam", "schedules", "--write", "template.yaml"]
    subprocess.run(command, cwd=runner.folder, check=True, capture_output=True, timeout=60)
    assert runner.run(permitted).returncode == 0


@pytest.mark.parametrize("branch", ["main; touch owned", "$(touch owned)", "`touch owned`", "--output=owned"])
def test_the_name_of_a_branch_is_no_command(workflow: dict[Any, Any], runner: Runner, branch: str) -> None:
    planned = runner.run(step(workflow, "check", "What it would change"), BASE=branch)
    assert planned.returncode == 2
    assert not (runner.folder / "owned").exists()
    assert "is no revision of" in runner.output("comment")


def test_text_of_a_pull_request_is_neither_a_command_nor_markup_nor_an_output(
    workflow: dict[Any, Any], runner: Runner
) -> None:
    bad = 'version: 1\nservice: "</pre><img src=x>@acme/everybody\\n::error::owned\\nEND\\nrole=owned\\n"\n'
    write(runner, bad, "bad.yaml")
    write(runner, bad, "::set-output name=role::owned\ncomment<<END.yaml")

    validated = runner.run(step(workflow, "check", "Every mistake, beside its line"))
    planned = runner.run(step(workflow, "check", "What it would change"), BASE="main")

    assert validated.returncode == 1
    assert validated.stderr == ""
    assert all(line.startswith("::error file=schedules/") for line in validated.stdout.splitlines())
    assert (planned.stdout, planned.stderr) == ("", "")
    inside = runner.output("comment").split("<pre>\n")[1].removesuffix("\n</pre>")
    assert "everybody" in inside
    assert not set("<>") & set(inside)


def test_a_comment_is_no_longer_than_github_takes(workflow: dict[Any, Any], runner: Runner) -> None:
    targets = "".join(f"  - {{function: shop-{number:05}, alias: live, profile: day}}\n" for number in range(900))
    write(runner, SHOP + targets)
    planned = runner.run(step(workflow, "check", "What it would change"), BASE="main")
    assert planned.returncode == 0, planned.stderr
    assert 50_000 < len(runner.output("comment")) < 65_536
    assert runner.output("comment").endswith("</pre>")


@pytest.mark.parametrize(
    ("ids", "request_made"),
    [
        ("", ["POST", "repos/acme/caretaker/issues/7/comments"]),
        ("41\n42\n", ["PATCH", "repos/acme/caretaker/issues/comments/41"]),
    ],
)
def test_there_is_one_comment_written_and_then_written_anew(
    workflow: dict[Any, Any], tmp_path: Path, ids: str, request_made: list[str]
) -> None:
    (tmp_path / "clone").mkdir()
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    (tmp_path / "ids").write_text(ids)
    runner = Runner(
        folder=tmp_path / "clone",
        variables={"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "acme/caretaker"},
    )
    body = '<!-- caretaker: schedules -->\n$(touch owned) `touch owned` "@file'
    name = "Write the comment, or the one of before anew"
    ended = runner.run(step(workflow, "comment", name), GH_TOKEN="t", NUMBER="7", COMMENT=body)
    assert ended.returncode == 0, ended.stderr
    assert yaml.safe_load((tmp_path / "written").read_text()) == [*request_made, body]
    assert not (tmp_path / "clone" / "owned").exists()
