"""A pipeline's deployments with the stock `sam`, under the role of .github/deploy-role.yaml, to the stack's end.

The emulator judges every request of that role. What CloudFormation may do then is looked at in test_deploy_role.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator.controlplane.access.gate import Judged
from emulator.controlplane.ministack import Account
from emulator.stack import Options, RunningEmulator, running_emulator
from fleet.policy import decide, statements_of
from tests.emulator.controlled import client_of, create
from tests.template.checkout import ROOT, SAM, ended_run, run
from tests.template.granted import Role
from tests.template.reading import listed
from tests.template.stage import FUNCTION, OVERRIDES, REGION

pytestmark = pytest.mark.stack

STACK, SESSION, UNANSWERED = "caretaker", "pipeline", "unanswered"
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
# The emulator's CloudFormation transforms without asking.
UNSEEN = {"TransformIt cloudformation:CreateChangeSet"}
# The rules stay still; the emulator has no metric math.
FIRST = {"RulesState": "DISABLED", "MetricMathAlarms": "false"}
# Function, its role, and what it is to do.
WORK = (
    ("WarmerFunction", "WarmerRole", {"caretaker": {"run": "warm", "service": "shop"}}),
    ("JanitorFunction", "JanitorRole", {"caretaker": {"run": "sweep"}}),
)
EMPTY = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """The pipeline's own stack in an emulator, as an administrator made it, and a place for a configuration."""

    emulator: RunningEmulator
    checkout: Path
    folder: Path
    outputs: Mapping[str, str]

    @property
    def judged(self) -> list[Judged]:
        """What the pipeline asked for."""
        return [one for one in self.emulator.judged() if one.function == SESSION]

    @property
    def variables(self) -> Mapping[str, str]:
        """What a job of the pipeline finds in its environment."""
        return self.emulator.environment_as(self.outputs["PipelineRoleArn"], SESSION)

    def sam(self, verb: str, *more: str, **parameters: str) -> str:
        config = self.folder / "samconfig.toml"
        config.write_text(configured(self.outputs, {**FIRST, **parameters}), encoding="utf-8")
        command: list[str | Path] = [SAM, verb, "--config-env", "prod", "--config-file", config, *more]
        return run(command, folder=self.checkout, variables=self.variables)

    def stack(self) -> str:
        found = client_of(self.emulator, "cloudformation").list_stacks()["StackSummaries"]
        return next(str(one["StackStatus"]) for one in found if one["StackName"] == STACK)

    def physical(self, logical: str) -> str:
        """The name of a resource of the stack."""
        formation = client_of(self.emulator, "cloudformation")
        found = formation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def role(self, logical: str) -> Role:
        return Role(self.emulator, self.physical(logical))


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What was seen while the pipeline deployed, changed and deleted the stack."""

    pipeline: Pipeline
    states: tuple[str, ...]
    judged: tuple[Judged, ...]
    roles: tuple[Role, ...]
    reports: tuple[dict[str, Any], ...]


def configured(outputs: Mapping[str, str], parameters: Mapping[str, str]) -> str:
    """samconfig.toml changed as docs/delivery.md says, with these parameters as well."""
    before, after = (ROOT / "samconfig.toml").read_text(encoding="utf-8").split("[prod.deploy.parameters]\n")
    given = {"RolesBoundary": outputs["RolesBoundaryArn"], **parameters}
    overrides = " ".join(f"{name}={value}" for name, value in given.items()).replace('"', '\\"')
    bucket = f's3_bucket = "{outputs["ArtifactsBucket"]}"'
    after = after.replace("resolve_s3 = true", f'{bucket}\nrole_arn = "{outputs["CloudFormationRoleArn"]}"')
    after = after.replace("[prod.delete.parameters]", f"[prod.delete.parameters]\n{bucket}")
    return f'{before}[prod.deploy.parameters]\nparameter_overrides = "{overrides}"\n{after}'


# As an administrator calls it, who is asked.
MAKE_ROLES = (
    "make",
    "--no-print-directory",
    "deploy-role",
    "REPOSITORY=acme/caretaker",
    f"PARAMETERS=ProviderArn={PROVIDER}",
)


def installed(emulator: RunningEmulator, checkout: Path) -> Mapping[str, str]:
    """The outputs of the pipeline's own stack, which an administrator makes."""
    run([*MAKE_ROLES, "ARGS=--no-confirm-changeset"], folder=checkout, variables=emulator.environment)
    (stack,) = client_of(emulator, "cloudformation").describe_stacks(StackName="caretaker-pipeline")["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


@pytest.fixture(scope="module")
def life(built_checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with running_emulator(Options(iam=True, account=Account(region=REGION))) as emulator:
        folder, outputs = tmp_path_factory.mktemp("pipeline"), installed(emulator, built_checkout)
        pipeline = Pipeline(emulator=emulator, checkout=built_checkout, folder=folder, outputs=outputs)
        pipeline.sam("deploy", "--no-confirm-changeset")
        states = [pipeline.stack()]
        pipeline.sam("deploy", "--no-confirm-changeset", **OVERRIDES)
        states.append(pipeline.stack())
        roles = tuple(pipeline.role(name) for name in ("WarmerRole", "JanitorRole"))
        a_target(pipeline)
        reports = [worked(pipeline, *errand) for errand in WORK]
        pipeline.sam("delete", "--no-prompts")
        states.append(pipeline.stack())
        judged = tuple(pipeline.judged)
        yield Life(pipeline=pipeline, states=tuple(states), judged=judged, roles=roles, reports=tuple(reports))


def a_target(pipeline: Pipeline) -> None:
    """The function that the schedule names, and the schedule where the stack reads it."""
    lambdas = client_of(pipeline.emulator, "lambda")
    create(lambdas, "shop-checkout", versions=2, source="def handler(event, context): return {'statusCode': 200}")
    lambdas.create_alias(FunctionName="shop-checkout", Name="live", FunctionVersion="2")
    lambdas.tag_resource(Resource=f"{FUNCTION}:shop-checkout", Tags={"team": "shop"})
    schedule = (pipeline.checkout / "schedules" / "shop.yaml").read_bytes()
    bucket = pipeline.physical("SchedulesBucket")
    client_of(pipeline.emulator, "s3").put_object(Bucket=bucket, Key="schedules/shop.yaml", Body=schedule)


def worked(pipeline: Pipeline, function: str, role: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """What the function reports of this event, under the boundary, which the emulator's CloudFormation forgets."""
    edge = pipeline.outputs["RolesBoundaryArn"]
    name = pipeline.role(role).name
    client_of(pipeline.emulator, "iam").put_role_permissions_boundary(RoleName=name, PermissionsBoundary=edge)
    pipeline.emulator.look_again()
    lambdas = client_of(pipeline.emulator, "lambda")
    reply = lambdas.invoke(FunctionName=pipeline.physical(function), Payload=json.dumps(event))
    report: dict[str, Any] = json.loads(reply["Payload"].read())
    return report


def test_an_administrator_is_asked_and_says_that_roles_may_be_made(life: Life) -> None:
    """AWS refuses a stack with roles whose capabilities nobody named; the emulator does not."""
    ended = ended_run(
        [*MAKE_ROLES, f"ROLE_STACK={UNANSWERED}"],
        folder=life.pipeline.checkout,
        variables=life.pipeline.emulator.environment,
    )
    assert ended.returncode != 0
    assert re.search(r'Capabilities +: \["CAPABILITY_IAM"\]', ended.stdout), ended.stdout
    assert "Deploy this changeset? [y/N]" in ended.stdout
    found = client_of(life.pipeline.emulator, "cloudformation").list_stacks()["StackSummaries"]
    made = {one["StackName"]: one["StackStatus"] for one in found}
    assert made.get(UNANSWERED) != "CREATE_COMPLETE"


def test_a_pipeline_deploys_changes_and_deletes_the_stack_under_its_role(life: Life) -> None:
    assert life.states == ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")
    assert [(one.action, one.resource) for one in life.judged if not one.allowed] == []


def test_each_grant_of_the_pipeline_that_is_taken_away_is_missed(life: Life) -> None:
    role = Role(life.pipeline.emulator, life.pipeline.outputs["PipelineRoleArn"].rpartition("/")[2])
    idle = {grant.name for grant in role.grants() if not refused(life.judged, role, grant.place, grant.action)}
    assert idle == UNSEEN


def refused(judged: tuple[Judged, ...], role: Role, place: int, lost: str) -> list[Judged]:
    """What would have been refused without this action of the statement at this place."""
    kept = [action for action in listed(role.deployed[place]["Action"]) if action != lost]
    less = [{**role.deployed[place], "Action": kept}] if kept else []
    rest = statements_of({"Statement": [*role.deployed[:place], *less, *role.deployed[place + 1 :]]})
    return [one for one in judged if not decide(rest, one.action, one.resource, one.context).allowed]


def test_the_boundary_leaves_the_stack_s_roles_all_that_they_are_granted_with_everything_on(life: Life) -> None:
    iam = client_of(life.pipeline.emulator, "iam")
    arn = life.pipeline.outputs["RolesBoundaryArn"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    bound = statements_of(document)
    granted = {
        (grant.action, resource)
        for role in life.roles
        for grant in role.grants()
        for resource in grant.statement.resources
    }
    assert len(granted) > 40
    # What matches a pattern as it stands, stars and all, matches whatever the stars stand for.
    assert {it for it in granted if not decide(bound, *it).allowed} == set()


def test_both_functions_work_under_the_boundary_and_miss_nothing_of_what_they_are_granted(life: Life) -> None:
    warmed, swept = life.reports
    assert [(target["function"], target["covered"] > 0) for target in warmed["targets"]] == [("shop-checkout", True)]
    assert swept["ok"], json.dumps(swept)
    names = {role.name for role in life.roles}
    judged = [one for one in life.pipeline.emulator.judged() if one.role.rpartition("/")[2] in names]
    assert len({one.role for one in judged}) == len(names)
    # What their own policies do not allow, such as tags for the warmer, no boundary gives.
    assert {(one.action, one.resource) for one in judged if "boundary" in one.reason} == set()
    used = {one.action for one in judged}
    assert used >= {"ssm:GetParameter", "s3:ListBucket", "dynamodb:Query", "lambda:ListFunctions", "logs:PutLogEvents"}


@pytest.mark.parametrize(
    ("stack", "handed"),
    [
        (STACK, None),
        (STACK, "PipelineRoleArn"),
        ("caretaker-pipeline", "CloudFormationRoleArn"),
        ("orders", "CloudFormationRoleArn"),
    ],
)
def test_a_pipeline_plans_no_other_stack_and_nothing_without_cloudformation_s_role(
    life: Life, stack: str, handed: str | None
) -> None:
    given: dict[str, Any] = {"RoleARN": life.pipeline.outputs[handed]} if handed else {}
    with pytest.raises(
        ClientError,
        match=f"is not authorized to perform: cloudformation:CreateChangeSet on resource: .*:stack/{stack}/",
    ):
        client(life.pipeline, "cloudformation").create_change_set(
            StackName=stack, ChangeSetName="plan", ChangeSetType="CREATE", TemplateBody=EMPTY, **given
        )


def client(pipeline: Pipeline, service: str) -> Any:
    """A client with the pipeline's keys."""
    variables = pipeline.variables
    return boto3.client(
        service,
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=variables["AWS_SESSION_TOKEN"],
    )
