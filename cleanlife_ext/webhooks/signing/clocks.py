"""Moments as senders write them, and as our callers give them. Within the package they are seconds since 1970."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Literal, TypeAlias, get_args

__all__ = ["CLOCKS", "Clock", "ago", "moment_of", "read", "written"]

Clock: TypeAlias = Literal["seconds", "milliseconds", "iso8601"]
CLOCKS: tuple[Clock, ...] = get_args(Clock)
DIGITS = re.compile("[0-9]{1,15}")  # Beyond, a float could not tell one second from the next.


def read(text: str, clock: Clock) -> float | None:
    """The moment that *text* says, or `None` if it says none. Without its offset from UTC, a time of day is none."""
    if clock == "iso8601":
        return _of_iso(text)
    if DIGITS.fullmatch(text) is None:
        return None
    return int(text) / (1000 if clock == "milliseconds" else 1)


def written(moment: float, clock: Clock) -> str:
    """*moment* as a sender writes it; a fraction of its unit is dropped."""
    if clock == "iso8601":
        return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(int(moment * (1000 if clock == "milliseconds" else 1)))


def moment_of(value: float | dt.datetime, field: str) -> float:
    """What a caller gave for *field*."""
    if isinstance(value, dt.datetime):
        if value.utcoffset() is None:
            raise ValueError(f"{field}: it has no time zone; datetime.now(datetime.UTC) has one")
        return value.timestamp()
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError(f"{field}: seconds since 1970, or a datetime with a time zone, are needed")


def ago(seconds: float) -> str:
    """How long ago something was, in words."""
    return f"{seconds:.0f} s ago" if seconds >= 0 else f"{-seconds:.0f} s from now"


def _of_iso(text: str) -> float | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.utcoffset() is None else moment.timestamp()
