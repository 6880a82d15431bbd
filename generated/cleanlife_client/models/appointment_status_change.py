from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.appointment_status import AppointmentStatus
from ..models.booking_status import BookingStatus
from ..models.payment_status import PaymentStatus
from ..types import UNSET, Unset
from typing import cast
from uuid import UUID

if TYPE_CHECKING:
  from ..models.appointment import Appointment
  from ..models.booking_timeslot import BookingTimeslot





T = TypeVar("T", bound="AppointmentStatusChange")



@_attrs_define
class AppointmentStatusChange:
    """ A booking whose appointment has a new status.

     """

    booking_id: UUID
    """ Id of the booking, a UUID (response-models). """
    external_reference: None | str
    """ The partner's own reference; null if none was given (response-models). """
    appointment_id: None | UUID
    """ Id of the appointment, a UUID; null until there is one (response-models). """
    status: BookingStatus | str
    """ Status of the booking (response-models, enums). """
    payment_status: PaymentStatus | str
    """ Status of the payment (response-models, enums). For a new booking of a partner that collects itself, PENDING
    by some pages (enums, confirm-payment), NOT_REQUIRED in samples of others (response-models, list-bookings,
    update-booking). """
    tracking_reference: str
    """ Name of the appointment, or the bookingId as long as there is none (response-models). """
    date: str
    """ Day of the service; a sample shows midnight UTC of that day as ISO 8601 (response-models). """
    timeslot: BookingTimeslot
    """ Time of a booked service (response-models). """
    appointment: Appointment | None
    """ The appointment; null until there is one (response-models). """
    previous_status: AppointmentStatus | None | str | Unset = UNSET
    """ Status of the appointment before; null if there was none. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.appointment import Appointment # noqa: PLC0415
        from ..models.booking_timeslot import BookingTimeslot # noqa: PLC0415
        booking_id = str(self.booking_id)

        external_reference: None | str
        external_reference = self.external_reference

        appointment_id: None | str
        if isinstance(self.appointment_id, UUID):
            appointment_id = str(self.appointment_id)
        else:
            appointment_id = self.appointment_id

        status: str
        if isinstance(self.status, BookingStatus):
            status = self.status.value
        else:
            status = self.status

        payment_status: str
        if isinstance(self.payment_status, PaymentStatus):
            payment_status = self.payment_status.value
        else:
            payment_status = self.payment_status

        tracking_reference = self.tracking_reference

        date = self.date

        timeslot = self.timeslot.to_dict()

        appointment: dict[str, Any] | None
        if isinstance(self.appointment, Appointment):
            appointment = self.appointment.to_dict()
        else:
            appointment = self.appointment

        previous_status: None | str | Unset
        if isinstance(self.previous_status, Unset):
            previous_status = UNSET
        elif isinstance(self.previous_status, AppointmentStatus):
            previous_status = self.previous_status.value
        else:
            previous_status = self.previous_status


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "bookingId": booking_id,
            "externalReference": external_reference,
            "appointmentId": appointment_id,
            "status": status,
            "paymentStatus": payment_status,
            "trackingReference": tracking_reference,
            "date": date,
            "timeslot": timeslot,
            "appointment": appointment,
        })
        if previous_status is not UNSET:
            field_dict["previousStatus"] = previous_status

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.appointment import Appointment # noqa: PLC0415
        from ..models.booking_timeslot import BookingTimeslot # noqa: PLC0415
        d = dict(src_dict)
        booking_id = UUID(d.pop("bookingId"))




        def _parse_external_reference(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_reference = _parse_external_reference(d.pop("externalReference"))


        def _parse_appointment_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                appointment_id_type_0 = UUID(data)



                return appointment_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        appointment_id = _parse_appointment_id(d.pop("appointmentId"))


        def _parse_status(data: object) -> BookingStatus | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = BookingStatus(data)



                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BookingStatus | str, data)

        status = _parse_status(d.pop("status"))


        def _parse_payment_status(data: object) -> PaymentStatus | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                payment_status_type_0 = PaymentStatus(data)



                return payment_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(PaymentStatus | str, data)

        payment_status = _parse_payment_status(d.pop("paymentStatus"))


        tracking_reference = d.pop("trackingReference")

        date = d.pop("date")

        timeslot = BookingTimeslot.from_dict(d.pop("timeslot"))




        def _parse_appointment(data: object) -> Appointment | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                appointment_type_0 = Appointment.from_dict(data)



                return appointment_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Appointment | None, data)

        appointment = _parse_appointment(d.pop("appointment"))


        def _parse_previous_status(data: object) -> AppointmentStatus | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                previous_status_type_0 = AppointmentStatus(data)



                return previous_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AppointmentStatus | None | str | Unset, data)

        previous_status = _parse_previous_status(d.pop("previousStatus", UNSET))


        appointment_status_change = cls(
            booking_id=booking_id,
            external_reference=external_reference,
            appointment_id=appointment_id,
            status=status,
            payment_status=payment_status,
            tracking_reference=tracking_reference,
            date=date,
            timeslot=timeslot,
            appointment=appointment,
            previous_status=previous_status,
        )


        appointment_status_change.additional_properties = d
        return appointment_status_change

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
