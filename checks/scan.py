"""`python -m checks.scan`: checkov over both templates as CloudFormation sees them, each finding excused or a failure.

cfn-lint asks whether the template is valid; this asks whether it is wise. Needs no network.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TEMPLATES = ("template.yaml", ".github/deploy-role.yaml")
EXCUSES = Path(__file__).with_name("excuses.yaml")
SAM_PYTHON = ROOT / ".tools/sam/bin/python"
CHECKOV = ROOT / ".tools/checkov/bin/checkov"
OPTIONS = ["--framework", "cloudformation", "--skip-download", "--quiet", "--compact", "--output", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """What a check of the scanner has against a resource."""

    check: str
    resource: str
    says: str = ""
    template: str = TEMPLATES[0]

    @property
    def key(self) -> tuple[str, str]:
        """What an excuse names."""
        return self.check, self.resource


def excused(text: str) -> dict[tuple[str, str], str]:
    """Check and resource to the reason that excuses them. Raises ``ValueError`` for a line that gives no reason."""
    excuses: dict[tuple[str, str], str] = {}
    for named, reason in (yaml.safe_load(text) or {}).items():
        check, _, resources = named.partition(" ")
        if not resources or not reason:
            raise ValueError(
                f'{EXCUSES.name}: "{named}" names no resource or gives no reason; '
                'write "CHECK Resource, Resource: reason"'
            )
        excuses |= {(check, resource.strip()): str(reason) for resource in resources.split(",")}
    return excuses


def scanned(template: Path) -> list[Objection]:
    """Everything that the scanner objects to in a template. Raises ``RuntimeError`` where a tool fails."""
    with tempfile.TemporaryDirectory() as folder:
        translated = Path(folder) / "template.json"
        translated.write_text(_output([SAM_PYTHON, ROOT / "checks/translated.py", template]))
        report = json.loads(_output([CHECKOV, *OPTIONS, "--file", translated], findings_status=1))
    if "results" not in report or report["summary"]["parsing_errors"] or not report["summary"]["passed"]:
        raise RuntimeError(f"checkov did not read the template: {json.dumps(report)[:500]}")
    return [
        Objection(
            check=it["check_id"],
            resource=it["resource"].rpartition(".")[2],
            says=it["check_name"],
            template=template.relative_to(ROOT).as_posix() if template.is_relative_to(ROOT) else template.name,
        )
        for it in report["results"]["failed_checks"]
    ]


def verdict(objections: Iterable[Objection], excuses: dict[tuple[str, str], str]) -> list[str]:
    """A sentence for each objection without an excuse, and for each excuse without an objection."""
    objections = list(objections)
    made = {it.key for it in objections}
    return [
        f"{it.template}: {it.resource}: {it.check}: {it.says}. "
        f"Mend it, or excuse it with its reason in checks/{EXCUSES.name}"
        for it in objections
        if it.key not in excuses
    ] + [
        f"checks/{EXCUSES.name}: {check} of {resource} excuses nothing any more; delete it"
        for check, resource in sorted(excuses.keys() - made)
    ]


def _output(command: list[str | Path], *, findings_status: int = 0) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)  # noqa: S603 - the tools of this checkout
    if done.returncode not in (0, findings_status) or not done.stdout.strip():
        raise RuntimeError(
            f"{Path(command[0]).name} failed with status {done.returncode}: {(done.stderr or done.stdout)[-1000:]}"
        )
    return done.stdout


def main() -> int:
    """Scan the templates of this checkout; 1 where something is left to mend or to excuse."""
    excuses = excused(EXCUSES.read_text())
    objections = [objection for template in TEMPLATES for objection in scanned(ROOT / template)]
    complaints = verdict(objections, excuses)
    print(*complaints, f"scan: checkov objects to {len(objections)} things; {len(excuses)} are excused", sep="\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
