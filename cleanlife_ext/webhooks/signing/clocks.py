"""Moments as senders write them, and as our callers give them. Within the package they are seconds since 1970."""

from __future__ import annotations

import datetime as dt
import math
import re
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Literal, TypeAlias, get_args

__all__ = ["CLOCKS", "Clock", "ago", "in_utc", "moment_of", "read", "written"]

Clock: TypeAlias = Literal["seconds", "milliseconds", "iso8601", "http-date"]
CLOCKS: tuple[Clock, ...] = get_args(Clock)
DIGITS = re.compile("[0-9]{1,15}")  # Beyond, a float could not tell one second from the next.
HTTP_DATE = re.compile("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")


def read(text: str, clock: Clock) -> float | None:
    """The moment that *text* says, or `None` if it says none. Without its offset from UTC, a time of day is none."""
    if clock == "iso8601":
        return _of_iso(text)
    if clock == "http-date":
        return _of_http(text)
    if DIGITS.fullmatch(text) is None:
        return None
    return int(text) / (1000 if clock == "milliseconds" else 1)


def written(moment: float, clock: Clock) -> str:
    """*moment* as a sender writes it; a fraction of its unit is dropped."""
    if clock == "iso8601":
        return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if clock == "http-date":
        return format_datetime(dt.datetime.fromtimestamp(moment, dt.UTC), usegmt=True)
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


def in_utc(value: Any) -> dt.datetime | None:
    """The moment that *value* says in ISO 8601, with its offset from UTC; `None` if it says none."""
    try:
        moment = dt.datetime.fromisoformat(value)
        return None if moment.utcoffset() is None else moment.astimezone(dt.UTC)
    except (OverflowError, TypeError, ValueError):  # In the year 1, UTC may be in the year 0.
        return None


def ago(seconds: float) -> str:
    """How long ago something was, in words."""
    return f"{seconds:.0f} s ago" if seconds >= 0 else f"{-seconds:.0f} s from now"


def _of_iso(text: str) -> float | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.utcoffset() is None else moment.timestamp()


def _of_http(text: str) -> float | None:
    """Of HTTP's three forms the one that senders have to use. Python reads others too, so it has to write the same."""
    if HTTP_DATE.fullmatch(text) is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.timestamp() if format_datetime(moment, usegmt=True) == text else None
