"""What a deployed stack says of itself: its outputs, for commands that are given the stack's name."""

from collections.abc import Mapping

from botocore.exceptions import ClientError

from fleet.aws.asking import no_such_stack
from fleet.aws.clients import client
from fleet.aws.errors import translated
from fleet.ports import Refused


def stack_outputs(stack: str) -> Mapping[str, str]:
    """The outputs of the stack `stack`, by name. The caller needs cloudformation:DescribeStacks on it.

    Raises: FleetError; Refused when there is no such stack in this account and region.
    """
    try:
        cloudformation = client("cloudformation")
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except Exception as error:
        if isinstance(error, ClientError) and no_such_stack(error):
            where = cloudformation.meta.region_name
            raise Refused(
                f"there is no stack {stack} in {where} of this account; check --stack and the region"
            ) from error
        raise translated(error, service="cloudformation", operation="DescribeStacks") from error
    return {one["OutputKey"]: one["OutputValue"] for item in found for one in item.get("Outputs", ())}
