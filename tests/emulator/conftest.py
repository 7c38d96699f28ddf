"""A running emulator for each test that asks for one, with one function deployed."""

from collections.abc import Iterator

import pytest

from emulator.dataplane.catalog import StaticCatalog
from emulator.dataplane.settings import Settings
from emulator.threaded import Running, running
from tests.emulator.deployed import Caller, version


@pytest.fixture
def catalog() -> StaticCatalog:
    found = StaticCatalog()
    found.put(version())
    return found


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def emulator(catalog: StaticCatalog, settings: Settings) -> Iterator[Running]:
    with running(catalog, settings=settings) as started:
        yield started


@pytest.fixture
def invoke(emulator: Running) -> Caller:
    return Caller(emulator.endpoint)
