"""The faults as plain values, and the functions that make them. What they do stands in the docstring of the package."""

import math
from enum import Enum
from typing import ClassVar

from attrs import frozen

LONGEST = 86_400  # seconds: a day
FASTEST = 1_000_000_000  # bytes a second
SLOWEST = 0.01
LEAST_FACTOR, MOST_FACTOR = 0.01, 100
LONGEST_CODE = 100


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
    error_code: str | None = None
    retry_after: int | None = None
    as_date: bool = False
    empty: bool = False


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
class FailAfterCommit(Fault):
    """See `fail_after_commit`."""

    name = "fail_after_commit"
    code: int
    html: bool

    @property
    def answer(self) -> Status | Html:
        """The fault that has this answer."""
        return Html(self.code) if self.html else Status(self.code)


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


def status(
    code: int,
    error_code: str | None = None,
    retry_after: int | None = None,
    *,
    as_date: bool = False,
    empty: bool = False,
) -> Fault:
    """Nothing is done, and the answer is an error with this status.

    *error_code*: the one documented for that status if not given. *retry_after*: seconds, for the header of that name,
    which *as_date* spells as the time at which they are over. *empty*: the answer has no body.
    """
    code = _status(code)
    if error_code is not None and not (
        isinstance(error_code, str) and 1 <= len(error_code) <= LONGEST_CODE and error_code.isprintable()
    ):
        message = f"error_code must be a text of 1 to {LONGEST_CODE} characters"
        raise ValueError(message)
    if retry_after is not None:
        retry_after = whole("retry_after", retry_after, 0, LONGEST)
    return Status(code, error_code, retry_after, _yes("as_date", as_date), _yes("empty", empty))


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


def fail_after_commit(code: int = 503, *, html: bool = False) -> Fault:
    """The call is done, and the answer is an error with this status all the same; *html*: a web page."""
    return FailAfterCommit(whole("code", code, 500, 599), _yes("html", html))


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


def _yes(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false")  # noqa: TRY004 - as everywhere here
    return value
