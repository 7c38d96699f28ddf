"""`caretaker iam`: the warmer's permissions, made from the schedules, for a template or for IAM itself."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from cli.iam_policy import (
    LONGEST,
    MOST_CHARACTERS,
    MOST_POLICIES,
    POLICIES_OF_A_ROLE,
    STACK,
    Needs,
    Place,
    Policy,
    Wishes,
    characters,
    needs_of,
    policies_for,
)
from cli.iam_template import BEGIN, BY_PATTERN, EXACT, BlockUnusable, Found, block_lines, find_block
from cli.options import DONE, FINDINGS, FORMAT, UNUSABLE
from cli.schedules import PATHS, files_meant
from fleet.model import FunctionRef
from profiles.model import ScheduleSet
from profiles.reader import read_files

_SHOWN = 20
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
_FOR_PRINTING = (
    "--partition, --region, --account and --exact are for printing; a template is for any region, "
    f'and the line "{EXACT}" below "{BEGIN}" makes it exact'
)


class Unusable(click.ClickException):
    """Input that nothing can be made of."""

    exit_code = UNUSABLE


@click.command(short_help="Turn schedules into the warmer's permissions.")
@PATHS
@click.option(
    "--write", "write", metavar="FILE", type=click.Path(path_type=Path), help="Renew the block in this SAM template."
)
@click.option(
    "--check", "check", metavar="FILE", type=click.Path(path_type=Path), help="Say whether the template's block is so."
)
@click.option("--partition", help="aws, aws-cn, aws-us-gov; by default the region's.")
@click.option("--region", help="The region of functions without an ARN; by default what CloudFormation fills in.")
@click.option("--account", help="Their account; by default what CloudFormation fills in.")
@click.option("--exact", is_flag=True, help="Aliases by their own names: for who never gives them weights.")
@FORMAT
@click.pass_context
def iam(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    write: Path | None,
    check: Path | None,
    exact: bool,
    form: str,
    **place: str | None,
) -> None:
    """Turn schedules into the warmer's permissions: exactly the functions that they name.

    Prints policy documents to paste into IAM. With --write they go into a SAM template, between the comments "begin
    caretaker iam" and "end caretaker iam"; --check fails when what stands there is not what the schedules need.

    Every target is granted, also one that is switched off or on a dry run: a switch in a schedule must not need another
    deployment. An alias gives "*": the versions behind its weights, and those that a deployment brings, are pinged by
    number, which IAM cannot say. Without weights and without DeployHook --exact is enough; in a template the line
    "# aliases without weights" in the block says the same.
    """
    if write is not None and check is not None:
        raise click.UsageError("--write and --check do not go together; --write changes only what --check objects to")
    schedules = _read(ctx, paths)
    template = write or check
    if template is None:
        _show(schedules, _place(**place), form, Wishes(exact=exact))
        return
    if exact or any(place.values()):
        raise click.UsageError(_FOR_PRINTING)
    old, new = _texts(template, schedules)
    if form == "json":
        click.echo(json.dumps(_compared(template, old, new), indent=2))
    if write is not None:
        _write(write, old, new, shown=form == "text")
        ctx.exit(DONE)
    ctx.exit(_check(template, old, new, paths, shown=form == "text"))


def _place(partition: str | None, region: str | None, account: str | None) -> Place:
    """The place that the options name, with CloudFormation's own words for what they leave open."""
    if partition is None and region is not None:
        partition = next((own for start, own in _PARTITIONS.items() if region.startswith(start)), "aws")
    given = Place(partition=partition or "aws", region=region or "eu-west-1", account=account or "0" * 12)
    try:
        FunctionRef(text=given.arn("name"))
    except ValueError:
        raise click.UsageError(
            f'--partition, --region and --account make "{given.arn("name")}", which is no ARN of a function; '
            "give them like aws, eu-west-1 and 123456789012"
        ) from None
    return Place(
        partition=partition or STACK.partition, region=region or STACK.region, account=account or STACK.account
    )


def _read(ctx: click.Context, paths: tuple[Path, ...]) -> ScheduleSet:
    schedules = read_files(files_meant(paths))
    for mistake in schedules.mistakes:
        click.echo(str(mistake), err=True)
    if schedules.errors:
        ctx.exit(FINDINGS)
    return schedules


def _show(schedules: ScheduleSet, place: Place, form: str, wishes: Wishes) -> None:
    given = STACK.account not in place.arn("any") and STACK.region not in place.arn("any")
    needs = needs_of(schedules, wishes)
    policies = policies_for(needs, place if given else LONGEST)
    found = [policy.document(place) for policy in policies]
    if form == "json":
        sizes = [characters(policy.document(place if given else LONGEST)) for policy in policies]
        every = [{"characters": size, "document": one} for size, one in zip(sizes, found, strict=True)]
        click.echo(json.dumps({"functions": len(needs), "policies": every}, indent=2))
        return
    for number, document in enumerate(found, start=1):
        if len(found) > 1:
            click.echo(f"policy {number} of {len(found)}:", err=True)
        click.echo(json.dumps(document, indent=2))
    click.echo(_summary(needs, policies), err=True)
    if found and not given:
        click.echo("give --region and --account to have them filled in", err=True)


def _summary(needs: tuple[Needs, ...], policies: tuple[Policy, ...]) -> str:
    if not policies:
        return "no targets: the warmer needs no function"
    full = max(characters(policy.document(LONGEST)) for policy in policies)
    count = f"{len(policies)} {'policy' if len(policies) == 1 else 'policies'}"
    return f"{len(needs)} functions in {count}, of {full:,} characters at most (IAM takes {MOST_CHARACTERS:,})"


def _texts(template: Path, schedules: ScheduleSet) -> tuple[Found, list[str]]:
    """The template's block and the lines that it should hold."""
    try:
        # Read as bytes, so that line ends stay what they are.
        found = find_block(template.read_bytes().decode())
        wishes = found.wishes
    except UnicodeDecodeError:
        raise Unusable(f"{template}: not a text in UTF-8; name the template, such as template.yaml") from None
    except OSError as error:
        raise Unusable(f"{template}: {error.strerror}; name the template, such as template.yaml") from None
    except BlockUnusable as error:
        raise Unusable(f"{template}: {error}") from None
    policies = policies_for(needs_of(schedules, wishes))
    if len(policies) > MOST_POLICIES:
        raise Unusable(_too_many(template, len(policies)))
    return found, block_lines(policies, wishes)


def _too_many(template: Path, policies: int) -> str:
    return (
        f"{template}: the targets need {policies} managed policies, and a role takes {POLICIES_OF_A_ROLE}, of which "
        f'one is left free; below "{BEGIN}" write a line "{BY_PATTERN} shop-*, pay-*", and functions with such names '
        "share one grant; or deploy two stacks, each with a part of the schedules"
    )


def _write(template: Path, old: Found, new: list[str], *, shown: bool) -> None:
    before, after = f"{old.before}{old.inside}{old.after}", old.holding(new)
    if before == after:
        click.echo(f"{template}: the warmer's permissions are up to date", err=True)
        return
    template.write_bytes(after.encode())
    for line in _difference(old, new) if shown else []:
        click.echo(line)
    click.echo(f"{template}: the warmer's permissions are renewed; commit it with the schedules", err=True)


def _compared(template: Path, old: Found, new: list[str]) -> dict[str, object]:
    """For machines: whether the block is current, the ARNs that it lacks, and those that it has too many."""
    has, wants = _arns(old.inside.splitlines()), _arns(new)
    return {
        "template": str(template),
        "current": old.holding(new) == f"{old.before}{old.inside}{old.after}",
        "missing": sorted((wants - has).elements()),
        "superfluous": sorted((has - wants).elements()),
    }


def _check(template: Path, old: Found, new: list[str], paths: tuple[Path, ...], *, shown: bool) -> int:
    if old.holding(new) == f"{old.before}{old.inside}{old.after}":
        return DONE
    lines = _difference(old, new) if shown else []
    for line in lines[:_SHOWN]:
        click.echo(line)
    if len(lines) > _SHOWN:
        click.echo(f"  and {len(lines) - _SHOWN} more")
    named = " ".join(str(path) for path in paths)
    click.echo(
        f"{template}: the warmer's permissions are not those that the schedules in {named} need; "
        f"run: caretaker iam {named} --write {template}",
        err=True,
    )
    return FINDINGS


def _difference(old: Found, new: list[str]) -> list[str]:
    """In words, the ARNs that the block lacks and those that it has too many."""
    has, wants = _arns(old.inside.splitlines()), _arns(new)
    added, removed = (wants - has).elements(), (has - wants).elements()
    return [f"  + {arn}" for arn in added] + [f"  - {arn}" for arn in removed] or ["  the same ARNs in another form"]


def _arns(lines: Iterable[str]) -> Counter[str]:
    found = (line.strip().removeprefix("- ").removeprefix("!Sub ") for line in lines)
    return Counter(line for line in found if line.startswith("arn:"))
