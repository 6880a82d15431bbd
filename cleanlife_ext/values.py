"""What users write, as what the API takes. Each function refuses what it cannot read, by the field's name."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeVar
from uuid import UUID

from cleanlife_client.types import UNSET, Unset

__all__ = [
    "RIYADH",
    "choice_of",
    "date_of",
    "given",
    "list_of",
    "maybe_list",
    "maybe_uuid",
    "maybe_uuids",
    "seconds_of",
    "text_of",
    "time_of",
    "uuid_of",
]

T = TypeVar("T")
# A fixed offset, since Saudi Arabia has no summer time, and a zone's name needs a database that slim systems lack.
RIYADH = dt.timezone(dt.timedelta(hours=3), "Asia/Riyadh")
Choice = TypeVar("Choice", bound=Enum)


def given(value: T | None) -> T | Unset:
    """*value*, or the generated code's word for "not there"."""
    return UNSET if value is None else value


def uuid_of(value: UUID | str, field: str) -> UUID:
    """A UUID, of itself or of its text."""
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value):
        return UUID(value)
    raise ValueError(f"{field}: a UUID is needed")


def maybe_uuid(value: UUID | str | None, field: str) -> UUID | None:
    """A UUID, if one was given."""
    return None if value is None else uuid_of(value, field)


def maybe_list(value: Iterable[T] | None, field: str) -> list[T] | None:
    """A list, if one was given."""
    return None if value is None else list_of(value, field)


def maybe_uuids(value: Iterable[UUID | str] | None, field: str) -> list[UUID] | None:
    """A list of UUIDs, if one was given."""
    return None if value is None else [uuid_of(id, field) for id in list_of(value, field)]


def text_of(value: str, field: str) -> str:
    """A text that is not empty."""
    if isinstance(value, str) and value:
        return value
    raise ValueError(f"{field}: a text that is not empty is needed")


def list_of(value: Iterable[T], field: str) -> list[T]:
    """A list of whatever can be iterated, but for a text: its letters are not what anybody means."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return list(value)
    raise ValueError(f"{field}: a list is needed")


def date_of(value: dt.date | str, field: str) -> dt.date:
    """A day, of itself or of its text."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    # With midnight behind it, a day is as `booking.date` shows it.
    if isinstance(value, str) and (found := re.fullmatch(r"(\d{4}-\d{2}-\d{2})(T00:00:00(\.0+)?Z)?", value, re.ASCII)):
        try:
            return dt.date.fromisoformat(found[1])
        except ValueError as error:
            raise ValueError(f"{field}: {error}") from None
    hint = "; take its .date() in Riyadh" if isinstance(value, dt.datetime) else ""
    raise ValueError(f"{field}: a date is needed (datetime.date, or text like 2026-06-20), the day in Riyadh{hint}")


def time_of(value: dt.time | str, field: str) -> str:
    """`HH:MM` or `HH:MM:SS`, of a time of day or of its text."""
    if isinstance(value, dt.time) and value.tzinfo is None and not value.microsecond:
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", value, re.ASCII):
        return value
    raise ValueError(
        f"{field}: a time is needed (datetime.time to the second, without zone, or text like 09:00), the time in Riyadh"
    )


def seconds_of(value: dt.timedelta | float, field: str) -> float:
    """So many seconds, of themselves or of a timedelta."""
    seconds = value.total_seconds() if isinstance(value, dt.timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise ValueError(f"{field}: a timedelta, or a number of seconds from 0, is needed")
    return seconds


def choice_of(kind: type[Choice], value: Choice | str, field: str) -> Choice:
    """A member of a closed list, of itself or of its text."""
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{field}: one of {', '.join(member.value for member in kind)} is needed") from None
