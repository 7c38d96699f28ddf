"""`python -m tests.profiles.fuzz SECONDS [SEED]`: damaged schedule files and compiled documents, for as long as told.

The same checks as `test_mutations` makes on five hundred files, with a seed that is new each time. A file that breaks
the reader is made as small as it can be and shown; the status is 1 then.
"""

import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from profiles.compiled import CompiledUnusable, compile_schedules, load_compiled
from profiles.reader import Document, read_documents
from tests.profiles.test_mutations import REAL, SNIPPETS, damaged, files, read_damaged

_BATCH = 250
_QUIET = settings(
    max_examples=_BATCH,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
_COMPILED = compile_schedules(read_documents(Document(file=name, data=data) for name, data in REAL.items()))
counts: Counter[str] = Counter()


@_QUIET
@given(damaged(), files)
def _a_file(data: bytes, file: str) -> None:
    schedules = read_damaged(data, file)
    counts["files"] += 1
    counts["files with mistakes"] += bool(schedules.mistakes)
    counts["mistakes"] += len(schedules.mistakes)


@_QUIET
@given(st.integers(0, len(_COMPILED)), st.integers(0, 40), st.sampled_from(SNIPPETS))
def _a_compiled_document(start: int, length: int, snippet: bytes) -> None:
    data = _COMPILED[:start] + snippet + _COMPILED[start + length :]
    try:
        load_compiled(data, where="compiled.json")
    except CompiledUnusable:
        counts["compiled documents refused"] += 1
    counts["compiled documents"] += 1


def main(seconds: float, first: int) -> int:
    until, number = time.monotonic() + seconds, first
    while time.monotonic() < until:
        for check in (_a_file, _a_compiled_document):
            if not _held(check, number):
                _say(f"broken under seed {number}; again with: make fuzz FUZZ_SECONDS=1 FUZZ_SEED={number}")
                return 1
        number += 1
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    _say(f"{seconds:g} s, seeds {first} to {number - 1}: {told}; no traceback")
    return 0


def _say(words: str) -> None:
    sys.stdout.write(f"fuzz: {words}\n")


def _held(check: Callable[[], None], number: int) -> bool:
    try:
        seed(number)(check)()
    except Exception:
        traceback.print_exc()
        return False
    return True


if __name__ == "__main__":
    length = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    start = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else int(time.time()) % 1_000_000
    sys.exit(main(length, start))
