from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
  from ..models.timeslot_input import TimeslotInput





T = TypeVar("T", bound="UpdateBookingRequest")



@_attrs_define
class UpdateBookingRequest:
    """ What is to change; all of it is optional (update-booking).

     """

    date: datetime.date | Unset = UNSET
    """ New day of the service, YYYY-MM-DD, Riyadh time (update-booking). """
    timeslot: TimeslotInput | Unset = UNSET
    """ The slot to book, as a free slot gave it (create-booking, update-booking). """
    notes: str | Unset = UNSET
    """ Notes to the booking, not shown in any answer (update-booking). """
    external_reference: str | Unset = UNSET
    """ New reference, at most 150 characters, unique within the partner's account (update-booking). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.timeslot_input import TimeslotInput # noqa: PLC0415
        date: str | Unset = UNSET
        if not isinstance(self.date, Unset):
            date = self.date.isoformat()

        timeslot: dict[str, Any] | Unset = UNSET
        if not isinstance(self.timeslot, Unset):
            timeslot = self.timeslot.to_dict()

        notes = self.notes

        external_reference = self.external_reference


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if date is not UNSET:
            field_dict["date"] = date
        if timeslot is not UNSET:
            field_dict["timeslot"] = timeslot
        if notes is not UNSET:
            field_dict["notes"] = notes
        if external_reference is not UNSET:
            field_dict["externalReference"] = external_reference

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.timeslot_input import TimeslotInput # noqa: PLC0415
        d = dict(src_dict)
        _date = d.pop("date", UNSET)
        date: datetime.date | Unset
        if isinstance(_date,  Unset):
            date = UNSET
        else:
            date = datetime.date.fromisoformat(_date)




        _timeslot = d.pop("timeslot", UNSET)
        timeslot: TimeslotInput | Unset
        if isinstance(_timeslot,  Unset):
            timeslot = UNSET
        else:
            timeslot = TimeslotInput.from_dict(_timeslot)




        notes = d.pop("notes", UNSET)

        external_reference = d.pop("externalReference", UNSET)

        update_booking_request = cls(
            date=date,
            timeslot=timeslot,
            notes=notes,
            external_reference=external_reference,
        )


        update_booking_request.additional_properties = d
        return update_booking_request

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
