"""Writes a SAM template as CloudFormation will see it, with everything that a parameter can switch on.

Runs under sam's own interpreter, because only that environment has the translator:
``.tools/sam/bin/python checks/translated.py template.yaml``. Talks to nobody: the template uses no managed policies by
name, which are all that the translator would ask IAM for.
"""

import json
import sys
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse  # type: ignore[import-not-found]
from samtranslator.parser.parser import Parser  # type: ignore[import-not-found]
from samtranslator.translator.translator import Translator  # type: ignore[import-not-found]


class _Region:
    """All that the translator wants of a session."""

    region_name = "eu-central-1"


def translated(source: str) -> dict[str, Any]:
    """The template after SAM's transform, no resource of it behind a condition, so that a scanner passes none over."""
    template = yaml_parse(source)
    for resource in template["Resources"].values():
        resource.pop("Condition", None)
    # The translator takes only what sam package leaves: code that was uploaded.
    for code in template.get("Globals", {}).values():
        code["CodeUri"] = "s3://bucket/key"
    result: dict[str, Any] = Translator({}, Parser(), boto_session=_Region()).translate(template, {})
    return result


if __name__ == "__main__":
    json.dump(translated(Path(sys.argv[1]).read_text()), sys.stdout, indent=1)
