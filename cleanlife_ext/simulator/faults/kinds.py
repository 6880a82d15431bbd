"""The faults as plain values, and the functions that make them. What they do stands in the docstring of the package."""

import math
from enum import Enum
from http import HTTPStatus
from typing import ClassVar

from attrs import frozen

LONGEST = 86_400  # seconds: a day
FASTEST = 1_000_000_000  # bytes a second
SLOWEST = 0.01
LEAST_FACTOR, MOST_FACTOR = 0.01, 100
LONGEST_CODE = 100

_CODES = {
    400: "VALIDATION_ERROR",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "RESOURCE_NOT_FOUND",
    409: "DUPLICATE_EXTERNAL_REFERENCE",
    422: "BOOKING_CREATION_FAILED",
    429: "RATE_LIMIT_EXCEEDED",
}


class Place(Enum):
    """Where a fault strikes: on the way to the API, or behind it."""

    NETWORK = "network"
    WORLD = "world"


@frozen
class Fault:
    """Something that can go wrong. Made by the functions of this module, never changed."""

    name: ClassVar[str]
    place: ClassVar[Place] = Place.NETWORK
    operations: ClassVar[frozenset[str] | None] = None  # None: any can be struck.


@frozen
class Status(Fault):
    """See `status`."""

    name = "status"
    code: int
    error_code: str
    retry_after: int | None


@frozen
class Html(Fault):
    """See `html`."""

    name = "html"
    code: int


@frozen
class DropBeforeCommit(Fault):
    """See `drop_before_commit`."""

    name = "drop_before_commit"


@frozen
class LateCommit(Fault):
    """See `late_commit`."""

    name = "late_commit"
    seconds: float


@frozen
class DropAfterCommit(Fault):
    """See `drop_after_commit`."""

    name = "drop_after_commit"


@frozen
class Delay(Fault):
    """See `delay`."""

    name = "delay"
    seconds: float


@frozen
class Truncate(Fault):
    """See `truncate`."""

    name = "truncate"


@frozen
class Drip(Fault):
    """See `drip`."""

    name = "drip"
    bytes_per_second: float


@frozen
class ChangePrice(Fault):
    """See `change_price`."""

    name = "change_price"
    place = Place.WORLD
    factor: float


@frozen
class FillSlot(Fault):
    """See `fill_slot`."""

    name = "fill_slot"
    place = Place.WORLD
    operations = frozenset({"createBooking", "updateBooking"})


def status(code: int, error_code: str | None = None, retry_after: int | None = None) -> Fault:
    """Nothing is done, and the answer is an error with this status.

    *error_code*: the one documented for that status if not given. *retry_after*: seconds, for the header of that name.
    """
    code = _status(code)
    if error_code is not None and not (
        isinstance(error_code, str) and 1 <= len(error_code) <= LONGEST_CODE and error_code.isprintable()
    ):
        message = f"error_code must be a text of 1 to {LONGEST_CODE} characters"
        raise ValueError(message)
    if retry_after is not None:
        retry_after = whole("retry_after", retry_after, 0, LONGEST)
    return Status(code, error_code or _error_code(code), retry_after)


def html(code: int = 502) -> Fault:
    """Nothing is done, and the answer is a web page with this status."""
    return Html(_status(code))


def drop_before_commit() -> Fault:
    """Nothing is done, and the connection is closed without an answer."""
    return DropBeforeCommit()


def late_commit(seconds: float) -> Fault:
    """The connection is closed without an answer, and the call is done so many seconds later."""
    return LateCommit(number("seconds", seconds, 0, LONGEST))


def drop_after_commit() -> Fault:
    """The call is done, and the connection is closed without an answer."""
    return DropAfterCommit()


def delay(seconds: float) -> Fault:
    """The call is done at once, and answered so many seconds later."""
    return Delay(number("seconds", seconds, 0, LONGEST))


def truncate() -> Fault:
    """The call is done, and the connection is closed after half of the answer's body."""
    return Truncate()


def drip(bytes_per_second: float) -> Fault:
    """The call is done, and the answer's body is sent at this rate."""
    return Drip(number("bytes_per_second", bytes_per_second, SLOWEST, FASTEST))


def change_price(factor: float) -> Fault:
    """All prices are multiplied, just before the call is done."""
    return ChangePrice(number("factor", factor, LEAST_FACTOR, MOST_FACTOR))


def fill_slot() -> Fault:
    """Just before the booking is made or moved, other customers take all teams of the slot it asks for."""
    return FillSlot()


def number(name: str, value: object, least: float, most: float) -> float:
    """*value*, if it is a number within these bounds."""
    # Comparisons with NaN are false, so it is outside of all bounds.
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        message = f"{name} must be a number from {least} to {most}"
        raise ValueError(message)
    return value


def whole(name: str, value: object, least: int, most: float = math.inf) -> int:
    """*value*, if it is a whole number within these bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        bounds = f"from {least}" if most == math.inf else f"from {least} to {most}"
        message = f"{name} must be a whole number {bounds}"
        raise ValueError(message)
    return value


def _status(code: object) -> int:
    return whole("code", code, 400, 599)


def _error_code(code: int) -> str:
    if code >= 500:
        return "INTERNAL_ERROR"
    try:
        return _CODES.get(code) or HTTPStatus(code).name
    except ValueError:  # No status of the standard.
        return f"HTTP_{code}"
