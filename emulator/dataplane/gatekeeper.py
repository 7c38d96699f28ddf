"""Who may ask for what, as the data plane needs to know it: a port, and the one that lets everybody in."""

from typing import Protocol

from emulator.dataplane.exchange import Answer, Request
from emulator.dataplane.model import FunctionVersion
from emulator.dataplane.settings import Keys, Settings


class Gatekeeper(Protocol):
    """Gives functions their credentials, and sees each request before anything else does."""

    def keys(self, version: FunctionVersion) -> Keys:
        """The credentials for an environment of this version."""
        ...

    async def admit(self, request: Request) -> Answer | None:
        """The refusal of a request; None lets it pass."""
        ...


class OpenDoor:
    """Refuses nothing, and gives every function the credentials of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def keys(self, _version: FunctionVersion) -> Keys:
        """See `Gatekeeper`."""
        return self._settings.keys

    async def admit(self, _request: Request) -> Answer | None:
        """See `Gatekeeper`."""
        return None
