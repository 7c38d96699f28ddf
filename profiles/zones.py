"""Time zones from the pinned tzdata package, never from the machine.

So the command on a laptop works out the same instants as the function in Lambda. Debian 12's own database of 2025, for
one, still has Vancouver change its clocks in November 2026.
"""

import re
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped, unused-ignore]

_FOLDER = Path(tzdata.__file__).parent
_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", re.ASCII)


@lru_cache(maxsize=1024)
def region(name: str) -> ZoneInfo:
    """The zone of an IANA region name. Raises: KeyError when there is none of that name."""
    if not _NAME.fullmatch(name):
        raise KeyError(name)
    try:
        with (_FOLDER / "zoneinfo" / name).open("rb") as stream:
            return ZoneInfo.from_file(stream, key=name)
    except (OSError, ValueError) as error:
        raise KeyError(name) from error


def names() -> list[str]:
    """Every region name, for suggestions."""
    return (_FOLDER / "zones").read_text(encoding="ascii").split()


def release() -> str:
    """The release of the tz database, like "2026d"."""
    return str(tzdata.IANA_VERSION)
