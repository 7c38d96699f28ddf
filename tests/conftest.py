"""Which tests stay together when `make test` runs them in several processes."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# What a folder's tests build once and share, such as an example's package, is theirs alone.
TOGETHER = {"tests/examples": "packages", "tests/kits": "packages", "tests/template": "template"}


class ByFile(LoadScopeScheduling):
    """Hands out whole files, whose fixtures are made once, and whole folders where these share what they build."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return TOGETHER.get("/".join(file.split("/")[:2]), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """The plugin asks for it once a run, in the process that hands the tests out."""
    return ByFile(config, log)
