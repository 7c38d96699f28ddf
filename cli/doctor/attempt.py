"""An attempt to read: the value, or why there is none. What could not be read ends nothing."""

from collections.abc import Callable
from typing import TypeVar

from fleet.deployed import Unread
from fleet.ports import AccessDenied, FleetError
from profiles.errors import ProfilesError
from warmer.settings import SettingsError

T = TypeVar("T")


def tried(read: Callable[[], T]) -> T | Unread:
    """What `read` gives, or why it gave nothing."""
    try:
        return read()
    except AccessDenied as error:
        return Unread(reason=str(error), action=error.action)
    except (FleetError, ProfilesError, SettingsError, OSError) as error:
        return Unread(reason=str(error))
