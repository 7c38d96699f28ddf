"""The golden payloads, as pytest parameters with their names as ids."""

import json
from pathlib import Path
from typing import Any

import pytest

WIRE = Path(__file__).parents[2] / "kits" / "wire"


def cases(file: str) -> list[Any]:
    """Each case of `file`, one test parameter each."""
    found = json.loads((WIRE / file).read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["name"]) for case in found]
