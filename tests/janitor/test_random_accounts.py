"""The law of laws, on accounts that nobody thought of: nothing protected is ever deleted, and what may go goes."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.janitor.account import Account
from tests.janitor.random_accounts import accounts, rehearse


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(accounts(), st.randoms(use_true_random=False))
def test_no_protected_version_is_ever_deleted_and_every_prunable_one_is(account: Account, random: Random):
    with TemporaryDirectory() as folder:
        rehearse(account, Path(folder), random)
