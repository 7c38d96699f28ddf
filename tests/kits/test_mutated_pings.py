"""Ten thousand pings with cut, doubled and swapped letters, through every real adapter and Lambda's own client."""

import json
import subprocess
import sys
from pathlib import Path

from tests.examples.caller import event
from tests.kits.packages import ROOT, adapters

RUNTIME = ROOT / ".tools" / "runtime" / "lib" / "python3.11" / "site-packages"


def test_ten_thousand_mutated_pings_break_neither_themselves_nor_the_request_behind_them() -> None:
    environment = {
        "PYTHONPATH": f"{adapters()}:{RUNTIME}",
        "PATH": "/usr/bin:/bin",
        # What is left of a block may still ask for a hold; ten thousand of them would be a long test.
        "CARETAKER_MAX_HOLD_MS": "1",
    }
    script = Path(__file__).with_name("mutated_pings.py")
    command = [sys.executable, "-B", str(script), "10000", json.dumps(event("universal"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["broken"] == []
    assert told["seen"]["invocations"] == 10_000
    # Both kinds were met: what is still a ping, and what has become a request like any other.
    assert told["seen"]["with evidence"] > 5_000
    assert told["seen"]["without"] > 50
