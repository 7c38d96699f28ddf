"""Each example, running in the emulator: real processes, one emulator for all tests of an example."""

from collections.abc import Iterator

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.threaded import running
from tests.examples.caller import HANDLERS, Caller, version


@pytest.fixture(scope="package", params=HANDLERS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """The Django shop behind one adapter, its environments shared by the tests."""
    catalog = StaticCatalog()
    catalog.put(version(request.param, ("TMPDIR", str(tmp_path_factory.mktemp("databases")))))
    with running(catalog) as emulator:
        yield Caller.of(emulator.endpoint, request.param)


@pytest.fixture(params=HANDLERS)
def broken_shop(request: pytest.FixtureRequest) -> Iterator[Caller]:
    """The shop with a database that cannot be opened."""
    catalog = StaticCatalog()
    catalog.put(version(request.param, ("SHOP_DATABASE", "/absent/hunter2.sqlite3")))
    with running(catalog) as emulator:
        yield Caller.of(emulator.endpoint, request.param)
