"""`python -m tests.janitor.fuzz SECONDS [SEED]`: made-up accounts through whole runs of the janitor.

The same rehearsal as `test_random_accounts` makes on some hundred accounts, with a seed that is new each time. An
account that does not hold is made as small as it can be and shown; the status is 1 then.
"""

import sys
import time
import traceback
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.janitor.account import Account
from tests.janitor.random_accounts import accounts, rehearse

_BATCH = 100
counts = {"accounts": 0, "versions": 0, "deleted": 0}


@settings(
    max_examples=_BATCH,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(accounts(), st.randoms(use_true_random=False))
def _an_account(account: Account, random: Random) -> None:
    versions = sum(len(function.versions) for function in account.functions.values())
    with TemporaryDirectory() as folder:
        rehearse(account, Path(folder), random)
    counts["accounts"] += 1
    counts["versions"] += versions
    counts["deleted"] += len(account.deleted)


def main(seconds: float, first: int) -> int:
    """Batch after batch, each under a seed of its own, until the time is over."""
    until, number = time.monotonic() + seconds, first
    while time.monotonic() < until:
        try:
            seed(number)(_an_account)()
        except Exception:
            traceback.print_exc()
            sys.stdout.write(f"fuzz: broken under seed {number}; again with: python -m tests.janitor.fuzz 1 {number}\n")
            return 1
        number += 1
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    sys.stdout.write(f"fuzz: {told}, none of them protected; seeds {first} to {number - 1}\n")
    return 0


if __name__ == "__main__":
    given_seed = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else time.time_ns() % 10**9
    sys.exit(main(float(sys.argv[1]), given_seed))
