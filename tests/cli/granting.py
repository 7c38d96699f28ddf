"""Schedules and a template for `caretaker iam`, and what it grants."""

from pathlib import Path

from click.testing import CliRunner, Result

from cli.command import main
from fleet.policy import decide, statements_of

HEAD = """\
version: 1
service: {service}
owner: team
timezone: UTC
profiles:
  day: {{baseline: 2}}
targets:
"""
TEMPLATE = """\
# 99 € of comment, and a \ttab
Resources:
  Before: {Type: AWS::SNS::Topic}
  # begin caretaker iam: made, not written
  # end caretaker iam
  After: {Type: AWS::SNS::Topic}   # trailing blanks   \n\n\n"""
HERE = ("--region", "eu-west-1", "--account", "123456789012")
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:"
PING, GET = "lambda:InvokeFunction", "lambda:GetFunction"
PROVISIONED, ALIAS = "lambda:GetProvisionedConcurrencyConfig", "lambda:GetAlias"
CONCURRENCY = "lambda:GetFunctionConcurrency"


def service(folder: Path, *targets: str, name: str = "shop") -> Path:
    """A schedule file of these targets, such as "function: shop, alias: live"."""
    lines = "".join(f"  - {{{target}, profile: day}}\n" for target in targets)
    (folder / f"{name}.yaml").write_text(HEAD.format(service=name) + lines, encoding="utf-8")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["iam", *(str(one) for one in arguments)])


def written(folder: Path, template: Path) -> str:
    ended = run(folder, "--write", template)
    assert ended.exit_code == 0, ended.output
    return template.read_bytes().decode()


def may(document: dict[str, object], action: str, resource: str) -> bool:
    return decide(statements_of(document), action, resource).allowed


def many(folder: Path, count: int) -> None:
    service(folder, *(f"function: shop-checkout-{n:03d}, alias: live" for n in range(count)))
