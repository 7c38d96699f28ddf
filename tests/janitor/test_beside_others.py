"""What the bench beside other janitors says of ours, and that its accounts can tell good from bad."""

import pytest

from bench.janitors import caretaker, sar_lambda_janitor
from bench.janitors_accounts import KEEP, accounts, hasty, unused, used
from bench.janitors_api import LambdaApi

SITUATIONS = dict(accounts())


@pytest.mark.parametrize("said", SITUATIONS)
def test_ours_harms_nothing_and_leaves_nothing(said):
    api = LambdaApi(dict(accounts())[said])
    assert caretaker(api) == ""
    assert (used(api.account), hasty(api.account), unused(api.account)) == (0, 0, 0)
    assert api.complaints == []


def test_a_rule_that_knows_aliases_only_harms_what_an_event_source_names():
    api = LambdaApi(dict(accounts())["an event source names it"])
    assert sar_lambda_janitor(api) == ""
    assert used(api.account) == 1
    assert sorted(api.account.functions["shop"].versions) == [18, 19, 20][-KEEP:]


def test_a_rule_that_knows_no_deployments_deletes_amid_one():
    api = LambdaApi(dict(accounts())["CodeDeploy is deploying it"])
    sar_lambda_janitor(api)
    assert hasty(api.account) == 17
