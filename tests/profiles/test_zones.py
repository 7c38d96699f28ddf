"""Zones come from the pinned database, whatever the machine has."""

import pytest

from profiles.zones import names, region


def test_every_listed_zone_can_be_read() -> None:
    assert {region(name).key for name in names()} == set(names())
    assert "Asia/Seoul" in names()


@pytest.mark.parametrize("name", ["EST5EDT9", "America", "", "Asia/seoul", "Asia/Seoul/", "../zones", "A\0"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        region(name)
