"""Rules for single values, and the sentences the API refuses them with.

A check takes a label and a value and returns messages, none if all is well. Checks are put together into the
shapes of bodies and queries in `inputs`. The sentences are those of class-validator, which the API shows.
"""

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from attrs import frozen

from cleanlife_ext.simulator.phones import normal_phone

Check = Callable[[str, Any], list[str]]

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")


@frozen
class Field:
    """One property of an object: its check, and whether it may be missing or null."""

    check: Check
    is_required: bool = False
    is_nullable: bool = False


Shape = Callable[[Mapping[str, Any]], Mapping[str, Field]]  # what an object needs may depend on what it has


def required(check: Check) -> Field:
    """A property that must be there."""
    return Field(check, is_required=True)


def optional(check: Check) -> Field:
    """A property that may be missing."""
    return Field(check)


def nullable(check: Check) -> Field:
    """A property that may be missing or null."""
    return Field(check, is_nullable=True)


def uuid4(label: str, value: object) -> list[str]:
    """A UUID of version 4, as text."""
    return _unless(isinstance(value, str) and _UUID4.fullmatch(value), f"{label} must be a UUID")


def day(label: str, value: object) -> list[str]:
    """A day that exists, as ``YYYY-MM-DD``."""
    return _unless(_is_day(value), f"{label} must be a valid ISO 8601 date string")


def time_of_day(label: str, value: object) -> list[str]:
    """``HH:MM`` or ``HH:MM:SS``."""
    if not isinstance(value, str):
        return [f"{label} must be a string"]
    return _unless(_TIME.fullmatch(value), f"{label} must be a time as HH:MM or HH:MM:SS")


def phone(label: str, value: object) -> list[str]:
    """A Saudi phone number."""
    return _unless(isinstance(value, str) and normal_phone(value), f"{label} must be a valid phone number")


def text(*, least: int = 0, most: int | None = None) -> Check:
    """A text of *least* (0 or 1) to *most* characters."""

    def check(label: str, value: object) -> list[str]:
        if not isinstance(value, str) or not _is_writable(value):
            return [f"{label} must be a string"]
        if len(value) < least:
            return [f"{label} should not be empty"]
        too_long = most is not None and len(value) > most
        return _unless(not too_long, f"{label} must be shorter than or equal to {most} characters")

    return check


def number(*, least: int | None = None, most: int | None = None) -> Check:
    """A number within bounds, both included."""

    def check(label: str, value: Any) -> list[str]:
        if not _is_number(value):
            return [f"{label} must be a number conforming to the specified constraints"]
        return _bounds(label, value, least, most)

    return check


def integer(*, least: int | None = None, most: int | None = None) -> Check:
    """A whole number within bounds, both included; ``2.0`` is one in JSON."""

    def check(label: str, value: Any) -> list[str]:
        if not _is_number(value) or value % 1:
            return [f"{label} must be an integer number"]
        return _bounds(label, value, least, most)

    return check


def one_of(*known: str) -> Check:
    """One of the words that are *known*."""

    def check(label: str, value: object) -> list[str]:
        return _unless(value in known, f"{label} must be one of the following values: {', '.join(known)}")

    return check


def array(check_item: Check, *, least: int = 0, most: int | None = None) -> Check:
    """An array of *least* to *most* values, each of which passes *check_item*."""

    def check(label: str, value: object) -> list[str]:
        if not _is_array(value):
            return [f"{label} must be an array"]
        if len(value) < least:
            return [f"{label} must contain at least {least} elements"]
        if most is not None and len(value) > most:
            return [f"{label} must contain no more than {most} elements"]
        return [found for item in value for found in check_item(f"each value in {label}", item)]

    return check


def objects(shape_of: Shape, *, least: int = 0, most: int | None = None) -> Check:
    """An array of objects; messages name the place: ``items.0.hours``."""

    def check(label: str, value: object) -> list[str]:
        wrong = array(lambda _label, _item: [], least=least, most=most)(label, value)
        if wrong or not _is_array(value):
            return wrong
        return [found for place, item in enumerate(value) for found in shape(shape_of)(f"{label}.{place}", item)]

    return check


def shape(shape_of: Shape) -> Check:
    """An object whose properties pass; properties nobody asked for are ignored."""

    def check(label: str, value: object) -> list[str]:
        if not is_object(value):
            return [f"{label} must be an object"]
        return messages(shape_of(value), value, f"{label}.")

    return check


def messages(fields: Mapping[str, Field], values: Mapping[str, Any], before: str = "") -> list[str]:
    """What is wrong with *values*, in the order of *fields*."""
    return [
        message
        for name, field in fields.items()
        if _is_checked(field, name, values)
        for message in field.check(f"{before}{name}", values.get(name))
    ]


def _is_checked(field: Field, name: str, values: Mapping[str, Any]) -> bool:
    if name not in values:
        return field.is_required
    return values[name] is not None or not field.is_nullable


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether *value* was an object in JSON."""
    return isinstance(value, dict)


def _is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _bounds(label: str, value: float, least: int | None, most: int | None) -> list[str]:
    if least is not None and value < least:
        return [f"{label} must not be less than {least}"]
    return _unless(most is None or value <= most, f"{label} must not be greater than {most}")


def _unless(is_good: object, message: str) -> list[str]:
    return [] if is_good else [message]


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_number(value: object) -> bool:
    # A bool is an int to Python, and an int may be too long to become the float that isfinite wants.
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole or (isinstance(value, float) and math.isfinite(value))


def _is_writable(value: str) -> bool:
    # JSON can spell half of a surrogate pair, which no encoding can write down again.
    return not any("\ud800" <= letter <= "\udfff" for letter in value)
