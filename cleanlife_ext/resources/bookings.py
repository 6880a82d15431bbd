"""Making, finding, moving and cancelling bookings."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias, TypeVar
from uuid import UUID

from cleanlife_client import models
from cleanlife_client.api.bookings import (
    cancel_booking,
    confirm_payment,
    create_booking,
    get_booking_status,
    list_bookings,
    list_cancellation_reasons,
    update_booking,
)
from cleanlife_client.models import Booking, BookingStatus, CancellationReason, CustomService, SortOrder, WorkType

from cleanlife_ext.envelope import data
from cleanlife_ext.layered import AsyncLayeredClient, LayeredClient
from cleanlife_ext.ledger.recovery import Recovered, recovered
from cleanlife_ext.pages import AsyncPages, Pages, filters
from cleanlife_ext.resources.differences import AsyncDifferences, Differences
from cleanlife_ext.resources.shared import discreetly, documented_as, sorting
from cleanlife_ext.values import choice_of, date_of, given, maybe_list, maybe_uuid, maybe_uuids, text_of, uuid_of

__all__ = ["AsyncBookings", "Bookings"]

IfExists = Literal["raise", "return"]
Slot: TypeAlias = models.Timeslot | models.BookingTimeslot  # Offered, or of a booking.
Layered = TypeVar("Layered", LayeredClient, AsyncLayeredClient)


@discreetly
class Bookings:
    """Bookings. Dates and times are those of Riyadh."""

    def __init__(self, client: LayeredClient) -> None:
        self._client = client

    def create(
        self,
        *,
        contact_id: UUID | str,
        address_id: UUID | str,
        service_id: UUID | str,
        date: dt.date | str,
        timeslot: Slot,
        external_reference: str | None = None,
        package_id: UUID | str | None = None,
        custom_services: Sequence[CustomService] | None = None,
        hours: int | None = None,
        number_of_teams: int | None = None,
        work_type: WorkType | str | None = None,
        user_id: UUID | str | None = None,
        coupon_ids: Sequence[UUID | str] | None = None,
        codes: Sequence[str] | None = None,
        promo_code: str | None = None,
        contract_code: str | None = None,
        discount_code: str | None = None,
        if_exists: IfExists = "raise",
    ) -> Booking:
        """Book a service for a contact at an address (create-booking).

        *date* and *timeslot* are Riyadh time; take a slot from `timeslots.available`. *hours* is a whole number from 1.

        *external_reference* is your own id of the order, at most 150 characters and unique for all time; it is what
        makes a booking safe to ask for again (best-practices). Give one that you have stored. If you give none, one is
        made, and stands in the booking. The client's `reference_prefix` is put before it.

        With `if_exists="return"`, a booking that bears the reference already is returned, if it is alive and for the
        same date and time.

        ```python
        booking = client.bookings.create(
            contact_id=contact.id, address_id=address, service_id=service.id,
            date=datetime.date(2026, 6, 21), timeslot=slots[0], external_reference="ORDER-1",
        )
        ```

        If an answer is lost, the reference is looked up before it is asked for again, so that it is booked once. A
        booking that is found then, alive and for the same date and time, is taken for this one: it does not show whose
        it is, so use a reference for one order only.

        Raises `DuplicateExternalReferenceError`, with the booking in `.existing`, if the reference is in use;
        `BookingCreationFailedError` if it could not be made; `OutcomeUnknownError`, with the reference in `.key`, if
        neither an answer nor a lookup says what became of it: `resolve()` looks again, later. With a ledger also
        `LedgerError`, if that cannot be read or written; the same call again settles what became of it.
        """
        client = _adopting(self._client, if_exists)
        # fmt: off
        body = _creation(
            client, contact_id, address_id, service_id, date, timeslot, external_reference, package_id, custom_services,
            hours, number_of_teams, work_type, user_id, coupon_ids, codes, promo_code, contract_code, discount_code,
        )
        # fmt: on
        return data(create_booking.sync(client=client, body=body))

    def list(
        self,
        *,
        status: BookingStatus | str | None = None,
        from_date: dt.date | str | None = None,
        to_date: dt.date | str | None = None,
        external_reference: str | None = None,
        sort_by: str | None = None,
        sort_order: SortOrder | str | None = None,
    ) -> Pages[Booking]:
        """Your bookings, the latest made first, a hundred to a call (list-bookings).

        *status* is one of `in progress`, `waiting payment`, `success`, `canceled` (with one l) and `failed`.
        *from_date* and *to_date* are the first and the last day of service, in Riyadh; the API ignores *to_date*
        without *from_date*, so it is refused here.

        ```python
        for booking in client.bookings.list(status="in progress", from_date=datetime.date(2026, 6, 1)):
            print(booking.tracking_reference, booking.date)
        ```
        """
        wanted = _filters(self._client, status, from_date, to_date, external_reference)
        return Pages(self._client, list_bookings.sync_detailed, "listBookings", wanted | sorting(sort_by, sort_order))

    def status(self, booking_id: UUID | str) -> Booking:
        """The booking as it is now (get-booking-status). Raises `NotFoundError` if there is none."""
        return data(get_booking_status.sync(uuid_of(booking_id, "booking_id"), client=self._client))

    def find(self, external_reference: str) -> Booking | None:
        """The booking with this reference, or `None` (best-practices).

        ```python
        booking = client.bookings.find("ORDER-1")
        ```
        """
        bears = _bears(self._client, external_reference)
        return self.list(external_reference=external_reference).first(bears)

    def update(
        self,
        booking_id: UUID | str,
        *,
        date: dt.date | str | None = None,
        timeslot: Slot | None = None,
        notes: str | None = None,
        external_reference: str | None = None,
    ) -> Booking:
        """Move a booking, or change its notes or reference; what is not given stays (update-booking).

        *date* and *timeslot* are Riyadh time. Only bookings that are `in progress` or `waiting payment` can be changed;
        others raise `UnprocessableEntityError`. If an answer is lost, the booking is read and compared before it is
        asked for again. Raises `OutcomeUnknownError` if that does not tell either.
        """
        id, body = uuid_of(booking_id, "booking_id"), _change(self._client, date, timeslot, notes, external_reference)
        return data(update_booking.sync(id, client=self._client, body=body))

    def cancel(
        self, booking_id: UUID | str, *, reason_id: UUID | str | None = None, notes: str | None = None
    ) -> Booking:
        """Cancel a booking; take *reason_id* from `cancellation_reasons` (cancel-booking).

        The pages disagree on whether a reason must be given: better give one. Raises `UnprocessableEntityError` with
        `.code == "BOOKING_ALREADY_CANCELLED"` if it is cancelled already; after a lost answer that means that this call
        did it, and the booking is returned. Raises `OutcomeUnknownError` if nothing tells.
        """
        id, body = uuid_of(booking_id, "booking_id"), _cancellation(reason_id, notes)
        return data(cancel_booking.sync(id, client=self._client, body=body))

    def cancellation_reasons(self) -> builtins.list[CancellationReason]:
        """What to choose a reason from, in English and Arabic; kept for an hour (list-cancellation-reasons)."""
        return data(list_cancellation_reasons.sync(client=self._client))

    def confirm_payment(self, booking_id: UUID | str, *, payment_reference: str | None = None) -> Booking:
        """Say that you have collected the payment, for partners that do so themselves (confirm-payment).

        *payment_reference* is your own, at most 255 characters. Raises `UnprocessableEntityError` if CleanLife collects
        (`PAYMENT_RESPONSIBILITY_MISMATCH`), if there is nothing to pay (`BOOKING_NOT_PAYABLE`), or if it was confirmed
        before (`PAYMENT_ALREADY_CONFIRMED`); after a lost answer the last means that this call did it, and the booking
        is returned. Raises `OutcomeUnknownError` if nothing tells.
        """
        id, body = uuid_of(booking_id, "booking_id"), models.ConfirmPaymentRequest(given(payment_reference))
        return data(confirm_payment.sync(id, client=self._client, body=body))

    def recover(self, *, send: bool = True) -> builtins.list[Recovered]:
        """Finish what a crash, or a lost answer, left open in the client's ledger, and say what became of each.

        Each is looked up by its reference and sent only if the vendor's rules allow it, as the call that began it would
        have done. What somebody may be sending this very moment is left alone; so is what fails for a reason that is
        not its own (no connection, a wrong key): both are reported as they are, and open. What is for a day that is
        over is looked up and not sent. `send=False` only looks, and records what it finds.

        Run it when a program begins, or from time to time, in as many processes as you like.

        ```python
        results = client.bookings.recover()
        print([result.reference for result in results if result.is_open])
        ```

        Raises `LedgerError` if the ledger cannot be read, `ConfigurationError` if the client has none.
        """
        return self._client.session.drive(recovered(self._client.session, send=send))

    def reconcile(self, *, from_date: dt.date | str, to_date: dt.date | str) -> Differences:
        """Compare the client's ledger with the API, for the bookings of some days of service in Riyadh.

        Gives what you walk: a `Missing` for each booking that only the ledger has, an `Unexpected` for each that only
        the API has, and a `Different`, with both sides, for each that they do not agree on; from
        `cleanlife_ext.ledger`. A booking that was moved to another day is read by its id before it is called missing.
        A week is fetched at a time, while you walk; nothing is changed.

        ```python
        for difference in client.bookings.reconcile(from_date=day, to_date=day):
            print(difference)
        ```

        Raises `ConfigurationError` if the client has no ledger.
        """
        return Differences(self._client.session, self.list, from_date, to_date)


@documented_as(Bookings)
@discreetly
class AsyncBookings:
    """Bookings. Dates and times are those of Riyadh."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self._client = client

    async def create(
        self,
        *,
        contact_id: UUID | str,
        address_id: UUID | str,
        service_id: UUID | str,
        date: dt.date | str,
        timeslot: Slot,
        external_reference: str | None = None,
        package_id: UUID | str | None = None,
        custom_services: Sequence[CustomService] | None = None,
        hours: int | None = None,
        number_of_teams: int | None = None,
        work_type: WorkType | str | None = None,
        user_id: UUID | str | None = None,
        coupon_ids: Sequence[UUID | str] | None = None,
        codes: Sequence[str] | None = None,
        promo_code: str | None = None,
        contract_code: str | None = None,
        discount_code: str | None = None,
        if_exists: IfExists = "raise",
    ) -> Booking:
        client = _adopting(self._client, if_exists)
        # fmt: off
        body = _creation(
            client, contact_id, address_id, service_id, date, timeslot, external_reference, package_id, custom_services,
            hours, number_of_teams, work_type, user_id, coupon_ids, codes, promo_code, contract_code, discount_code,
        )
        # fmt: on
        return data(await create_booking.asyncio(client=client, body=body))

    def list(
        self,
        *,
        status: BookingStatus | str | None = None,
        from_date: dt.date | str | None = None,
        to_date: dt.date | str | None = None,
        external_reference: str | None = None,
        sort_by: str | None = None,
        sort_order: SortOrder | str | None = None,
    ) -> AsyncPages[Booking]:
        wanted = _filters(self._client, status, from_date, to_date, external_reference)
        return AsyncPages(
            self._client, list_bookings.asyncio_detailed, "listBookings", wanted | sorting(sort_by, sort_order)
        )

    async def status(self, booking_id: UUID | str) -> Booking:
        return data(await get_booking_status.asyncio(uuid_of(booking_id, "booking_id"), client=self._client))

    async def find(self, external_reference: str) -> Booking | None:
        bears = _bears(self._client, external_reference)
        return await self.list(external_reference=external_reference).first(bears)

    async def update(
        self,
        booking_id: UUID | str,
        *,
        date: dt.date | str | None = None,
        timeslot: Slot | None = None,
        notes: str | None = None,
        external_reference: str | None = None,
    ) -> Booking:
        id, body = uuid_of(booking_id, "booking_id"), _change(self._client, date, timeslot, notes, external_reference)
        return data(await update_booking.asyncio(id, client=self._client, body=body))

    async def cancel(
        self, booking_id: UUID | str, *, reason_id: UUID | str | None = None, notes: str | None = None
    ) -> Booking:
        id, body = uuid_of(booking_id, "booking_id"), _cancellation(reason_id, notes)
        return data(await cancel_booking.asyncio(id, client=self._client, body=body))

    async def cancellation_reasons(self) -> builtins.list[CancellationReason]:
        return data(await list_cancellation_reasons.asyncio(client=self._client))

    async def confirm_payment(self, booking_id: UUID | str, *, payment_reference: str | None = None) -> Booking:
        id, body = uuid_of(booking_id, "booking_id"), models.ConfirmPaymentRequest(given(payment_reference))
        return data(await confirm_payment.asyncio(id, client=self._client, body=body))

    async def recover(self, *, send: bool = True) -> builtins.list[Recovered]:
        return await self._client.session.drive(recovered(self._client.session, send=send))

    def reconcile(self, *, from_date: dt.date | str, to_date: dt.date | str) -> AsyncDifferences:
        return AsyncDifferences(self._client.session, self.list, from_date, to_date)


def _adopting(client: Layered, if_exists: IfExists) -> Layered:
    if if_exists not in ("raise", "return"):
        raise ValueError('if_exists: "raise" or "return" is needed')
    adopts = if_exists == "return"
    return client if client.session.options.adopt is adopts else client.view(adopt=adopts)


def _creation(
    client: LayeredClient | AsyncLayeredClient,
    contact_id: UUID | str,
    address_id: UUID | str,
    service_id: UUID | str,
    date: dt.date | str,
    timeslot: Slot,
    external_reference: str | None,
    package_id: UUID | str | None,
    custom_services: Sequence[CustomService] | None,
    hours: int | None,
    number_of_teams: int | None,
    work_type: WorkType | str | None,
    user_id: UUID | str | None,
    coupon_ids: Sequence[UUID | str] | None,
    codes: Sequence[str] | None,
    promo_code: str | None,
    contract_code: str | None,
    discount_code: str | None,
) -> models.CreateBookingRequest:
    return models.CreateBookingRequest(
        contact_id=uuid_of(contact_id, "contact_id"),
        address_id=text_of(str(address_id) if isinstance(address_id, UUID) else address_id, "address_id"),
        service_id=uuid_of(service_id, "service_id"),
        date=date_of(date, "date"),
        timeslot=_slot(timeslot),
        external_reference=given(_reference(client, external_reference)),
        package_id=given(maybe_uuid(package_id, "package_id")),
        custom_services=given(_services(custom_services)),
        hours=given(hours),
        number_of_teams=given(number_of_teams),
        work_type=given(work_type),
        user_id=given(maybe_uuid(user_id, "user_id")),
        coupon_ids=given(maybe_uuids(coupon_ids, "coupon_ids")),
        codes=given(maybe_list(codes, "codes")),
        promo_code=given(promo_code),
        contract_code=given(contract_code),
        discount_code=given(discount_code),
    )


def _change(
    client: LayeredClient | AsyncLayeredClient,
    date: dt.date | str | None,
    timeslot: Slot | None,
    notes: str | None,
    external_reference: str | None,
) -> models.UpdateBookingRequest:
    if all(value is None for value in (date, timeslot, notes, external_reference)):
        raise ValueError("date, timeslot, notes or external_reference: one of them must be given")
    return models.UpdateBookingRequest(
        date=given(None if date is None else date_of(date, "date")),
        timeslot=given(None if timeslot is None else _slot(timeslot)),
        notes=given(notes),
        external_reference=given(_reference(client, external_reference)),
    )


def _cancellation(reason_id: UUID | str | None, notes: str | None) -> models.CancelBookingRequest:
    id = maybe_uuid(reason_id, "reason_id")
    return models.CancelBookingRequest(reason_id=given(id), notes=given(notes))


def _filters(
    client: LayeredClient | AsyncLayeredClient,
    status: BookingStatus | str | None,
    from_date: dt.date | str | None,
    to_date: dt.date | str | None,
    external_reference: str | None,
) -> dict[str, Any]:
    if to_date is not None and from_date is None:
        # Said here already, and not when the first page is asked for.
        raise ValueError("to_date: the API ignores it without from_date")
    return filters(
        status=None if status is None else choice_of(BookingStatus, status, "status"),
        from_date=None if from_date is None else date_of(from_date, "from_date"),
        to_date=None if to_date is None else date_of(to_date, "to_date"),
        external_reference=None if external_reference is None else _sought(client, external_reference),
    )


def _reference(client: LayeredClient | AsyncLayeredClient, external_reference: str | None) -> str | None:
    """The reference as it is sent: with the client's prefix before it.

    One that begins with the prefix is refused: with and without it, it would be the same as another order's.
    """
    if external_reference is None:
        return None
    prefix = client.session.core.prefix
    if prefix and text_of(external_reference, "external_reference").startswith(prefix):
        raise ValueError("external_reference: give it without the reference_prefix, which is put before it")
    return prefix + text_of(external_reference, "external_reference")


def _sought(client: LayeredClient | AsyncLayeredClient, external_reference: str) -> str:
    """The reference to look for: one that a booking or an error bears has the prefix already."""
    prefix = client.session.core.prefix
    return prefix + text_of(external_reference, "external_reference").removeprefix(prefix)


def _bears(client: LayeredClient | AsyncLayeredClient, external_reference: str) -> Callable[[Booking], bool]:
    """Whether a booking bears the reference: whatever a filter lets through, nobody gets another's."""
    sought = _sought(client, external_reference)
    return lambda booking: booking.external_reference == sought


def _services(custom_services: Sequence[CustomService] | None) -> list[CustomService] | None:
    services = maybe_list(custom_services, "custom_services")
    if not all(isinstance(service, CustomService) for service in services or ()):
        raise ValueError("custom_services: each must be a CustomService")
    return services


def _slot(timeslot: Slot) -> models.TimeslotInput:
    if not isinstance(timeslot, Slot):
        raise ValueError("timeslot: a Timeslot is needed; timeslots.available gives some")  # noqa: TRY004 (bad input is a ValueError here)
    return models.TimeslotInput(start_at=timeslot.start_at, end_at=timeslot.end_at)
