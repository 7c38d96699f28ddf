"""Where the shop's data is: a PostgreSQL server, or an SQLite file. Lambda's code folder is read-only, so a running
shop works on a copy of the packaged file."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PACKAGED = "shop.sqlite3"


def database(package: Path) -> dict[str, Any]:
    """The entry of DATABASES: the server that SHOP_DATABASE names, "postgresql://user:password@host:5432/shop", or
    the file that it names; without it a copy of the packaged file on Lambda, elsewhere that file itself."""
    given = os.environ.get("SHOP_DATABASE", "")
    if given.startswith("postgresql://"):
        server = urlsplit(given)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": server.path.lstrip("/"),
            "USER": server.username or "",
            "PASSWORD": server.password or "",
            "HOST": server.hostname or "",
            "PORT": server.port or "",
        }
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(given) if given else _packaged(package / PACKAGED)}


def _packaged(file: Path) -> Path:
    if "AWS_LAMBDA_RUNTIME_API" not in os.environ:
        return file
    return Path(shutil.copy(file, tempfile.mkdtemp(prefix="shop-")))
