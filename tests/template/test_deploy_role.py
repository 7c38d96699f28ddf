"""The roles of a pipeline: enough for CloudFormation to deploy all of template.yaml, and nothing to spare."""

import json
import re
from typing import Any

import pytest

from fleet.policy import Statement, decide, statements_of
from tests.template.checkout import ROOT, run
from tests.template.deploying import (
    ACCOUNT,
    ARTIFACTS,
    BOUNDARY,
    ROLE_TEMPLATE,
    Call,
    UnknownTypeError,
    calls,
    handlers,
    name_of,
    pipeline_stack,
    resources,
    unneeded,
)
from tests.template.reading import listed, read_template

CFN_LINT = ROOT / ".tools" / "sam" / "bin" / "cfn-lint"
# Source: IAM user guide, "IAM and AWS STS quotas": characters of a role's inline policies, and of a managed policy.
INLINE, MANAGED = 10_240, 6_144
# Source: their API references: characters of a name.
LONGEST = {"AWS::Events::Rule": 64, "AWS::IAM::Role": 64, "AWS::Lambda::Function": 64, "AWS::S3::Bucket": 63}


def granted(role: str) -> list[dict[str, Any]]:
    """The statements of a role of the pipeline's stack."""
    found = pipeline_stack().resources("AWS::IAM::Role")[role]["Policies"]
    return [statement for policy in found for statement in policy["PolicyDocument"]["Statement"]]


def boundary() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pipeline_stack().resources("AWS::IAM::ManagedPolicy")[BOUNDARY]["PolicyDocument"][
        "Statement"
    ]
    return found


def refused(statements: tuple[Statement, ...], asked: list[Call]) -> list[Call]:
    return [one for one in asked if not decide(statements, one.action, one.resource, one.context).allowed]


def test_cloudformation_may_make_change_and_delete_everything_in_the_template() -> None:
    assert refused(statements_of({"Statement": granted("CloudFormationRole")}), list(calls(resources()))) == []


def test_each_action_that_is_taken_away_is_missed_at_some_resource() -> None:
    asked, statements = list(calls(resources())), granted("CloudFormationRole")
    idle = []
    for place, statement in enumerate(statements):
        for action in listed(statement["Action"]) if statement["Effect"] == "Allow" else ():
            kept = [one for one in listed(statement["Action"]) if one != action] or ["sts:GetCallerIdentity"]
            rest = [*statements[:place], {**statement, "Action": kept}, *statements[place + 1 :]]
            if not refused(statements_of({"Statement": rest}), [one for one in asked if one.action == action]):
                idle.append(f"{statement['Sid']} {action}")
    assert idle == []


def test_each_resource_that_is_named_is_one_that_the_template_has() -> None:
    asked = list(calls(resources()))
    idle = [
        f"{statement['Sid']} {place}"
        for statement in granted("CloudFormationRole")
        if statement["Effect"] == "Allow"
        for place in listed(statement["Resource"])
        # The form with ":*" is CloudWatch Logs' other name for the same group.
        if not any(_speaks({**statement, "Resource": place.removesuffix(":*")}, one) for one in asked)
    ]
    assert idle == []


def _speaks(statement: dict[str, Any], call: Call) -> bool:
    return decide(statements_of({"Statement": statement}), call.action, call.resource, call.context).allowed


def test_a_type_of_resource_that_is_new_in_the_template_must_be_thought_of() -> None:
    with pytest.raises(UnknownTypeError, match=r"^Key is an AWS::KMS::Key, which is new: renew deploy-role\.yaml"):
        list(calls({**resources(), "Key": {"Type": "AWS::KMS::Key"}}))


def test_what_is_said_to_be_unneeded_is_among_what_the_handlers_name_and_said_once() -> None:
    for kind, reasons in unneeded().items():
        said = [one for many in reasons.values() for one in many]
        assert sorted(said) == sorted(set(said) & set(handlers()[kind])), kind


@pytest.mark.parametrize(
    "like", ["WarmerFunction", "WarmerRole", "WarmerTargets1", "StateTable", "DeadLetters", "BoostTopic", "WarmerLogs"]
)
def test_one_more_that_runs_code_or_holds_rights_or_data_needs_the_role_to_be_renewed(like: str) -> None:
    more = {f"Another{like}": resources()[like]}
    assert refused(statements_of({"Statement": granted("CloudFormationRole")}), list(calls(more)))


def test_one_more_alarm_or_rule_does_not() -> None:
    found = resources()
    more = {"Another": found["WarmerErrors"], "AnotherTick": found["WarmerFunctionTick"]}
    assert refused(statements_of({"Statement": granted("CloudFormationRole")}), list(calls(more))) == []


def test_iam_takes_the_policies_as_long_as_a_name_may_be() -> None:
    stack = pipeline_stack(StackName="c" * 20)
    for name, role in stack.resources("AWS::IAM::Role").items():
        documents = [json.dumps(policy["PolicyDocument"], separators=(",", ":")) for policy in role["Policies"]]
        # The longest region's name and partition are longer than those of the reader, in each ARN.
        assert sum(len(one) + one.count("arn:") * 20 for one in documents) <= INLINE, name
    document = json.dumps(stack.resources("AWS::IAM::ManagedPolicy")[BOUNDARY]["PolicyDocument"], separators=(",", ":"))
    assert len(document) + document.count("arn:") * 20 <= MANAGED


def test_both_roles_of_the_template_take_the_boundary_and_none_where_none_is_given() -> None:
    template = read_template()
    roles = {name: one for name, one in template["Resources"].items() if one["Type"] == "AWS::IAM::Role"}
    wanted = {"Fn::If": ["Bounded", {"Ref": "RolesBoundary"}, {"Ref": "AWS::NoValue"}]}
    assert {name: one["Properties"]["PermissionsBoundary"] for name, one in roles.items()} == dict.fromkeys(
        ("WarmerRole", "JanitorRole"), wanted
    )
    assert template["Conditions"]["Bounded"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "RolesBoundary"}, ""]}]}


def test_an_account_that_trusts_github_already_keeps_its_provider() -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    stack = pipeline_stack(ProviderArn=provider)
    assert stack.resources("AWS::IAM::OIDCProvider") == {}
    (trust,) = stack.resources("AWS::IAM::Role")["PipelineRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Federated": provider}


def test_its_bundles_are_private_encrypted_versioned_and_kept() -> None:
    bucket = read_template(ROLE_TEMPLATE)["Resources"]["Artifacts"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    (deny,) = pipeline_stack().resources("AWS::S3::BucketPolicy")["ArtifactsPolicy"]["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Resource"]) == ("Deny", [ARTIFACTS, f"{ARTIFACTS}/*"])


def test_a_stack_s_name_is_short_enough_for_cloudformation_to_leave_it_whole_in_every_name() -> None:
    pattern = read_template(ROLE_TEMPLATE)["Parameters"]["StackName"]["AllowedPattern"]
    assert re.fullmatch(pattern, "c" * 20)
    assert not re.fullmatch(pattern, "c" * 21)
    made = {name: one for name, one in resources().items() if one["Type"] in LONGEST and name != "DeployHookFunction"}
    lengths = {name: len(name_of(name).replace("caretaker", "c" * 20)) for name in made}
    assert {name for name, length in lengths.items() if length > LONGEST[made[name]["Type"]]} == set()


def test_cfn_lint_finds_nothing_to_object_to_not_even_an_action_that_aws_does_not_know() -> None:
    assert run([CFN_LINT, ROLE_TEMPLATE], folder=ROOT) == ""
