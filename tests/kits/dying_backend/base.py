"""SQLite, but the first TEST["DEAD"] connections of a process are ones that their server no longer knows."""

from typing import Any

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    opened = 0

    def get_new_connection(self, *arguments: Any, **named: Any) -> Any:
        type(self).opened += 1
        return super().get_new_connection(*arguments, **named)

    def is_usable(self) -> bool:
        return type(self).opened > self.settings_dict["TEST"]["DEAD"]
