"""What a user holds in the hand: the bookings, as the events tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.values import uuid_of
from cleanlife_ext.webhooks.bookings.folding import BookingState
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.inbox.inbox import Inbox
from cleanlife_ext.webhooks.processing.handlers import ANY, Handlers

if TYPE_CHECKING:
    from cleanlife_ext.webhooks.bookings.rows import Bookings

__all__ = ["BookingView", "OnGap"]

OnGap = Literal["ignore", "refetch"]


class BookingView:
    """The current state of each booking, made of its events in whatever order they come, and kept in the inbox.

    ```python
    from cleanlife_ext.webhooks import BookingView, Inbox

    view = BookingView(Inbox("sqlite:///webhooks.db"))
    state = view.get(booking_id)
    if state is not None:
        print(state.booking.status, state.as_of, state.is_certain)
    ```

    Give it to the receiver, with `WebhookReceiver(view=view)`. An event is folded in by the very transaction in which
    it is done, before your own handlers with `in_transaction=True`. Plain handlers are called before that, so they find
    the state without their event. Let all events be sent to the receiver: what is not sent looks like a gap.

    Args:
        inbox: That of the receiver.
        on_gap: What becomes of a booking whose events do not tell which of them was the last: `"ignore"` shows the
            likeliest, with `is_certain=False`; `"refetch"` has the worker ask the API as well, once for many events. It
            needs a client then: `receiver.worker(client)`.
    """

    def __init__(self, inbox: Inbox, *, on_gap: OnGap = "ignore") -> None:
        from cleanlife_ext.webhooks.bookings.rows import Bookings  # noqa: PLC0415  # SQLAlchemy is an extra.

        if on_gap not in ("ignore", "refetch"):
            raise ConfigurationError('on_gap: "ignore" or "refetch" is needed')
        self._inbox, self._refetches = inbox, on_gap == "refetch"
        self._bookings = Bookings(inbox.deliveries.database)

    def __repr__(self) -> str:
        return f"BookingView({self._inbox!r})"

    def attach(self, handlers: Handlers, inbox: Inbox, clock: Clock) -> None:
        """Have all events of *inbox* folded in, by the transaction in which each is done; a receiver does this."""
        if inbox is not self._inbox:
            raise ConfigurationError("view: its inbox has to be that of the receiver")

        @handlers.on(ANY, in_transaction=True)
        def fold(event: Event, connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            self._bookings.tell(event, connection, clock.wall())

    @property
    def refetches(self) -> bool:
        """Whether the API is asked where the events do not tell."""
        return self._refetches

    @property
    def bookings(self) -> Bookings:
        """Its rows, for the receiver and its worker."""
        return self._bookings

    @discreet
    def get(self, booking_id: UUID | str) -> BookingState | None:
        """What is known of this booking; `None` if nothing is."""
        return self._bookings.get(str(uuid_of(booking_id, "booking_id")))

    def all(self, *, is_over: bool | None = None) -> Iterator[BookingState]:
        """All bookings, in the order of their ids. They are read while you iterate.

        *is_over*: only those that are done, cancelled, failed or gone, or only those that are not.

        ```python
        from cleanlife_ext.webhooks import BookingView, Inbox

        for state in BookingView(Inbox("sqlite:///webhooks.db")).all(is_over=False):
            print(state.booking_id, state.booking.status)
        ```
        """
        return self._bookings.all(is_over=is_over)
