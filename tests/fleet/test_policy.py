"""What policies decide: IAM's own examples and rules, one case a test."""

from typing import Any

import pytest

from fleet.policy import PolicyError, decide, statements_of

SHOP = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/state"


def allowed(statement: Any, action: str, resource: str, **context: list[str]) -> bool:
    keys = {key.replace("__", ":"): values for key, values in context.items()}
    return decide(statements_of({"Statement": statement}), action, resource, keys).allowed


def test_what_nothing_allows_is_denied_in_iam_s_words() -> None:
    decision = decide((), "lambda:InvokeFunction", SHOP)
    assert (decision.allowed, decision.by) == (False, None)
    assert decision.reason == "because no identity-based policy allows the lambda:InvokeFunction action"


def test_a_function_s_own_arn_does_not_allow_its_alias_and_the_other_way_round() -> None:
    own = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": SHOP}
    assert allowed(own, "lambda:InvokeFunction", SHOP)
    assert not allowed(own, "lambda:InvokeFunction", f"{SHOP}:live")
    assert not allowed(own | {"Resource": f"{SHOP}:*"}, "lambda:InvokeFunction", SHOP)


@pytest.mark.parametrize("action", ["lambda:DeleteFunction", "LAMBDA:deletefunction"])
def test_actions_match_in_any_letter_case_and_resources_do_not(action: str) -> None:
    delete = {"Effect": "Allow", "Action": ["lambda:delete*"], "Resource": [f"{SHOP}:*"]}
    assert allowed(delete, action, f"{SHOP}:3")
    assert not allowed(delete, action, f"{SHOP}:3".upper())


def test_a_deny_wins_over_any_allow() -> None:
    both = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "Never", "Effect": "Deny", "Action": "lambda:DeleteFunction", "Resource": f"{SHOP}:*"},
    ]
    decision = decide(statements_of({"Statement": both}), "lambda:DeleteFunction", f"{SHOP}:3")
    assert (decision.allowed, decision.reason) == (False, "with an explicit deny by statement Never")
    assert allowed(both, "lambda:DeleteFunction", SHOP)


def test_all_but_the_named_actions_and_resources() -> None:
    but = {"Effect": "Allow", "NotAction": "lambda:Delete*", "NotResource": f"{SHOP}:*"}
    assert allowed(but, "lambda:GetFunction", SHOP)
    assert not allowed(but, "lambda:DeleteFunction", SHOP)
    assert not allowed(but, "lambda:GetFunction", f"{SHOP}:1")


def test_a_question_mark_is_one_letter_and_brackets_are_themselves() -> None:
    one = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/[a]?"}
    assert allowed(one, "s3:GetObject", "arn:aws:s3:::bucket/[a]b")
    assert not allowed(one, "s3:GetObject", "arn:aws:s3:::bucket/[a]bc")
    assert not allowed(one, "s3:GetObject", "arn:aws:s3:::bucket/ab")


def test_leading_keys_must_all_be_named() -> None:
    boosts = {
        "Effect": "Allow",
        "Action": "dynamodb:PutItem",
        "Resource": TABLE,
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["boosts"]}},
    }
    assert allowed(boosts, "dynamodb:PutItem", TABLE, dynamodb__LeadingKeys=["boosts"])
    assert not allowed(boosts, "dynamodb:PutItem", TABLE, dynamodb__LeadingKeys=["boosts", "audit-open"])
    assert allowed(boosts, "dynamodb:PutItem", TABLE), "IAM: ForAllValues holds for a request without the key"


def test_a_condition_of_several_values_holds_for_any_of_them_and_needs_the_key() -> None:
    tagged = {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": ["shop", "pay"]}},
    }
    assert allowed(tagged, "lambda:InvokeFunction", SHOP, **{"aws__ResourceTag/team": ["pay"]})
    assert not allowed(tagged, "lambda:InvokeFunction", SHOP, **{"aws__ResourceTag/team": ["hr"]})
    assert not allowed(tagged, "lambda:InvokeFunction", SHOP)


def test_a_condition_that_cannot_be_judged_never_opens_a_door() -> None:
    odd = {"Action": "s3:*", "Resource": "*", "Condition": {"NumericLessThan": {"s3:max-keys": "10"}}}
    assert not allowed(odd | {"Effect": "Allow"}, "s3:ListBucket", "arn:aws:s3:::bucket")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    assert not allowed([everything, odd | {"Effect": "Deny"}], "s3:ListBucket", "arn:aws:s3:::bucket")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"Statement": "all"}, '"Statement" is str'),
        ({"Statement": [{"Action": "a:b", "Resource": "*"}]}, 'statement 1 has no "Effect"'),
        ({"Statement": {"Effect": "Allow", "Resource": "*"}}, 'must have "Action" or "NotAction"'),
        ({"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*", "NotResource": "x"}}, "one of them"),
    ],
)
def test_a_document_that_iam_would_not_take_is_refused_with_where(document: Any, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        statements_of(document)


def test_a_boundary_grants_nothing_and_takes_away_what_it_does_not_allow() -> None:
    role = statements_of({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    edge = statements_of(
        {
            "Statement": [
                {"Effect": "Allow", "Action": ["s3:Get*", "sqs:*"], "Resource": "*"},
                {"Sid": "NeverThat", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secret/*"},
            ]
        }
    )
    assert decide(role, "s3:GetObject", "arn:aws:s3:::plans/a", bounds=edge).allowed
    cut = decide(role, "s3:PutObject", "arn:aws:s3:::plans/a", bounds=edge)
    assert (cut.allowed, cut.bounded) == (False, True)
    assert cut.reason == "because no permissions boundary allows the s3:PutObject action"
    denied = decide(role, "s3:GetObject", "arn:aws:s3:::secret/a", bounds=edge)
    assert (denied.bounded, denied.by is not None and denied.by.sid) == (True, "NeverThat")
    assert denied.reason == "because its permissions boundary denies it"
    never = decide(role, "sqs:SendMessage", "*", bounds=edge)
    assert (never.allowed, never.bounded) == (False, False)
