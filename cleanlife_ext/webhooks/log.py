"""What is told of webhooks: an event's name and its fields, in the text for people, and one by one for machines.

No field holds a secret, a signature, or anything of a body but ids and the event's name.
"""

from __future__ import annotations

import logging
from typing import Any

__all__ = ["tell"]

log = logging.getLogger("cleanlife_ext.webhooks")

LONGEST = 100  # Characters, and one line: what is longer is for machines.


def tell(level: int, event: str, /, **fields: Any) -> None:
    """Write a line: the name of the *event*, and its fields."""
    if log.isEnabledFor(level):
        shown = {name: str(value) for name, value in fields.items() if value is not None}
        short = (f"{name}={value}" for name, value in shown.items() if len(value) <= LONGEST and "\n" not in value)
        log.log(level, "%s", " ".join([event, *short]), extra=fields)
