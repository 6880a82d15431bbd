"""How long, as people write it."""

from __future__ import annotations

import re

__all__ = ["seconds"]

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """`5m` in seconds; `30s`, `1h` and a plain number of seconds are understood as well. Raises `ValueError`."""
    found = re.fullmatch(r"(\d{1,6})([smh]?)", text.strip(), re.ASCII)
    if found is None or not int(found[1]):
        raise ValueError("a time like 30s, 5m or 1h is needed")
    return float(int(found[1]) * UNITS[found[2]])
