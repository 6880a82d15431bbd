"""What a user wants done when something has happened."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar, overload

import attrs

from cleanlife_ext.webhooks.events import KINDS, BookingEvent, Event

__all__ = ["Handlers", "is_async"]

ANY = "*"

E = TypeVar("E", bound=BookingEvent)
R = TypeVar("R")
Plain = TypeVar("Plain", bound=Callable[[Any], Any])
Transactional = TypeVar("Transactional", bound=Callable[[Any, Any], None])

_NAMES = {kind: str(name) for name, kind in KINDS.items()}


@attrs.frozen
class _Registered:
    event: str
    function: Callable[..., Any]
    in_transaction: bool


class Handlers:
    """Handlers, by the events that they are for. They are called in the order in which they were added."""

    def __init__(self) -> None:
        self._all: list[_Registered] = []

    @overload
    def on(
        self, event: type[E], /, *, in_transaction: Literal[False] = False
    ) -> Callable[[Callable[[E], R]], Callable[[E], R]]: ...
    @overload
    def on(
        self, event: type[E], /, *, in_transaction: Literal[True]
    ) -> Callable[[Callable[[E, Any], None]], Callable[[E, Any], None]]: ...
    @overload
    def on(self, *events: str, in_transaction: Literal[False] = False) -> Callable[[Plain], Plain]: ...
    @overload
    def on(self, *events: str, in_transaction: Literal[True]) -> Callable[[Transactional], Transactional]: ...
    def on(self, *events: Any, in_transaction: bool = False) -> Callable[[Any], Any]:
        """Call a function whenever one of *events* has happened; events are given by their names, or by one's class.

        It is called at least once for each delivery: again, if its process dies before all handlers have returned, or
        if one of them raises. What must happen once goes into the inbox's own transaction, and takes no longer there
        than a statement or two; `connection` is SQLAlchemy's.

        ```python
        @receiver.on(BookingCancelled)
        async def free_the_team(event):
            print(event.booking.booking_id)

        @receiver.on("booking.created", "booking.updated", in_transaction=True)
        def write_down(event, connection):
            connection.exec_driver_sql("INSERT INTO visits VALUES (?)", (event.booking_id,))

        @receiver.on("*")
        def count(event):
            print(event.event, event.delivery_id)
        ```
        """
        names = [_name(event) for event in events]
        if not names:
            raise ValueError(f'on: name an event, or "{ANY}" for all')

        def register(function: Any) -> Any:
            _check(function, 2 if in_transaction else 1)
            if in_transaction and is_async(function):
                raise TypeError(
                    "on: a handler with in_transaction=True cannot be asynchronous, since nobody awaits it there"
                )
            self._all += [_Registered(name, function, in_transaction) for name in names]
            return function

        return register

    @property
    def are_async(self) -> bool:
        """Whether some can only be called where there is an event loop."""
        return any(is_async(each.function) for each in self._all)

    def plain(self, event: Event) -> Sequence[Callable[[Any], Any]]:
        """Those that are called by themselves."""
        return self._wanting(event, in_transaction=False)

    def transactional(self, event: Event) -> Sequence[Callable[[Any, Any], Any]]:
        """Those that are called in the transaction in which the delivery is done, with its connection."""
        return self._wanting(event, in_transaction=True)

    def _wanting(self, event: Event, *, in_transaction: bool) -> Sequence[Callable[..., Any]]:
        return [
            each.function
            for each in self._all
            if each.event in {ANY, event.event} and each.in_transaction is in_transaction
        ]


def _name(event: Any) -> str:
    """The name of an event, of itself or of its class."""
    name = _NAMES.get(event) if isinstance(event, type) else event
    if name == ANY or name in _NAMES.values():
        return str(name)
    raise ValueError(f'on: one of {", ".join(sorted(_NAMES.values()))}, or "{ANY}" for all, is needed')


def _check(function: Any, arguments: int) -> None:
    """Refuse what cannot be called like this; a delivery would wait for it in vain."""
    if not callable(function):
        raise TypeError("on: a function is needed")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("on: a handler cannot have a yield in it, since nobody would go on behind that")
    try:
        signature = inspect.signature(function)
    except ValueError:  # Some that are written in C have none.
        return
    try:
        signature.bind(*[None] * arguments)
    except TypeError:
        wanted = "the event and a connection" if arguments == 2 else "the event"
        raise TypeError(f"on: a handler that can be called with {wanted} is needed") from None


def is_async(function: Any) -> bool:
    """Whether calling it gives something to be awaited, as far as it tells."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
