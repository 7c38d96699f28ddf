"""Warmable without a change of code: Lambda's handler is `caretaker_kit.handler.lambda_handler`,
and the variable CARETAKER_HANDLER names the application's own. What CARETAKER_EAGER names is loaded at init.

Importing this module imports the application, on purpose: that is what Lambda does with the handler it replaces,
and an application that cannot be imported must fail at init as it did before.
"""

from __future__ import annotations

import importlib
import os
from typing import Any, cast

from caretaker_kit.loading import VARIABLE as EAGER
from caretaker_kit.loading import eager, loaders_named
from caretaker_kit.wrapper import Handler, warmable

VARIABLE = "CARETAKER_HANDLER"


class NoHandler(Exception):  # noqa: N818 - says what was found
    """CARETAKER_HANDLER is missing or names nothing that can be called."""


def handler_named(name: str) -> Handler:
    """The object that `name`, "package.module.attribute" as in Lambda's own handler setting, stands for.

    Raises: NoHandler, and whatever the import of the module raises.
    """
    module_name, _, attribute = name.replace("/", ".").rpartition(".")
    if not module_name:
        raise NoHandler(f"{VARIABLE} is {name!r}: give the application's handler as module.attribute")
    found: Any = getattr(importlib.import_module(module_name), attribute, None)
    if not callable(found):
        raise NoHandler(f"{VARIABLE} is {name!r}: module {module_name} has no callable {attribute}")
    return cast("Handler", found)


_application = handler_named(os.environ.get(VARIABLE, ""))
eager(*loaders_named(os.environ.get(EAGER, "")))
lambda_handler = warmable(_application)
