"""What holds for every test: nothing of the caller's surroundings decides it, and which of them stay together."""

import os
import tempfile
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

# What the SDK, the product, git, make and whatever colours or wraps its lines would take from who calls: an account, a
# stack's name in ENV, a folder in GIT_DIR. A test that needs one of these sets it.
NOT_THE_CALLERS = (
    ("AWS_", "BOTO", "CARETAKER_", "GIT_", "HYPOTHESIS_", "MAKE", "POWERTOOLS_", "SAM_CLI_", "UV_PYTHON"),
    {"ARGS", "ENV", "MFLAGS", "REVISION", "SAM", "SCHEDULES", "TEMPLATE"}
    | {"CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR"},
)
# Nor what lies in a home folder, or is told by the machine that this one runs on.
NOBODYS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "SAM_CLI_TELEMETRY": "0",
}
# What a folder's tests build once and share, such as an example's package, is theirs alone.
TOGETHER = {"tests/examples": "packages", "tests/kits": "packages", "tests/template": "template"}


def pytest_configure() -> None:
    """Before anything is collected, in each process."""
    prefixes, names = NOT_THE_CALLERS
    for name in [name for name in os.environ if name.startswith(prefixes) or name in names]:
        del os.environ[name]
    os.environ.update(NOBODYS)
    if any(name.lower() in {"http_proxy", "https_proxy", "all_proxy"} for name in os.environ):
        # Packages may come through the proxy; servers of the tests are on this machine.
        for name in ("NO_PROXY", "no_proxy"):
            os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1,localhost")))
    # The same examples everywhere, and none of them against a clock; `make fuzz` looks for others.
    hypothesis.settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def _own_scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is written beside a test's own folder, such as schedules of an S3 place, is found by no other process."""
    folder = str(tmp_path_factory.mktemp("scratch"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """What a verb sets for its own process, such as an endpoint, does not outlive its test."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() ^ before.keys() | {name for name in before if os.environ.get(name) != before[name]}:
        if name not in before:
            del os.environ[name]
        elif name != "PYTEST_CURRENT_TEST":
            os.environ[name] = before[name]


class ByFile(LoadScopeScheduling):
    """Hands out whole files, whose fixtures are made once, and whole folders where these share what they build."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return TOGETHER.get("/".join(file.split("/")[:2]), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """The plugin asks for it once a run, in the process that hands the tests out."""
    return ByFile(config, log)
