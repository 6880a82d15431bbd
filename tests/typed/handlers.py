"""What type checkers are promised of `receiver.on`. It is never run: mypy and pyright read it."""

from __future__ import annotations

from typing import Any, assert_type

from cleanlife_ext.webhooks import (
    BookingAppointmentStatusChanged,
    BookingCancelled,
    BookingCreated,
    Event,
    InboxEntry,
    WebhookReceiver,
)


def promises(receiver: WebhookReceiver) -> None:
    @receiver.on(BookingAppointmentStatusChanged)
    def by_class(event: BookingAppointmentStatusChanged) -> int:
        assert_type(event.previous_status, str | None)
        return 1

    @receiver.on(BookingCancelled)
    async def asynchronous(event: BookingCancelled) -> None: ...

    @receiver.on("booking.created", "*")
    def by_name(event: Event) -> str:
        return event.delivery_id

    @receiver.on(BookingCreated, in_transaction=True)
    def inside(event: BookingCreated, connection: Any) -> None: ...

    @receiver.on("*", in_transaction=True)
    def inside_all(event: Event, connection: Any) -> None: ...

    @receiver.on_dead
    def tell(entry: InboxEntry) -> None: ...

    # A function stays what it was.
    assert_type(by_class(BookingAppointmentStatusChanged.__new__(BookingAppointmentStatusChanged)), int)
    assert_type(by_name(Event.__new__(Event)), str)
    assert_type(receiver.process(), int)

    # What would fail when it is called is refused here.
    @receiver.on(BookingCreated)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    def of_another(event: BookingCancelled) -> None: ...

    @receiver.on("*", in_transaction=True)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    async def awaited_by_nobody(event: Event, connection: Any) -> None: ...

    @receiver.on(BookingCreated, in_transaction=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    def without_a_connection(event: BookingCreated) -> None: ...

    receiver.on(InboxEntry)  # type: ignore[type-var]  # pyright: ignore[reportCallIssue, reportArgumentType]


async def promises_too(receiver: WebhookReceiver) -> None:
    assert_type(await receiver.aprocess(), int)
