"""Makes a Lambda handler warmable: `handler = warmable(handler)`, and nothing else changes.

What Caretaker's warmer and this kit say to each other is fixed by golden payloads, `kits/wire` in Caretaker's
repository. The kit has no dependencies; nothing in here may import more than the standard library, apart from
`caretaker_kit.django`, which only Django projects import.
"""

from __future__ import annotations

from caretaker_kit.block import Block
from caretaker_kit.environment import Environment
from caretaker_kit.loading import Loaded, eager
from caretaker_kit.wrapper import current_ping, prime_also, warmable

__all__ = ["Block", "Environment", "Loaded", "current_ping", "eager", "prime_also", "warmable"]
__version__ = "0.1.0"
