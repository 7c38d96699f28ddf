"""Where a push goes, as its options name it, and what the stack that reads there may not invoke."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import click

from fleet.aws.deployed import DeployedReader
from fleet.aws.roles import role_of
from fleet.aws.uploads import S3Object
from fleet.deployed import DeployedRole
from fleet.model import FunctionRef
from fleet.ports import FleetError
from profiles.location import COMPILED_NAME, Store, location_of
from profiles.model import ScheduleSet, Target

_INVOKE = "lambda:InvokeFunction"
_MEND = "deploy the stack with these schedules as well, so that its role names them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the document goes, the options that name it, which messages repeat, and the stack's warmer, if any."""

    store: Store
    options: str
    warmer: str | None = None

    @property
    def object(self) -> S3Object:
        """The one object that is replaced."""
        return S3Object(self.store.bucket, f"{self.store.prefix}{self.store.name}")


def place_of(to: str | None, stack: str | None) -> Place:
    """The place that the options name. Raises: UsageError."""
    if to is not None and stack is not None:
        raise click.UsageError("--to and --stack both say where to; give one of them")
    if to is not None:
        return Place(store=_store(to, "--to"), options=f"--to {to}")
    name = stack or "caretaker"
    try:
        found = DeployedReader().stack(name)
    except FleetError as error:
        raise click.UsageError(str(error)) from error
    if found is None:
        raise click.UsageError(f"there is no stack {name} in this account and region; check --stack and AWS_REGION")
    uri = found.outputs.get("SchedulesUri", "")
    if not uri.startswith("s3:"):
        raise click.UsageError(
            f"stack {name} reads {'the schedules that came with its code' if uri in {'', 'bundled'} else uri}, not S3; "
            "deploy it with the parameter SchedulesBucketCreate=true or SchedulesUri=s3://bucket/prefix first"
        )
    return Place(
        store=_store(uri, f"stack {name}, output SchedulesUri"),
        options=f"--stack {name}",
        warmer=found.outputs.get("WarmerFunctionName"),
    )


def _store(text: str, where: str) -> Store:
    try:
        location = location_of(text)
    except ValueError as error:
        raise click.UsageError(f"{where}: {error}") from error
    if not isinstance(location, Store):
        raise click.UsageError(f'{where}: "{text}" is not of the form s3://bucket/prefix')
    return location if location.name else replace(location, name=COMPILED_NAME)


def not_permitted(place: Place, before: ScheduleSet, after: ScheduleSet) -> Iterator[str]:
    """A sentence when targets that are new may not be invoked by the stack's warmer, or when that cannot be seen."""
    known = {(target.function.text, target.qualifier) for service in before.services for target in service.targets}
    new = [
        target
        for service in after.services
        for target in service.targets
        if (target.function.text, target.qualifier) not in known
    ]
    if place.warmer is None or not new:
        return
    try:
        warmer = DeployedReader().function(FunctionRef(text=place.warmer))
    except FleetError as error:
        yield f"whether the warmer may invoke the new targets was not seen: {error}"
        return
    if warmer is not None:
        yield from _refused(role_of(warmer.role.rpartition("/")[2]), warmer.arn, new)


def _refused(role: DeployedRole, warmer: str, targets: list[Target]) -> Iterator[str]:
    found = {arn: role.decides(_INVOKE, arn) for arn in (_arn(target, warmer) for target in targets)}
    refused = [arn for arn, decision in found.items() if not decision.allowed]
    if refused and role.unread:
        yield f"whether the warmer may invoke the new targets was not seen: {role.unread[0].reason}"
    elif refused:
        more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        yield f"the warmer may not invoke {refused[0]}{more}, {found[refused[0]].reason}; {_MEND}"


def _arn(target: Target, warmer: str) -> str:
    """The target's ARN; what its name leaves open is as the warmer's."""
    missing = warmer.split(":")[: 7 - len(target.function.text.split(":"))]
    return ":".join([*missing, target.function.text, target.qualifier])
