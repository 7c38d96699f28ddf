"""What the warmer loads before its first event: every module that it does without is time that each new one saves."""

import subprocess
import sys

_LOADED = "import sys, warmer.handler; print(*sorted(sys.modules))"


def _loaded(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_start_loads_nothing_that_only_a_burst_needs() -> None:
    loaded = _loaded(_LOADED)

    assert "warmer.tick" in loaded
    assert not loaded & {"h2", "hpack", "hyperframe", "warmer.rounds", "warmer.burst", "warmer.verdict"}


def test_a_start_loads_no_reader_of_other_events_than_ticks() -> None:
    others = {"warmer.deployments", "warmer.hook", "warmer.boost_message", "warmer.settling", "yaml", "difflib"}

    assert not _loaded(_LOADED) & others
