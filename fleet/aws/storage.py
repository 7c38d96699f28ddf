"""How much of the region's code storage is in use: one lambda:GetAccountSettings."""

from typing import Any

from fleet.aws.asking import Asking
from fleet.model import CodeStorage


def code_storage(asking: Asking) -> CodeStorage:
    """What GetAccountSettings says of code storage. Raises: FleetError.

    Source: Lambda API reference, AccountLimit.TotalCodeSize and AccountUsage.TotalCodeSize, in bytes.
    """
    found: Any = asking.one("GetAccountSettings", {})
    return asking.understood(
        "GetAccountSettings",
        lambda: CodeStorage(
            used_bytes=int(found["AccountUsage"]["TotalCodeSize"]),
            limit_bytes=int(found["AccountLimit"]["TotalCodeSize"]),
        ),
    )
