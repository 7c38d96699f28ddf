"""Each example, running in the emulator: real processes, one emulator for all tests of an example."""

from collections.abc import Iterator

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.threaded import running
from tests.examples.caller import HANDLERS, SHOPS, Caller, version


@pytest.fixture(scope="package")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where every example runs, its environments shared by the tests."""
    catalog = StaticCatalog()
    for app in HANDLERS:
        catalog.put(version(app, ("TMPDIR", str(tmp_path_factory.mktemp("databases")))))
    with running(catalog) as emulator:
        yield emulator.endpoint


@pytest.fixture(scope="package", params=SHOPS)
def shop(request: pytest.FixtureRequest, endpoint: str) -> Caller:
    """The Django shop behind one adapter."""
    return Caller.of(endpoint, request.param)


@pytest.fixture(scope="package", params=HANDLERS)
def example(request: pytest.FixtureRequest, endpoint: str) -> Caller:
    """Each example."""
    return Caller.of(endpoint, request.param)


@pytest.fixture(params=SHOPS)
def broken_shop(request: pytest.FixtureRequest) -> Iterator[Caller]:
    """The shop with a database that cannot be opened."""
    catalog = StaticCatalog()
    catalog.put(version(request.param, ("SHOP_DATABASE", "/absent/hunter2.sqlite3")))
    with running(catalog) as emulator:
        yield Caller.of(emulator.endpoint, request.param)
