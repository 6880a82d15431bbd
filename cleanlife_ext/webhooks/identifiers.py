"""Texts that other systems will keep: as a key in a database, in a column of a table, in a line of a log."""

from __future__ import annotations

from typing import Any

__all__ = ["LONGEST", "is_identifier"]

LONGEST = 200


def is_identifier(value: Any) -> bool:
    """Whether *value* is such a text: 1 to 200 characters, all printable, so no NUL and no half character."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()
