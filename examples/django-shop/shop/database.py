"""Where the shop's SQLite file is. Lambda's code folder is read-only, so a running shop works on a copy."""

import os
import shutil
import tempfile
from pathlib import Path

PACKAGED = "shop.sqlite3"


def database_file(package: Path) -> Path:
    """SHOP_DATABASE where it is set; on Lambda a copy of the packaged file in /tmp; else the file itself."""
    given = os.environ.get("SHOP_DATABASE")
    if given:
        return Path(given)
    packaged = package / PACKAGED
    if "AWS_LAMBDA_RUNTIME_API" not in os.environ:
        return packaged
    return Path(shutil.copy(packaged, tempfile.mkdtemp(prefix="shop-")))
