"""What can be registered, and what is refused at once."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from cleanlife_ext.webhooks import BookingCreated, BookingEvent, UnknownEvent
from cleanlife_ext.webhooks.events import KINDS
from cleanlife_ext.webhooks.processing.handlers import Handlers


async def later(*_: Any) -> None:
    raise AssertionError


class Later:
    async def __call__(self, *_: Any) -> None:
        raise AssertionError


@pytest.mark.parametrize("function", [later, functools.partial(later, 1), Later()])
def test_in_the_transaction_nothing_is_awaited(function: Any) -> None:
    """Whoever tries hears of it before anything happens."""
    with pytest.raises(TypeError, match="in_transaction=True cannot be asynchronous"):
        Handlers().on("*", in_transaction=True)(function)


def test_what_is_registered_stays_what_it_was() -> None:
    """It can be called in a test, and registered twice."""
    handlers = Handlers()

    @handlers.on("booking.created")
    @handlers.on(BookingCreated, in_transaction=True)
    def act(*given: Any) -> tuple[Any, ...]:
        return given

    assert act(1) == (1,)


@pytest.mark.parametrize("events", [("booking.exploded",), ("booking.created", "no"), (BookingEvent,), (7,)])
def test_an_event_that_does_not_exist_is_refused(events: tuple[Any, ...]) -> None:
    """Its handler would never be called; the error names all that would."""
    with pytest.raises(ValueError, match=r'on: one of .*booking\.created, .*or "\*" for all') as caught:
        Handlers().on(*events)
    assert all(name in str(caught.value) for name in KINDS)


def test_no_event_at_all_is_refused() -> None:
    """Who means all says so."""
    with pytest.raises(ValueError, match='"\\*" for all'):
        Handlers().on()


def test_classes_that_are_no_event_of_their_own_are_refused() -> None:
    """What is unknown goes to those who want all."""
    with pytest.raises(ValueError, match="on: one of"):
        Handlers().on(UnknownEvent)  # type: ignore[type-var]


@pytest.mark.parametrize(("function", "is_async"), [(later, True), (Later(), True), (print, False)])
def test_whether_somebody_has_to_be_awaited(function: Any, is_async: bool) -> None:  # noqa: FBT001
    """As far as can be told beforehand."""
    handlers = Handlers()
    handlers.on("*")(function)

    assert handlers.are_async is is_async
