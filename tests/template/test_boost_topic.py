"""Who may boost, and what a boost may touch, as the template has it."""

from typing import Any

import pytest

from fleet.policy import decide, statements_of
from tests.template.reading import Stack, statements


@pytest.mark.parametrize("action", ["dynamodb:Query", "dynamodb:PutItem"])
@pytest.mark.parametrize(("partition", "its_own"), [("boosts", True), ("mark#shop", False), ("audit#shop", False)])
def test_of_the_state_table_the_warmer_may_read_and_write_the_boosts_only(
    stack: Stack, action: str, partition: str, its_own: bool
) -> None:
    granted = statements_of({"Statement": statements(stack, "WarmerRole")})
    context = {"dynamodb:LeadingKeys": [partition]}
    assert decide(granted, action, "StateTable.Arn", context=context).allowed is its_own


@pytest.mark.parametrize("action", ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"])
def test_the_warmer_may_do_nothing_else_with_the_state_table(stack: Stack, action: str) -> None:
    granted = statements_of({"Statement": statements(stack, "WarmerRole")})
    context = {"dynamodb:LeadingKeys": ["boosts"]}
    assert not decide(granted, action, "StateTable.Arn", context=context).allowed


def test_only_alarms_of_this_account_may_publish_by_the_topic_s_own_policy(stack: Stack) -> None:
    (policy,) = stack.resources("AWS::SNS::TopicPolicy").values()
    alarms, tls = policy["PolicyDocument"]["Statement"]
    assert (alarms["Effect"], alarms["Action"]) == ("Allow", "sns:Publish")
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*"},
    }
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_a_boost_that_cannot_be_delivered_is_a_dead_letter(stack: Stack) -> None:
    events: dict[str, Any] = stack.function("WarmerFunction")["Events"]
    assert events["Boost"] == {
        "Type": "SNS",
        "Properties": {"Topic": "BoostTopic", "RedrivePolicy": {"deadLetterTargetArn": "DeadLetters.Arn"}},
    }


def test_the_topic_has_no_key_that_alarms_cannot_use(stack: Stack) -> None:
    (topic,) = stack.resources("AWS::SNS::Topic").values()
    assert "KmsMasterKeyId" not in topic
